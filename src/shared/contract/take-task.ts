/** What a take is made from beside its prompt. */
import { z } from 'zod';
import { region } from '../domain/region.ts';
import { id } from './common.ts';

/** A picture to begin or to end with: a file on the engine's machine, or what a clip or a take shows. */
export const pictureSource = z.discriminatedUnion('from', [
  z.object({ from: z.literal('file'), path: z.string().min(1) }),
  z.object({ from: z.literal('clip'), clipId: id, at: z.enum(['first', 'last']) }),
  z.object({ from: z.literal('take'), takeId: id, frame: z.number().int().min(0) }),
]);
export type PictureSource = z.output<typeof pictureSource>;

export const takeTask = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('generate') }),
  /** What comes after a clip: at least `frames` more, half a window when left out. */
  z.object({
    kind: z.literal('extend'),
    clipId: id,
    frames: z.number().int().min(1).max(1000).optional(),
  }),
  /** A clip with a part of its picture made anew. */
  z.object({ kind: z.literal('inpaint'), clipId: id, region }),
  /** From one picture to another. */
  z.object({ kind: z.literal('inbetween'), first: pictureSource, last: pictureSource }),
  /** A clip that ends where it began: at a picture, or at one that it makes up. */
  z.object({ kind: z.literal('loop'), first: pictureSource.optional() }),
]);
export type TakeTask = z.output<typeof takeTask>;
export type TakeTaskKind = TakeTask['kind'];
