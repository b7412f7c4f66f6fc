/** The context of a worker that runs inside of a test: it is never told to stop, and what it tells goes nowhere. */
import type { WorkerContext } from '#main/workers/runtime/serve-worker.ts';

/** `heard`: what a test listens to, or stops it with. */
export function quietContext(heard: Partial<WorkerContext> = {}): WorkerContext {
  const silent = () => {};
  const { signal } = new AbortController();
  return { signal, emit: silent, progress: silent, plan: silent, did: silent, notice: silent, ...heard };
}
