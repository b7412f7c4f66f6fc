/** An engine that runs already, here or at the other end of a tunnel: each port becomes a WebSocket to it. */
import type { MessagePortMain } from 'electron';
import { WebSocket } from 'ws';
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
  let closed = false;
  const close = () => {
    if (closed) return;
    closed = true;
    port.close();
    socket.close();
  };
  // Frames wait in the port until the socket is open.
  socket.on('open', () => {
    port.on('message', ({ data }) => socket.send(JSON.stringify(data)));
    port.start();
  });
  socket.on('message', (data: Buffer) => {
    if (!closed) port.postMessage(JSON.parse(data.toString()));
  });
  socket.on('close', close);
  socket.on('error', close);
  port.on('close', close);
}
