/** Answers the calls of one connection with a record of handlers, and passes on events to those who listen. */
import type { z } from 'zod';
import type { ContractShape, HandlerInput, Output, ProcedureName } from '../contract/define.ts';
import { AppError, toWireError } from '../errors/app-error.ts';
import type { EventHub } from './event-hub.ts';
import { frame as frameSchema, type Frame } from './frames.ts';
import type { Transport } from './transport.ts';

export interface CallContext {
  /** Aborts when the caller cancels or its connection is lost. */
  signal: AbortSignal;
}

/** Exactly one handler a procedure: a missing or a superfluous one does not compile. */
export type Handlers<C extends ContractShape> = {
  [N in ProcedureName<C>]: (
    input: HandlerInput<C, N>,
    context: CallContext,
  ) => Output<C, N> | Promise<Output<C, N>>;
};

type AnyHandler = (input: unknown, context: CallContext) => unknown;

/** Serves until the transport closes; then every call under way is aborted. */
export function serve<C extends ContractShape>(
  contract: C,
  handlers: Handlers<C>,
  events: EventHub<C>,
  transport: Transport,
): void {
  const calls = new Map<number, AbortController>();
  const subscriptions = new Map<number, () => void>();

  async function answer({ id, name, input }: Extract<Frame, { t: 'call' }>): Promise<void> {
    const controller = new AbortController();
    calls.set(id, controller);
    try {
      if (!Object.hasOwn(contract.procedures, name)) throw new AppError('unknown-procedure', { name });
      const parsed = parseInput(contract.procedures[name]!.input, input);
      const handler = handlers[name as ProcedureName<C>] as AnyHandler;
      transport.send({ t: 'result', id, output: await handler(parsed, { signal: controller.signal }) });
    } catch (error) {
      transport.send({ t: 'error', id, error: toWireError(error) });
    } finally {
      calls.delete(id);
    }
  }

  transport.onFrame((received) => {
    const parsed = frameSchema.safeParse(received);
    // Whoever sends something else speaks another protocol: there is no sense in going on.
    if (!parsed.success) return transport.close();
    const frame = parsed.data;
    switch (frame.t) {
      case 'call':
        if (calls.has(frame.id)) return transport.close();
        void answer(frame);
        return;
      case 'cancel':
        calls.get(frame.id)?.abort();
        return;
      case 'listen': {
        if (!Object.hasOwn(contract.events, frame.name) || subscriptions.has(frame.id)) return;
        const end = events.subscribe(frame.name, (payload) =>
          transport.send({ t: 'event', id: frame.id, payload }),
        );
        subscriptions.set(frame.id, end);
        return;
      }
      case 'unlisten':
        subscriptions.get(frame.id)?.();
        subscriptions.delete(frame.id);
        return;
    }
  });

  transport.onClose(() => {
    for (const end of subscriptions.values()) end();
    subscriptions.clear();
    for (const call of calls.values()) call.abort();
  });
}

function parseInput(schema: z.ZodType, input: unknown): unknown {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw new AppError('invalid-input', { field: issue.path.join('.') || 'input', problem: issue.message });
}
