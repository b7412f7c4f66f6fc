/** The import worker: files and folders in, assets with clips, previews and perceptual hashes out. */
import { importFiles } from './import/import-files.ts';
import { serveWorker } from './runtime/serve-worker.ts';

serveWorker('import', importFiles);
