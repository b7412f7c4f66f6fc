/** The RPC over what real connections are made of: a WebSocket and the IPC channel of a child process. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { createClient } from '#shared/rpc/client.ts';
import { createEventHub } from '#shared/rpc/event-hub.ts';
import { processTransport } from '#shared/rpc/process-transport.ts';
import { serve } from '#shared/rpc/server.ts';
import { webSocketTransport } from '#shared/rpc/web-socket-transport.ts';
import { tinyContract, tinyHandlers, type TinyContract } from '../../fixtures/tiny-contract.ts';

async function webSocketServer(onWait?: () => void) {
  const events = createEventHub<TinyContract>();
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  server.on('connection', (socket) =>
    serve(tinyContract, tinyHandlers(onWait), events, webSocketTransport(socket)),
  );
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  // The platform's own WebSocket, as in a browser; calls made before it is open wait.
  const socket = new WebSocket(`ws://127.0.0.1:${port}`);
  return { client: createClient<TinyContract>(webSocketTransport(socket)), socket, server, events };
}

test('WebSocket: call, error, cancel, events, close', async () => {
  const stop = new AbortController();
  const { client, server, events } = await webSocketServer(() => stop.abort());
  const heard: number[] = [];
  client.listen('tick', ({ n }) => heard.push(n));
  expect(await client.call('add', { a: 2 })).toEqual({ sum: 3 });
  events.emit('tick', { n: 7 });
  await expect(client.call('fail', {})).rejects.toMatchObject({ code: 'file-empty' });
  expect(heard).toEqual([7]);
  expect(await client.call('wait', {}, { signal: stop.signal })).toEqual({ stopped: true });
  const pending = client.call('wait', {});
  for (const socket of server.clients) socket.terminate();
  await expect(pending).rejects.toMatchObject({ code: 'disconnected' });
  server.close();
});

test('WebSocket: text that is not JSON ends the connection', async () => {
  const { client, socket, server } = await webSocketServer();
  await client.call('add', { a: 1 });
  const closed = new Promise<void>((resolve) => client.onClose(resolve));
  socket.send('not json');
  await closed;
  server.close();
});

test('child process: call, events, cancel; killing it rejects what is pending', async () => {
  const entry = fileURLToPath(new URL('../../fixtures/workers/tiny-server.ts', import.meta.url));
  const child = fork(entry, [], { execArgv: [], serialization: 'advanced' });
  const client = createClient<TinyContract>(processTransport(child));
  const heard: number[] = [];
  client.listen('tick', ({ n }) => heard.push(n));
  expect(await client.call('add', { a: 4, b: 5 })).toEqual({ sum: 9 });
  expect(heard).toEqual([4]);
  const stop = new AbortController();
  const stopped = client.call('wait', {}, { signal: stop.signal });
  stop.abort();
  expect(await stopped).toEqual({ stopped: true });
  const pending = client.call('wait', {});
  child.kill('SIGKILL');
  await expect(pending).rejects.toMatchObject({ code: 'disconnected' });
});
