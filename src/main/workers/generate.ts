/** The generate worker: a prompt in, a take's frames, tokens and video out. */
import { generateTake } from './generate/generate-take.ts';
import { serveWorker } from './runtime/serve-worker.ts';

serveWorker('generate', generateTake);
