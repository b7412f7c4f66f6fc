/** The export worker: a run's best checkpoint becomes a model package. */
import { exportModel } from './export/export-model.ts';
import { serveWorker } from './runtime/serve-worker.ts';

serveWorker('export', async (spec, context) => {
  context.progress('export', 0, 1);
  await exportModel(spec, context.notice);
  context.progress('export', 1, 1);
  return {};
});
