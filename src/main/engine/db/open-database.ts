/** Opens the workspace's database: better-sqlite3 below, kysely's typed queries above. */
import SqliteDatabase from 'better-sqlite3';
import { Kysely, SqliteDialect, SqliteDriver, type DatabaseConnection, type Driver } from 'kysely';
import { logProblem } from '../log.ts';
import { migrate } from './migrate.ts';
import type { Tables } from './tables.ts';

export type Db = Kysely<Tables>;

export interface OpenDatabase {
  db: Db;
  /** SQLite's own version. */
  version: string;
  /** Moves the write-ahead log into the file and closes it. */
  close: () => Promise<void>;
}

/** Throws workspace-newer; a full disk shows as SQLITE_FULL. */
export function openDatabase(path: string): OpenDatabase {
  const database = new SqliteDatabase(path, { timeout: 5000 });
  try {
    database.pragma('journal_mode = WAL');
    // With WAL this survives a crash of the process; a power cut may lose the last commits, never the file.
    database.pragma('synchronous = NORMAL');
    database.pragma('foreign_keys = ON');
    migrate(database);
  } catch (error) {
    database.close();
    throw error;
  }
  const db = new Kysely<Tables>({ dialect: new Dialect({ database }) });
  const version = database.prepare('SELECT sqlite_version()').pluck().get() as string;
  return {
    db,
    version,
    close: async () => {
      try {
        database.pragma('wal_checkpoint(TRUNCATE)');
      } catch (error) {
        // On a full disk the log stays beside the file; the next opening reads both.
        logProblem('Could not write out the database', error);
      }
      await db.destroy();
    },
  };
}

/** Some errors (a full disk) make SQLite roll back by itself; a second rollback would hide them behind its own error. */
class Dialect extends SqliteDialect {
  readonly #database: SqliteDatabase.Database;

  constructor({ database }: { database: SqliteDatabase.Database }) {
    super({ database });
    this.#database = database;
  }

  override createDriver(): Driver {
    const database = this.#database;
    return new (class extends SqliteDriver {
      override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
        if (database.inTransaction) await super.rollbackTransaction(connection);
      }
    })({ database });
  }
}
