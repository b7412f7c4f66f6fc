/** Recognises "the disk is full", whichever library says it, and says it in our words. */
import { AppError } from './app-error.ts';

/** ENOSPC: Node. EDQUOT: a quota is used up. SQLITE_FULL: SQLite. */
const codes = new Set(['ENOSPC', 'EDQUOT', 'SQLITE_FULL']);

/** Returns `disk-full` for such an error and anything else as it is. `fallbackPath` names the disk if the error does not. */
export function explainDiskFull(error: unknown, fallbackPath: string): unknown {
  if (!(error instanceof Error) || error instanceof AppError) return error;
  const { code, path } = error as Error & { code?: unknown; path?: unknown };
  if (!codes.has(String(code))) return error;
  return new AppError('disk-full', { path: typeof path === 'string' ? path : fallbackPath }, error.stack);
}
