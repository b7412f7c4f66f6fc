/** A real client and server joined in memory: state under test talks to handlers that the test writes. */
import { contract, type Contract } from '#shared/contract/index.ts';
import { AppError } from '#shared/errors/app-error.ts';
import { createEventHub, type EventHub } from '#shared/rpc/event-hub.ts';
import { linkedTransports } from '#shared/rpc/linked-transports.ts';
import { serve, type Handlers } from '#shared/rpc/server.ts';
import type { Transport } from '#shared/rpc/transport.ts';
import { Connection } from '../../src/renderer/src/api/connection.svelte.ts';

export interface EngineInMemory {
  connection: Connection;
  events: EventHub<Contract>;
  /** Names and inputs of all calls, in order. */
  calls: { name: string; input: unknown }[];
  /** Cuts the line as a crash would; the connection dials again by itself. */
  cut(): void;
}

/** Handlers that a test leaves out answer `unknown-procedure`, so that a call nobody expected shows. */
export async function startEngine(handlers: Partial<Handlers<Contract>>): Promise<EngineInMemory> {
  const events = createEventHub<Contract>();
  const calls: EngineInMemory['calls'] = [];
  const all = Object.fromEntries(
    Object.keys(contract.procedures).map((name) => [
      name,
      (input: unknown, context: unknown) => {
        calls.push({ name, input });
        const handler = handlers[name as keyof typeof handlers] as
          ((input: unknown, context: unknown) => unknown) | undefined;
        if (!handler) throw new AppError('unknown-procedure', { name });
        return handler(input, context);
      },
    ]),
  ) as unknown as Handlers<Contract>;
  let serverEnd: Transport | undefined;
  const connection = new Connection(() => {
    const [client, server] = linkedTransports();
    serverEnd = server;
    serve(contract, all, events, server);
    return Promise.resolve(client);
  });
  await connection.open();
  return { connection, events, calls, cut: () => serverEnd?.close() };
}
