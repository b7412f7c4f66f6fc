/** The messages of the RPC: what a transport carries, whatever it is made of. */
import { z } from 'zod';
import { wireError } from '../contract/common.ts';

const callId = z.number().int().nonnegative();

export const frame = z.discriminatedUnion('t', [
  z.object({ t: z.literal('call'), id: callId, name: z.string(), input: z.unknown() }),
  z.object({ t: z.literal('cancel'), id: callId }),
  z.object({ t: z.literal('result'), id: callId, output: z.unknown() }),
  z.object({ t: z.literal('error'), id: callId, error: wireError }),
  z.object({ t: z.literal('listen'), id: callId, name: z.string() }),
  z.object({ t: z.literal('unlisten'), id: callId }),
  z.object({ t: z.literal('event'), id: callId, payload: z.unknown() }),
]);
export type Frame = z.output<typeof frame>;
