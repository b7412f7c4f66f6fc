/** Where the files of a take lie in the workspace. */
import { join } from 'node:path';
import type { Workspace } from '../workspace.ts';

export function takeFolderOf(workspace: Workspace, takeId: string): string {
  return join(workspace.takes, takeId);
}

export function takeVideoOf(workspace: Workspace, takeId: string): string {
  return join(takeFolderOf(workspace, takeId), 'take.mp4');
}

export function takeTokensOf(workspace: Workspace, takeId: string): string {
  return join(takeFolderOf(workspace, takeId), 'tokens.json');
}

export function takeFrameOf(workspace: Workspace, takeId: string, frame: number): string {
  return join(takeFolderOf(workspace, takeId), `frame-${String(frame).padStart(4, '0')}.png`);
}
