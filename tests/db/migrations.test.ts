/** Fresh, existing and future databases; the backup; what the schema itself refuses. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { explainDiskFull } from '#shared/errors/disk-full.ts';
import { migrate } from '#main/engine/db/migrate.ts';
import { migrations } from '#main/engine/db/migrations/index.ts';
import { openDatabase } from '#main/engine/db/open-database.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';

const first = 'CREATE TABLE notes (text TEXT NOT NULL) STRICT';
const second = 'ALTER TABLE notes ADD COLUMN author TEXT';

test('a fresh database gets the newest schema, and no backup', async () => {
  const folder = temporaryFolder();
  const { db, close } = openDatabase(join(folder, 'reelwright.db'));
  expect(await db.selectFrom('clips').selectAll().execute()).toEqual([]);
  await close();
  const raw = new SqliteDatabase(join(folder, 'reelwright.db'));
  expect(raw.pragma('user_version', { simple: true })).toBe(migrations.length);
  expect(raw.pragma('journal_mode', { simple: true })).toBe('wal');
  raw.close();
  expect(readdirSync(folder).filter((name) => name.endsWith('.backup'))).toEqual([]);
});

test('opening again changes nothing', async () => {
  const path = join(temporaryFolder(), 'reelwright.db');
  const before = openDatabase(path);
  await before.db.insertInto('settings').values({ key: 'theme', value: '"dark"' }).execute();
  await before.close();
  const after = openDatabase(path);
  expect(await after.db.selectFrom('settings').selectAll().execute()).toEqual([
    { key: 'theme', value: '"dark"' },
  ]);
  await after.close();
});

test('an existing database is backed up, then migrated, and keeps its rows', () => {
  const folder = temporaryFolder();
  const database = new SqliteDatabase(join(folder, 'notes.db'));
  migrate(database, [first]);
  database.exec("INSERT INTO notes VALUES ('kept')");
  migrate(database, [first, second]);
  expect(database.prepare('SELECT * FROM notes').all()).toEqual([{ text: 'kept', author: null }]);
  database.close();

  const backups = readdirSync(folder).filter((name) => name.startsWith('notes.db.v1.'));
  expect(backups).toHaveLength(1);
  const backup = new SqliteDatabase(join(folder, backups[0]!), { readonly: true });
  expect(backup.prepare('SELECT * FROM notes').all()).toEqual([{ text: 'kept' }]);
  expect(backup.pragma('user_version', { simple: true })).toBe(1);
  backup.close();
});

test('a table that others refer to can be rebuilt; references are checked before the end', () => {
  const database = new SqliteDatabase(join(temporaryFolder(), 'reelwright.db'));
  migrate(database, migrations.slice(0, 1));
  database.exec(`
    INSERT INTO jobs VALUES ('J', 'train', 'done', 'title', '{}', 1, 2, 3, NULL);
    INSERT INTO attempts VALUES ('A', 'J', 7, 'done', 1, 2, NULL);`);
  expect(() => migrate(database, [migrations[0]!, 'DELETE FROM jobs'])).toThrow(
    'attempts refer to no row of jobs',
  );
  migrate(database);
  expect(database.prepare('SELECT id, kind, started_at FROM jobs').all()).toEqual([
    { id: 'J', kind: 'train', started_at: 2 },
  ]);
  expect(() => database.exec("INSERT INTO attempts VALUES ('B', 'none', 7, 'done', 1, 2, NULL)")).toThrow(
    'FOREIGN KEY',
  );
  database.exec("INSERT INTO attempts VALUES ('B', 'J', 7, 'done', 1, 2, NULL)");
  database.close();
});

test('takes are kept as they were, and from then on several may come from one job', () => {
  const database = new SqliteDatabase(join(temporaryFolder(), 'reelwright.db'));
  migrate(database, migrations.slice(0, 3));
  database.exec(`
    INSERT INTO jobs VALUES ('J', 'generate', 'done', 'title', '{}', 1, 2, 3, NULL, '[]');
    INSERT INTO snapshots VALUES ('S', 'a', 1, 1, '{}', '[]', 'h');
    INSERT INTO runs VALUES ('R', 'r', 'S', 'J', 1, '{}', NULL);`);
  const insert = (id: string) =>
    database.exec(
      `INSERT INTO takes (id, run_id, job_id, prompt, sampling, created_at, status, frames_done, frame_count, width, height,
        frame_rate, has_video) VALUES ('${id}', 'R', 'J', 'a cat', '{}', 1, 'done', 17, 17, 64, 64, 8.5, 1)`,
    );
  insert('T');
  expect(() => insert('U')).toThrow('UNIQUE');
  const before = database.prepare('SELECT * FROM takes').get();
  migrate(database);
  expect(database.prepare('SELECT * FROM takes').get()).toMatchObject(before as object);
  insert('U');
  expect(database.prepare('SELECT id FROM takes WHERE job_id = ?').pluck().all('J')).toEqual(['T', 'U']);
  database.close();
});

test('takes keep their run, and may be of a model package instead, never of both or neither', () => {
  const database = new SqliteDatabase(join(temporaryFolder(), 'reelwright.db'));
  migrate(database, migrations.slice(0, 4));
  database.exec(`
    INSERT INTO jobs VALUES ('J', 'train', 'done', 'title', '{}', 1, 2, 3, NULL, '[]');
    INSERT INTO snapshots VALUES ('S', 'all', 1, 1, '{}', '[]', 'h');
    INSERT INTO runs VALUES ('R', 'run', 'S', 'J', 1, '{}', NULL);
    INSERT INTO takes VALUES ('T', 'R', 'J', 'a cat', '{}', 1, 'done', 5, 5, 64, 64, 8, 1, NULL);`);
  migrate(database, migrations.slice(0, 5));
  expect(database.prepare('SELECT id, run_id, model, prompt, has_video FROM takes').all()).toEqual([
    { id: 'T', run_id: 'R', model: null, prompt: 'a cat', has_video: 1 },
  ]);
  database.exec("INSERT INTO models VALUES ('abc', 'Base', '1.0.0', 1)");
  const insert = (id: string, run: string | null, model: string | null) =>
    database
      .prepare("INSERT INTO takes VALUES (?, ?, ?, 'J', '', '{}', 1, 'done', 5, 5, 64, 64, 8, 1, NULL)")
      .run(id, run, model);
  insert('U', null, 'abc');
  expect(() => insert('V', null, null)).toThrow('CHECK');
  expect(() => insert('V', 'R', 'abc')).toThrow('CHECK');
  expect(() => insert('V', null, 'unknown')).toThrow('FOREIGN KEY');
  database.close();
});

test('a migration that fails leaves the database as it was', () => {
  const database = new SqliteDatabase(join(temporaryFolder(), 'notes.db'));
  migrate(database, [first]);
  expect(() => migrate(database, [first, second, 'NOT SQL'])).toThrow(/syntax/);
  expect(database.pragma('user_version', { simple: true })).toBe(1);
  expect(database.prepare('SELECT name FROM pragma_table_info(?)').pluck().all('notes')).toEqual(['text']);
  database.close();
});

test('a newer database is refused and left alone', () => {
  const path = join(temporaryFolder(), 'reelwright.db');
  const newer = new SqliteDatabase(path);
  newer.exec('CREATE TABLE future (a)');
  newer.pragma(`user_version = ${migrations.length + 1}`);
  newer.close();
  expect(() => openDatabase(path)).toThrow(
    expect.objectContaining({
      code: 'workspace-newer',
      params: { path, found: migrations.length + 1, known: migrations.length },
    }),
  );
  const still = new SqliteDatabase(path);
  expect(still.pragma('user_version', { simple: true })).toBe(migrations.length + 1);
  still.close();
});

test('snapshots cannot be changed, and types and references are held', async () => {
  const { db, close } = openDatabase(join(temporaryFolder(), 'reelwright.db'));
  const row = { id: 'S', name: 'a', created_at: 1, seed: 1, ratio: '{}', parts: '[]', hash: 'h' };
  await db.insertInto('snapshots').values(row).execute();
  await expect(db.updateTable('snapshots').set({ name: 'b' }).execute()).rejects.toThrow('immutable');
  await expect(
    db
      .insertInto('snapshots')
      .values({ ...row, id: 'T', seed: 'one' as unknown as number })
      .execute(),
  ).rejects.toThrow('cannot store TEXT value');
  await expect(
    db
      .insertInto('metrics')
      .values({ run_id: 'none', stage: 'gpt', name: 'lr', step: 1, epoch: 0, value: 1 })
      .execute(),
  ).rejects.toThrow('FOREIGN KEY');
  await close();
});

test('a full disk is named, in a transaction too, and the database goes on', async () => {
  const { db, close } = openDatabase(join(temporaryFolder(), 'reelwright.db'));
  // The one way to fill a disk that needs no disk: SQLite treats its page limit the same.
  await sql`PRAGMA max_page_count = 80`.execute(db);
  const large = { key: 'large', value: 'x'.repeat(1_000_000) };
  const write = db.transaction().execute((trx) => trx.insertInto('settings').values(large).execute());
  const error = await write.catch((thrown: unknown) => thrown);
  expect(explainDiskFull(error, '/workspace')).toMatchObject({
    code: 'disk-full',
    params: { path: '/workspace' },
  });
  await db.insertInto('settings').values({ key: 'small', value: '1' }).execute();
  expect(await db.selectFrom('settings').select('key').execute()).toEqual([{ key: 'small' }]);
  await close();
});
