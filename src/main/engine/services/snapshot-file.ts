/** Snapshots on disk: one JSON file each, written once, that carries all a run needs. */
import { open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { snapshotFile, type SnapshotFile } from '#shared/contract/workers.ts';
import type { Workspace } from '../workspace.ts';

export function snapshotPath(workspace: Workspace, snapshotId: string): string {
  return join(workspace.snapshots, `${snapshotId}.json`);
}

export async function writeSnapshotFile(workspace: Workspace, snapshot: SnapshotFile): Promise<void> {
  const path = snapshotPath(workspace, snapshot.id);
  const temporary = `${path}.tmp`;
  const file = await open(temporary, 'w');
  try {
    await file.writeFile(JSON.stringify(snapshot));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}

export async function readSnapshotFile(workspace: Workspace, snapshotId: string): Promise<SnapshotFile> {
  return snapshotFile.parse(JSON.parse(await readFile(snapshotPath(workspace, snapshotId), 'utf8')));
}
