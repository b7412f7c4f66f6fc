/** The library: clips with their captions, found by words. Removing hides; restoring brings back. */
import { z } from 'zod';
import { id, ids, nothing, timestamp } from './common.ts';
import { event, procedure } from './define.ts';

export const mediaKind = z.enum(['video', 'animation', 'image']);

export const clip = z.object({
  id,
  assetId: id,
  /** File name of the source. */
  name: z.string(),
  path: z.string(),
  kind: mediaKind,
  /** Container or codec words for people, e.g. `MP4 · H.264`. */
  format: z.string(),
  /** As displayed, after rotation. */
  width: z.number().int().positive(),
  height: z.number().int().positive(),
  /** Seconds into the source at which the clip starts and ends. */
  start: z.number().nonnegative(),
  end: z.number().nonnegative(),
  frameRate: z.number().nonnegative(),
  frameCount: z.number().int().positive(),
  hasAlpha: z.boolean(),
  hasAudio: z.boolean(),
  variableFrameRate: z.boolean(),
  bytes: z.number().int().nonnegative(),
  caption: z.string(),
  /** Clips of one group never part in a split. */
  groupId: z.string(),
  createdAt: timestamp,
});
export type Clip = z.output<typeof clip>;

export const librarySort = z.enum(['newest', 'oldest', 'name', 'duration']);

export const libraryProcedures = {
  /** A page of the grid. `query` are words to find in names and captions; the empty string finds all. */
  'library.list': procedure(
    z.object({
      query: z.string().max(500).default(''),
      sort: librarySort.default('newest'),
      uncaptionedOnly: z.boolean().default(false),
      offset: z.number().int().min(0).default(0),
      limit: z.number().int().min(1).max(500).default(100),
    }),
    z.object({ total: z.number().int(), clips: z.array(clip) }),
  ),
  'library.get': procedure(z.object({ clipId: id }), clip),
  'library.stats': procedure(
    nothing,
    z.object({
      clips: z.number().int(),
      assets: z.number().int(),
      captioned: z.number().int(),
      seconds: z.number(),
      bytes: z.number(),
      groups: z.number().int(),
    }),
  ),
  'library.setCaption': procedure(z.object({ clipId: id, caption: z.string().max(2000) }), clip),
  /** Hides the clips; originals are never touched. Undo with `library.restore`. */
  'library.remove': procedure(z.object({ clipIds: ids }), z.object({ removed: z.number().int() })),
  'library.restore': procedure(z.object({ clipIds: ids }), z.object({ restored: z.number().int() })),
};

export const libraryEvents = {
  /** Something in the library changed; listeners fetch what they show again. */
  'library.changed': event(z.object({ clips: z.number().int() })),
};
