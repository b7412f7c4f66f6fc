/** What the studio's state needs of the engine: calls, events, and to know when a connection is there (again). */
import type { Contract } from '#shared/contract/index.ts';
import type { Client } from '#shared/rpc/client.ts';

export interface Engine extends Pick<Client<Contract>, 'call' | 'listen'> {
  /** Runs at the first connection and after each reconnection: the time to fetch what is shown. */
  onConnected(callback: () => void): void;
}
