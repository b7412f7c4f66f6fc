/** What the machine has left: memory, with the limit of a container where there is one, and space on a disk. */
import { readFile, statfs } from 'node:fs/promises';
import { totalmem } from 'node:os';
import type { MachineRoom } from '#shared/contract/forecast.ts';

/** @param folder on the disk in question */
export async function machineRoom(folder: string): Promise<MachineRoom> {
  const { bavail, bsize } = await statfs(folder);
  const limit = process.constrainedMemory();
  const isLimited = limit > 0 && limit < totalmem();
  const memoryTotal = isLimited ? limit : totalmem();
  // The system counts files that it keeps in memory as used up in a container, though it gives them up at once.
  const cachedFiles = isLimited ? await containerFileCache() : 0;
  return {
    memoryTotal,
    memoryFree: Math.min(memoryTotal, process.availableMemory() + cachedFiles),
    diskFree: bavail * bsize,
  };
}

/** Of Linux control groups, version 2; elsewhere 0. */
async function containerFileCache(): Promise<number> {
  const text = await readFile('/sys/fs/cgroup/memory.stat', 'utf8').catch(() => '');
  return Number(/^inactive_file (\d+)$/m.exec(text)?.[1] ?? 0);
}
