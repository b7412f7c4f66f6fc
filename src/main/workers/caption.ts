/** The caption worker: clips in, a suggested description of each out. */
import { suggestCaptions } from './caption/suggest-captions.ts';
import { serveWorker } from './runtime/serve-worker.ts';

serveWorker('caption', suggestCaptions);
