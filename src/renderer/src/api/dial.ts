/** The two ways to an engine: a port handed over by the Electron shell, or a WebSocket to where the page came from. */
import { bridgePortMessage, type StudioBridge } from '#shared/contract/bridge.ts';
import { AppError } from '#shared/errors/app-error.ts';
import { messagePortTransport } from '#shared/rpc/message-port-transport.ts';
import type { Transport } from '#shared/rpc/transport.ts';
import { webSocketTransport } from '#shared/rpc/web-socket-transport.ts';
import { bridge } from './bridge.ts';
import type { Dial } from './connection.svelte.ts';

export const dialEngine: Dial = () => (bridge ? dialPort(bridge) : dialSocket(socketAddress()));

function socketAddress(): URL {
  const address = new URL('/rpc', location.href);
  address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
  return address;
}

function dialSocket(address: URL): Promise<Transport> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(address);
    socket.addEventListener('open', () => resolve(webSocketTransport(socket)), { once: true });
    socket.addEventListener('close', () => reject(new AppError('disconnected')), { once: true });
  });
}

function dialPort(shell: StudioBridge): Promise<Transport> {
  return new Promise((resolve) => {
    const receive = (event: MessageEvent) => {
      const port = event.ports[0];
      if (event.source !== window || event.data !== bridgePortMessage || !port) return;
      window.removeEventListener('message', receive);
      resolve(messagePortTransport(port));
    };
    window.addEventListener('message', receive);
    shell.connect();
  });
}
