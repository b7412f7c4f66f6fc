/** A pause between steps in which a worker hears whether it is to stop: graphs block the event loop while they run. */
import { AppError } from '#shared/errors/app-error.ts';

/** Throws AppError `cancelled` once `signal` is aborted. */
export async function breathe(signal: AbortSignal): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  if (signal.aborted) throw new AppError('cancelled');
}
