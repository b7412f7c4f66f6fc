/** A lock that the operating system releases when the process ends, however it ends: an exclusively locked SQLite file. */
import SqliteDatabase from 'better-sqlite3';

export interface FileLock {
  release(): void;
}

/** Returns null when another process (or another lock of this one) holds it. The file must not be opened by anything else. */
export function lockFile(path: string): FileLock | null {
  const file = new SqliteDatabase(path, { timeout: 0 });
  try {
    file.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    file.close();
    if ((error as { code?: string }).code === 'SQLITE_BUSY') return null;
    throw error;
  }
  return { release: () => file.close() };
}
