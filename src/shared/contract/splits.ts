/** Splitting clips into train, val and test by groups, and the immutable snapshots that record it. */
import { z } from 'zod';
import { id, nothing, splitName, timestamp } from './common.ts';
import { event, procedure } from './define.ts';

/** Shares of the three parts; they are normalised to sum to 1. */
export const splitRatio = z
  .object({ train: z.number().min(0), val: z.number().min(0), test: z.number().min(0) })
  .refine((r) => r.train > 0 && r.train + r.val + r.test > 0, 'train must be more than 0');
export type SplitRatio = z.output<typeof splitRatio>;

export const splitRequest = z.object({
  ratio: splitRatio.default({ train: 0.8, val: 0.1, test: 0.1 }),
  seed: z.number().int().min(0).max(0xffffffff).default(1),
  /** Which clips: words as in the library search; the empty string takes all. */
  query: z.string().max(500).default(''),
});

const partStats = z.object({
  split: splitName,
  clips: z.number().int(),
  groups: z.number().int(),
  seconds: z.number(),
});

export const splitPreview = z.object({
  parts: z.array(partStats),
  clips: z.number().int(),
  groups: z.number().int(),
  uncaptioned: z.number().int(),
  /** Pairs across splits whose hashes were compared, and the closest of them (bits that differ of 64 a frame). */
  pairsChecked: z.number().int(),
  closestPair: z
    .object({
      distance: z.number(),
      a: z.object({ clipId: id, name: z.string() }),
      b: z.object({ clipId: id, name: z.string() }),
    })
    .nullable(),
  members: z.array(
    z.object({ clipId: id, name: z.string(), caption: z.string(), split: splitName, groupId: z.string() }),
  ),
});
export type SplitPreview = z.output<typeof splitPreview>;

export const snapshot = z.object({
  id,
  name: z.string(),
  createdAt: timestamp,
  seed: z.number().int(),
  ratio: z.object({ train: z.number(), val: z.number(), test: z.number() }),
  parts: z.array(partStats),
  /** SHA-256 over the sorted members: the same clips, captions and split give the same hash. */
  hash: z.string(),
});
export type Snapshot = z.output<typeof snapshot>;

export const splitsProcedures = {
  /** What a split would look like; stores nothing. */
  'splits.preview': procedure(splitRequest, splitPreview),
  'splits.createSnapshot': procedure(
    z.object({ name: z.string().trim().min(1).max(200), request: splitRequest }),
    snapshot,
  ),
  'splits.listSnapshots': procedure(nothing, z.object({ snapshots: z.array(snapshot) })),
  'splits.getSnapshot': procedure(
    z.object({ snapshotId: id }),
    z.object({
      snapshot,
      members: z.array(z.object({ clipId: id, name: z.string(), caption: z.string(), split: splitName })),
    }),
  ),
};

export const splitsEvents = { 'splits.changed': event(nothing) };
