/** What lies behind `/media/…`: pictures and video of clips and takes. */
import { id } from '#shared/contract/common.ts';
import type { EngineContext } from '../context.ts';
import { findClipFiles } from '../db/repositories/clips.ts';
import { takeFrameOf, takeVideoOf } from '../services/take-files.ts';
import type { FileToSend } from './send-file.ts';

/** Returns null for an address that means nothing. */
export async function findMedia(
  { db, workspace }: EngineContext,
  segments: string[],
): Promise<FileToSend | null> {
  const [kind, ownerId, part, ...rest] = segments;
  if (!id.safeParse(ownerId).success || ownerId === undefined) return null;

  if (kind === 'clip' && rest.length === 0) {
    const files = await findClipFiles(db, ownerId);
    if (!files) return null;
    // Clips are never changed, so neither are the pictures made of them; the original belongs to the user.
    if (part === 'thumb') return { path: workspace.stored(files.thumbnail), cache: 'forever', sniff: true };
    if (part === 'strip') return { path: workspace.stored(files.strip), cache: 'forever', sniff: true };
    if (part === 'source') return { path: files.path, cache: 'check' };
  }
  // A take that is made again after an interruption has new files at the same address.
  if (kind === 'take' && part === 'video' && rest.length === 0) {
    return { path: takeVideoOf(workspace, ownerId), cache: 'check' };
  }
  if (kind === 'take' && part === 'frame' && rest.length === 1 && /^\d{1,6}$/.test(rest[0]!)) {
    return { path: takeFrameOf(workspace, ownerId, Number(rest[0])), cache: 'check' };
  }
  return null;
}
