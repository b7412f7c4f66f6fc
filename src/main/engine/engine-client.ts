/** Ways to talk to an engine from Node: one in this process, or one that runs already. */
import { WebSocket } from 'ws';
import type { Contract } from '#shared/contract/index.ts';
import { AppError } from '#shared/errors/app-error.ts';
import { createClient, type Client } from '#shared/rpc/client.ts';
import { linkedTransports } from '#shared/rpc/linked-transports.ts';
import { webSocketTransport } from '#shared/rpc/web-socket-transport.ts';
import type { Engine } from './engine.ts';

export type EngineClient = Client<Contract>;

export function connectInProcess(engine: Engine): EngineClient {
  const [ours, theirs] = linkedTransports();
  engine.connect(theirs);
  return createClient<Contract>(ours);
}

/** `url` as an engine prints it, e.g. `http://127.0.0.1:4711`. Rejects with `disconnected` if nobody answers there. */
export async function connectToUrl(url: string, token: string): Promise<EngineClient> {
  const socket = new WebSocket(new URL('/rpc', url.replace(/^http/, 'ws')), {
    headers: { Authorization: `Bearer ${token}` },
  });
  const transport = webSocketTransport(socket);
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', (error) => reject(new AppError('disconnected', {}, error.message)));
  });
  socket.on('error', () => socket.terminate());
  return createClient<Contract>(transport);
}
