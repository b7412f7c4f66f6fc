/** Keeps the studio connected to the engine: dials, dials again when the connection is lost, and listens anew. */
import type { Contract } from '#shared/contract/index.ts';
import type { CallInput, EventName, Output, Payload, ProcedureName } from '#shared/contract/define.ts';
import { AppError } from '#shared/errors/app-error.ts';
import { createClient, type CallOptions, type Client } from '#shared/rpc/client.ts';
import type { Transport } from '#shared/rpc/transport.ts';
import type { Engine } from './engine.ts';

/** Resolves with an open transport, rejects when there is nobody at the other end. */
export type Dial = () => Promise<Transport>;

const firstWait = 400;
const longestWait = 5000;

interface Listening {
  subscribe(client: Client<Contract>): () => void;
  end: (() => void) | undefined;
}

export class Connection implements Engine {
  status = $state<'connecting' | 'connected' | 'lost'>('connecting');

  readonly #dial: Dial;
  readonly #connected: (() => void)[] = [];
  // eslint-disable-next-line svelte/prefer-svelte-reactivity -- nothing shows it
  readonly #listening = new Set<Listening>();
  #client: Client<Contract> | undefined;
  #wait = firstWait;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(dial: Dial) {
    this.#dial = dial;
  }

  async open(): Promise<void> {
    clearTimeout(this.#timer);
    try {
      this.#use(createClient<Contract>(await this.#dial()));
    } catch {
      this.#retry();
    }
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#client?.close();
  }

  call<N extends ProcedureName<Contract>>(
    name: N,
    input: CallInput<Contract, N>,
    options?: CallOptions,
  ): Promise<Output<Contract, N>> {
    if (!this.#client) return Promise.reject(new AppError('disconnected'));
    // A MessagePort cannot carry the proxies of reactive state.
    const plain: unknown = $state.snapshot(input);
    return this.#client.call(name, plain as typeof input, options);
  }

  listen<N extends EventName<Contract>>(
    name: N,
    listener: (payload: Payload<Contract, N>) => void,
  ): () => void {
    const listening: Listening = { subscribe: (client) => client.listen(name, listener), end: undefined };
    this.#listening.add(listening);
    if (this.#client) listening.end = listening.subscribe(this.#client);
    return () => {
      this.#listening.delete(listening);
      listening.end?.();
    };
  }

  onConnected(callback: () => void): void {
    this.#connected.push(callback);
    if (this.#client) callback();
  }

  #use(client: Client<Contract>): void {
    if (this.#closed) return client.close();
    this.#client = client;
    this.#wait = firstWait;
    client.onClose(() => {
      if (this.#client !== client) return;
      this.#client = undefined;
      this.#retry();
    });
    // Listening goes first, so that no change falls between a fetch and the events after it.
    for (const listening of this.#listening) listening.end = listening.subscribe(client);
    this.status = 'connected';
    for (const callback of this.#connected) callback();
  }

  #retry(): void {
    if (this.#closed) return;
    this.status = 'lost';
    this.#timer = setTimeout(() => void this.open(), this.#wait);
    this.#wait = Math.min(this.#wait * 2, longestWait);
  }
}
