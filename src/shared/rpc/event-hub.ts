/** Where the engine (or a worker) announces events; each connection passes on those that its client listens to. */
import type { ContractShape, EventName, Payload } from '../contract/define.ts';

export interface EventHub<C extends ContractShape> {
  emit<N extends EventName<C>>(name: N, payload: Payload<C, N>): void;
  /** Returns the function that ends the subscription. */
  subscribe<N extends EventName<C>>(name: N, listener: (payload: Payload<C, N>) => void): () => void;
}

export function createEventHub<C extends ContractShape>(): EventHub<C> {
  const listeners = new Map<string, Set<(payload: never) => void>>();
  return {
    emit: (name, payload) => {
      for (const listener of listeners.get(name) ?? []) listener(payload as never);
    },
    subscribe: (name, listener) => {
      const ofName = listeners.get(name) ?? new Set();
      listeners.set(name, ofName);
      ofName.add(listener);
      return () => ofName.delete(listener);
    },
  };
}
