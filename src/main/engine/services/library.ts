/** The library: pages of clips, captions, hiding and restoring. */
import type { libraryProcedures } from '#shared/contract/library.ts';
import { AppError } from '#shared/errors/app-error.ts';
import type { EngineContext } from '../context.ts';
import * as clips from '../db/repositories/clips.ts';
import type { HandlersOf } from './handlers-of.ts';

export function libraryHandlers(context: EngineContext): HandlersOf<typeof libraryProcedures> {
  const { db } = context;

  async function getClip(clipId: string) {
    const clip = await clips.findClip(db, clipId);
    if (!clip) throw new AppError('not-found', { what: 'clip', id: clipId });
    return clip;
  }

  return {
    'library.list': (page) => clips.listClips(db, page),
    'library.get': ({ clipId }) => getClip(clipId),
    'library.stats': () => clips.libraryStats(db),
    'library.setCaption': async ({ clipId, caption }) => {
      await getClip(clipId);
      await clips.setCaption(db, clipId, caption.trim());
      await announceLibrary(context);
      return getClip(clipId);
    },
    'library.remove': async ({ clipIds }) => {
      const removed = await clips.setRemoved(db, clipIds, Date.now());
      await announceLibrary(context);
      return { removed };
    },
    'library.restore': async ({ clipIds }) => {
      const restored = await clips.setRemoved(db, clipIds, null);
      await announceLibrary(context);
      return { restored };
    },
  };
}

export async function announceLibrary({ db, events }: EngineContext): Promise<void> {
  events.emit('library.changed', { clips: await clips.countClips(db) });
}
