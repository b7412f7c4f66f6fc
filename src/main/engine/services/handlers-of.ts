/** The type of the handlers that one domain of the contract asks for. */
import type { Contract } from '#shared/contract/index.ts';
import type { Handlers } from '#shared/rpc/server.ts';

export type HandlersOf<Procedures> = Pick<Handlers<Contract>, keyof Procedures & keyof Handlers<Contract>>;
