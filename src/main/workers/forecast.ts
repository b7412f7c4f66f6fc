/** The forecast worker: a dry run of training that measures what each part costs here, and leaves nothing but decoded clips. */
import { rm } from 'node:fs/promises';
import { measureRun } from './forecast/measure-run.ts';
import { serveWorker } from './runtime/serve-worker.ts';

serveWorker('forecast', async (spec, context) => {
  const startedAfter = performance.now() / 1000;
  // What a dry run that was killed left behind goes too.
  await rm(spec.runFolder, { recursive: true, force: true });
  try {
    return { costs: await measureRun(spec, context, startedAfter) };
  } finally {
    await rm(spec.runFolder, { recursive: true, force: true });
  }
});
