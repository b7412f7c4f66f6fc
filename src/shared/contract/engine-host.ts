/** What passes between the Electron shell and its engine process besides the contract: ports in, readiness or failure out. */
import { z } from 'zod';
import { wireError } from './common.ts';
import { WORKER_STOPS_WITHIN_MS } from './workers.ts';

/** How long an engine may take to close: its slowest worker, then the end of each job and the database. */
export const ENGINE_CLOSES_WITHIN_MS = WORKER_STOPS_WITHIN_MS + 15_000;

/** `connect` carries one port that speaks the contract. */
export const shellMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('connect') }),
  z.object({ type: z.literal('close') }),
]);
export type ShellMessage = z.output<typeof shellMessage>;

/** `ready`: where media are to be had, and the token that opens it. `failed`: the engine ends after it. */
export const engineMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready'), url: z.string(), token: z.string() }),
  z.object({ type: z.literal('failed'), error: wireError }),
]);
export type EngineMessage = z.output<typeof engineMessage>;
