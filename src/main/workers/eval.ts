/** The evaluation worker: how well a run's best checkpoint does on clips of one split. */
import { evaluateRun } from './eval/evaluate-run.ts';
import { serveWorker } from './runtime/serve-worker.ts';

serveWorker('eval', evaluateRun);
