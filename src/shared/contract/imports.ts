/** Import of files and folders, and the report of what came in, what was skipped, and why. */
import { z } from 'zod';
import { id, wireError } from './common.ts';
import { procedure } from './define.ts';
import { job } from './jobs.ts';

export const importOutcome = z.enum(['imported', 'duplicate', 'skipped', 'failed']);

export const importItem = z.object({
  path: z.string(),
  outcome: importOutcome,
  /** Why, for everything but `imported`. */
  reason: wireError.nullable(),
  clips: z.number().int(),
});
export type ImportItem = z.output<typeof importItem>;

export const importsProcedures = {
  /** Paths are absolute, on the engine's machine; folders are walked recursively. */
  'imports.start': procedure(z.object({ paths: z.array(z.string().min(1)).min(1).max(100_000) }), job),
  /** For a browser: files were uploaded to `/upload/<batch>/…` before; imports that folder. */
  'imports.startUploaded': procedure(z.object({ batch: id }), job),
  'imports.report': procedure(
    z.object({ jobId: id }),
    z.object({
      imported: z.number().int(),
      duplicates: z.number().int(),
      skipped: z.number().int(),
      failed: z.number().int(),
      /** Everything that was not imported, worst first; at most 1,000. */
      items: z.array(importItem),
    }),
  ),
};
