/** A thread of the training worker: writes one checkpoint after another, see `CheckpointSaver`. */
import { parentPort } from 'node:worker_threads';
import { toWireError } from '#shared/errors/app-error.ts';
import type { SaveReply, SaveRequest } from './runtime/checkpoint-saver.ts';
import { rotateCheckpoints, writeCheckpoint } from './runtime/checkpoint-store.ts';

parentPort!.on('message', ({ checkpoints, draft, files, rotation }: SaveRequest) => {
  const reply = (error: SaveReply['error']) => parentPort!.postMessage({ error } satisfies SaveReply);
  writeCheckpoint(checkpoints, draft, files)
    .then(() => rotateCheckpoints(checkpoints, draft.stage, rotation))
    .then(
      () => reply(null),
      (error: unknown) => reply(toWireError(error)),
    );
});
