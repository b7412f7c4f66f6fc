/** Calls procedures and listens to events of a contract over any transport. */
import type {
  CallInput,
  ContractShape,
  EventName,
  Output,
  Payload,
  ProcedureName,
} from '../contract/define.ts';
import { AppError, fromWireError } from '../errors/app-error.ts';
import { frame as frameSchema } from './frames.ts';
import type { Transport } from './transport.ts';

export interface CallOptions {
  /**
   * Aborting asks the server to stop; the call then settles with what the server answers: the error `cancelled`, or
   * whatever it has to show for the work it did.
   */
  signal?: AbortSignal | undefined;
}

export interface Client<C extends ContractShape> {
  /** Rejects with an AppError: the server's, or `disconnected`. */
  call<N extends ProcedureName<C>>(
    name: N,
    input: CallInput<C, N>,
    options?: CallOptions,
  ): Promise<Output<C, N>>;
  /** Returns the function that ends the listening. */
  listen<N extends EventName<C>>(name: N, listener: (payload: Payload<C, N>) => void): () => void;
  onClose(closed: () => void): void;
  close(): void;
}

interface PendingCall {
  resolve(output: unknown): void;
  reject(error: AppError): void;
}

export function createClient<C extends ContractShape>(transport: Transport): Client<C> {
  const pending = new Map<number, PendingCall>();
  const listeners = new Map<number, (payload: unknown) => void>();
  let lastId = 0;
  let closed = false;

  transport.onFrame((received) => {
    const parsed = frameSchema.safeParse(received);
    if (!parsed.success) return;
    const frame = parsed.data;
    if (frame.t === 'event') listeners.get(frame.id)?.(frame.payload);
    if (frame.t !== 'result' && frame.t !== 'error') return;
    const call = pending.get(frame.id);
    pending.delete(frame.id);
    if (frame.t === 'result') call?.resolve(frame.output);
    else call?.reject(fromWireError(frame.error));
  });

  transport.onClose(() => {
    closed = true;
    listeners.clear();
    for (const call of pending.values()) call.reject(new AppError('disconnected'));
    pending.clear();
  });

  return {
    call: (name, input, { signal } = {}) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(new AppError('cancelled'));
        if (closed) return reject(new AppError('disconnected'));
        const id = ++lastId;
        const cancel = () => transport.send({ t: 'cancel', id });
        const settled = () => signal?.removeEventListener('abort', cancel);
        pending.set(id, {
          resolve: (output) => (settled(), resolve(output as never)),
          reject: (error) => (settled(), reject(error)),
        });
        signal?.addEventListener('abort', cancel, { once: true });
        transport.send({ t: 'call', id, name, input });
      }),

    listen: (name, listener) => {
      if (closed) return () => {};
      const id = ++lastId;
      listeners.set(id, listener as (payload: unknown) => void);
      transport.send({ t: 'listen', id, name });
      return () => {
        if (listeners.delete(id)) transport.send({ t: 'unlisten', id });
      };
    },

    onClose: (callback) => transport.onClose(callback),
    close: () => transport.close(),
  };
}
