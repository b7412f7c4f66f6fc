/** The engine's answer to every procedure of the contract: each domain's service brings its handlers. */
import type { Contract } from '#shared/contract/index.ts';
import { explainDiskFull } from '#shared/errors/disk-full.ts';
import type { Handlers } from '#shared/rpc/server.ts';
import type { EngineContext } from '../context.ts';
import type { JobQueue } from '../jobs/job-queue.ts';
import type { Compute } from '../services/compute.ts';
import { forecastHandlers, type Forecasts } from '../services/forecasts.ts';
import { generationHandlers } from '../services/generation.ts';
import { importsHandlers } from '../services/imports.ts';
import { jobsHandlers } from '../services/jobs.ts';
import { libraryHandlers } from '../services/library.ts';
import { modelsHandlers } from '../services/models.ts';
import { settingsHandlers } from '../services/settings.ts';
import { splitsHandlers } from '../services/splits.ts';
import { systemHandlers, type SystemFacts } from '../services/system.ts';
import { trainingHandlers } from '../services/training.ts';

export interface Services {
  context: EngineContext;
  queue: JobQueue;
  compute: Compute;
  forecasts: Forecasts;
  facts: SystemFacts;
}

export function createHandlers({ context, queue, compute, forecasts, facts }: Services): Handlers<Contract> {
  const handlers: Handlers<Contract> = {
    ...systemHandlers(context, compute, facts),
    ...settingsHandlers(context),
    ...libraryHandlers(context),
    ...importsHandlers(context, queue),
    ...jobsHandlers(queue),
    ...splitsHandlers(context),
    ...forecastHandlers(forecasts, queue),
    ...trainingHandlers(context, queue, forecasts),
    ...generationHandlers(context, queue),
    ...modelsHandlers(context, queue),
  };
  return explained(handlers, context.workspace.root);
}

/** A full disk can show anywhere; here it gets its name, whichever service met it. */
function explained(handlers: Handlers<Contract>, folder: string): Handlers<Contract> {
  type AnyHandler = (...args: unknown[]) => unknown;
  const wrap =
    (handler: AnyHandler): AnyHandler =>
    async (...args) => {
      try {
        return await handler(...args);
      } catch (error) {
        throw explainDiskFull(error, folder);
      }
    };
  const entries = Object.entries(handlers).map(([name, handler]) => [name, wrap(handler as AnyHandler)]);
  return Object.fromEntries(entries) as Handlers<Contract>;
}
