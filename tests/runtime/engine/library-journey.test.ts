/** From real files to a snapshot through the real engine and the real import worker. */
import { copyFileSync, cpSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import SqliteDatabase from 'better-sqlite3';
import { expect, test } from 'vitest';
import { snapshotFile } from '#shared/contract/workers.ts';
import { jobEnds, testEngine } from '../../fixtures/engine.ts';
import { temporaryFolder } from '../../fixtures/temporary-folder.ts';

const fixtureClips = fileURLToPath(new URL('../../fixtures/clips', import.meta.url));

test('import, report, search, media, undo, import again, split, snapshot', async () => {
  const { engine, client, workspace } = await testEngine();
  const folder = join(temporaryFolder(), 'clips');
  cpSync(fixtureClips, folder, { recursive: true });
  copyFileSync(join(folder, 'turtle.webp'), join(folder, 'zz copy.webp'));
  writeFileSync(join(folder, 'renamed.mp4'), 'this is text');
  writeFileSync(join(folder, 'empty.mp4'), '');
  const runImport = async (paths: string[]) => {
    const { id } = await client.call('imports.start', { paths });
    expect(await jobEnds(client, id)).toMatchObject({ status: 'done', error: null });
    return client.call('imports.report', { jobId: id });
  };

  // Import
  const changes: number[] = [];
  client.listen('library.changed', ({ clips }) => changes.push(clips));
  const report = await runImport([folder]);
  expect(report).toMatchObject({ imported: 14, duplicates: 1, failed: 2 });
  const reasons = Object.fromEntries(report.items.map((item) => [item.path, item.reason?.code]));
  expect(reasons[join(folder, 'empty.mp4')]).toBe('file-empty');
  expect(reasons[join(folder, 'renamed.mp4')]).toBe('file-not-media');
  expect(report.items[0]?.outcome).toBe('failed');
  const stats = await client.call('library.stats', {});
  expect(stats).toMatchObject({ assets: 14, captioned: stats.clips });
  expect(changes.at(-1)).toBe(stats.clips);

  // Search and captions
  const { clips } = await client.call('library.list', { query: 'turtle' });
  const [turtle] = clips;
  expect(clips).toHaveLength(1);
  await client.call('library.setCaption', { clipId: turtle!.id, caption: '  一只海龟在游泳 ' });
  expect((await client.call('library.list', { query: '海龟' })).clips).toMatchObject([
    { id: turtle!.id, caption: '一只海龟在游泳' },
  ]);

  // Media over HTTP
  const get = (path: string, headers = {}) =>
    fetch(`${engine.url}/media/clip/${turtle!.id}/${path}`, {
      headers: { Authorization: `Bearer ${engine.token}`, ...headers },
    });
  for (const part of ['thumb', 'strip']) {
    const answer = await get(part);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toMatch(/^image\/(webp|jpeg|png)$/);
    expect(answer.headers.get('cache-control')).toContain('immutable');
    expect((await answer.bytes()).length).toBeGreaterThan(100);
  }
  const bytes = await (await get('source', { Range: 'bytes=0-3' })).text();
  expect(bytes).toBe('RIFF');

  // Removing, importing again, moved originals
  expect(await client.call('library.remove', { clipIds: [turtle!.id] })).toEqual({ removed: 1 });
  expect((await client.call('library.list', {})).total).toBe(stats.clips - 1);
  expect(await runImport([folder])).toMatchObject({ imported: 1, duplicates: 14, failed: 2 });
  expect((await client.call('library.list', {})).total).toBe(stats.clips);
  const moved = join(temporaryFolder(), 'moved.webp');
  copyFileSync(join(folder, 'turtle.webp'), moved);
  rmSync(join(folder, 'turtle.webp'));
  rmSync(join(folder, 'zz copy.webp'));
  expect(await runImport([moved])).toMatchObject({ imported: 0, duplicates: 1 });
  expect((await client.call('library.get', { clipId: turtle!.id })).path).toBe(moved);

  // Split
  const request = { ratio: { train: 0.6, val: 0.2, test: 0.2 }, seed: 7 };
  const preview = await client.call('splits.preview', request);
  expect(preview.clips).toBe(stats.clips);
  expect(preview.parts.every((part) => part.groups > 0)).toBe(true);
  expect(preview.closestPair?.distance).toBeGreaterThan(0);
  const splitOfGroup = new Map(preview.members.map((member) => [member.groupId, member.split]));
  for (const member of preview.members) expect(splitOfGroup.get(member.groupId)).toBe(member.split);

  const first = await client.call('splits.createSnapshot', { name: 'first', request });
  const second = await client.call('splits.createSnapshot', { name: 'second', request });
  expect(second.hash).toBe(first.hash);
  await client.call('library.setCaption', { clipId: turtle!.id, caption: 'a turtle' });
  const third = await client.call('splits.createSnapshot', { name: 'third', request });
  expect(third.hash).not.toBe(first.hash);

  const stored = await client.call('splits.getSnapshot', { snapshotId: first.id });
  expect(stored.snapshot).toEqual(first);
  expect(stored.members.find((member) => member.clipId === turtle!.id)?.caption).toBe('一只海龟在游泳');
  const path = join(workspace, 'snapshots', `${first.id}.json`);
  const file = snapshotFile.parse(JSON.parse(readFileSync(path, 'utf8')));
  expect(file.members).toHaveLength(stats.clips);
  for (const member of file.members) expect(statSync(member.path).isFile()).toBe(true);
  expect((await client.call('splits.listSnapshots', {})).snapshots.map(({ name }) => name)).toEqual([
    'third',
    'second',
    'first',
  ]);
});

test('an import whose worker is killed can be resumed, and nothing comes in twice', async () => {
  const { client, workspace } = await testEngine();
  const fileCame = new Promise<void>((resolve) => {
    const stop = client.listen('library.changed', () => (stop(), resolve()));
  });
  const { id } = await client.call('imports.start', { paths: [fixtureClips] });
  await fileCame;
  const database = new SqliteDatabase(join(workspace, 'reelwright.db'), { readonly: true });
  process.kill(database.prepare('SELECT pid FROM attempts').pluck().get() as number, 'SIGKILL');
  database.close();
  expect(await jobEnds(client, id)).toMatchObject({ status: 'failed', error: { code: 'worker-killed' } });
  const before = (await client.call('library.stats', {})).assets;
  expect(before).toBeLessThan(14);

  await client.call('jobs.resume', { jobId: id });
  expect(await jobEnds(client, id)).toMatchObject({ status: 'done', attempts: 2 });
  expect((await client.call('library.stats', {})).assets).toBe(14);
  expect(await client.call('imports.report', { jobId: id })).toMatchObject({ imported: 14, duplicates: 0 });
});

test('the same files and seed split alike in another workspace, whatever the order in which they came', async () => {
  const files = ['turtle', 'penguin', 'octopus', 'elephant', 'eyes', 'beer-mug'].map((name) =>
    join(fixtureClips, `${name}.webp`),
  );
  const hashOfImport = async (paths: string[]) => {
    const { client } = await testEngine();
    for (const path of paths) {
      const { id } = await client.call('imports.start', { paths: [path] });
      expect(await jobEnds(client, id)).toMatchObject({ status: 'done' });
    }
    return (await client.call('splits.createSnapshot', { name: 'six', request: { seed: 3 } })).hash;
  };
  expect(await hashOfImport(files)).toBe(await hashOfImport(files.toReversed()));
});

test('what cannot be split or found says so', async () => {
  const { client } = await testEngine();
  await expect(client.call('splits.preview', {})).rejects.toMatchObject({ code: 'no-clips' });
  await expect(client.call('splits.preview', { ratio: { train: 0, val: 1, test: 0 } })).rejects.toMatchObject(
    {
      code: 'invalid-input',
      params: { field: 'ratio' },
    },
  );
  await expect(client.call('imports.start', { paths: ['relative.mp4'] })).rejects.toMatchObject({
    code: 'invalid-input',
  });
  const unknown = '01ARZ3NDEKTSV4RRFFQ69G5FAV';
  await expect(client.call('library.get', { clipId: unknown })).rejects.toMatchObject({ code: 'not-found' });
  await expect(client.call('training.start', { snapshotId: unknown })).rejects.toMatchObject({
    code: 'not-found',
  });
  await expect(client.call('jobs.cancel', { jobId: unknown })).rejects.toMatchObject({ code: 'not-found' });
});
