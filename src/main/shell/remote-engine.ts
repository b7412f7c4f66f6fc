/** An engine that runs already, here or at the other end of a tunnel: each port becomes a WebSocket to it. */
import type { MessagePortMain } from 'electron';
import { WebSocket } from 'ws';
import { messagePortTransport } from '#shared/rpc/message-port-transport.ts';
import { pipe } from '#shared/rpc/pipe.ts';
import { webSocketTransport } from '#shared/rpc/web-socket-transport.ts';
import type { EngineLink } from './engine-link.ts';

export function remoteEngine(engineUrl: URL): EngineLink {
  const token = engineUrl.searchParams.get('token') ?? '';
  const base = new URL('/', engineUrl);
  return {
    connect: (port) => joinSocket(port, socketAddress(base), token),
    media: () => Promise.resolve({ base, token }),
    stop: () => Promise.resolve(),
  };
}

function socketAddress(base: URL): URL {
  const address = new URL('/rpc', base);
  address.protocol = base.protocol === 'https:' ? 'wss:' : 'ws:';
  return address;
}

function joinSocket(port: MessagePortMain, address: URL, token: string): void {
  const socket = new WebSocket(address, { headers: { Authorization: `Bearer ${token}` } });
  // A close follows every error; without a listener the error would end the shell.
  socket.on('error', () => {});
  pipe(messagePortTransport(port), webSocketTransport(socket));
}
