/** Brings a database to the schema of this version: a backup first, then the missing migrations in one transaction. */
import type { Database } from 'better-sqlite3';
import { AppError } from '#shared/errors/app-error.ts';
import { migrations as allMigrations } from './migrations/index.ts';

/** Throws workspace-newer for a database that this version does not understand. */
export function migrate(database: Database, migrations: readonly string[] = allMigrations): void {
  const found = database.pragma('user_version', { simple: true }) as number;
  const known = migrations.length;
  if (found > known) throw new AppError('workspace-newer', { path: database.name, found, known });
  if (found === known) return;
  if (found > 0) backUp(database, found);
  // A table can be rebuilt only while references to it are not enforced; before the end all of them are checked.
  const enforced = database.pragma('foreign_keys', { simple: true }) as number;
  database.pragma('foreign_keys = OFF');
  try {
    database.transaction(() => {
      for (const migration of migrations.slice(found)) database.exec(migration);
      const broken = database.pragma('foreign_key_check') as { table: string; parent: string }[];
      if (broken.length > 0) {
        throw new Error(`migration: rows of ${broken[0]!.table} refer to no row of ${broken[0]!.parent}`);
      }
      database.pragma(`user_version = ${known}`);
    })();
  } finally {
    database.pragma(`foreign_keys = ${enforced}`);
  }
}

function backUp(database: Database, version: number): void {
  const stamp = new Date().toISOString().replace(/[:.]/g, '-');
  database.prepare('VACUUM INTO ?').run(`${database.name}.v${version}.${stamp}.backup`);
}
