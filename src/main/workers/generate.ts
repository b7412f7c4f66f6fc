/** The generate worker: a prompt in, a take's frames, tokens and video out. */
import { generateTakes } from './generate/generate-take.ts';
import { serveWorker } from './runtime/serve-worker.ts';

serveWorker('generate', generateTakes);
