/** Files of a drop or a file dialog, folders walked recursively, each with its path inside what was chosen. */
import type { UploadFile } from './upload.ts';

/** Call it at once in the drop event: the browser empties the data afterwards. */
export function droppedEntries(data: DataTransfer): FileSystemEntry[] {
  return [...data.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
}

export async function filesOfEntries(entries: readonly FileSystemEntry[]): Promise<UploadFile[]> {
  const found = await Promise.all(entries.map(filesOfEntry));
  return found.flat();
}

export function filesOfInput(list: FileList): UploadFile[] {
  return [...list].map((file) => ({ path: file.webkitRelativePath || file.name, file }));
}

async function filesOfEntry(entry: FileSystemEntry): Promise<UploadFile[]> {
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) =>
      (entry as FileSystemFileEntry).file(resolve, reject),
    );
    return [{ path: entry.fullPath.replace(/^\//, ''), file }];
  }
  return filesOfEntries(await childrenOf(entry as FileSystemDirectoryEntry));
}

/** A directory reader gives at most 100 entries a call, and an empty list at the end. */
async function childrenOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const children: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0) return children;
    children.push(...some);
  }
}
