/** Schemas that several domains of the contract share. */
import { z } from 'zod';

/** Identifiers are ULIDs: sortable by time of creation, safe in file names. */
export const id = z.string().regex(/^[0-9A-HJKMNP-TV-Z]{26}$/, 'expected an id');
export const ids = z.array(id).max(100_000);
/** Milliseconds since 1970. */
export const timestamp = z.number().int().nonnegative();
export const nothing = z.object({});
export const splitName = z.enum(['train', 'val', 'test']);
export type SplitName = z.output<typeof splitName>;

/** An error as it travels: a code of the catalogue plus the values that its message needs. */
export const wireError = z.object({
  code: z.string(),
  params: z.record(z.string(), z.union([z.string(), z.number()])).default({}),
  /** Technical detail for logs and bug reports; never the only thing a user sees. */
  detail: z.string().optional(),
});
export type WireError = z.output<typeof wireError>;
