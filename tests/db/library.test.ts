/** The library's queries: search in any language, sorting, hiding, statistics. */
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { insertAsset, listVisibleHashes } from '#main/engine/db/repositories/assets.ts';
import * as clips from '#main/engine/db/repositories/clips.ts';
import { openDatabase, type Db } from '#main/engine/db/open-database.ts';
import { newId } from '#main/engine/ids.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';

let db: Db;

beforeEach(() => {
  const database = openDatabase(join(temporaryFolder(), 'reelwright.db'));
  onTestFinished(() => database.close());
  db = database.db;
});

async function addClip(name: string, caption: string, seconds = 2): Promise<string> {
  const assetId = newId();
  const clipId = newId();
  await insertAsset(db, {
    id: assetId,
    content_hash: `hash of ${name}`,
    path: `/clips/${name}`,
    name,
    bytes: 10,
    modified_at: 0,
    kind: 'video',
    format: 'MP4',
    width: 64,
    height: 48,
    duration: seconds,
    frame_rate: 24,
    frame_count: 24 * seconds,
    has_alpha: 0,
    has_audio: 1,
    variable_frame_rate: 0,
    rotation: 0,
    created_at: Date.now(),
  });
  await clips.insertClips(db, [
    {
      id: clipId,
      asset_id: assetId,
      start: 0,
      end: seconds,
      frame_count: 24 * seconds,
      thumbnail: 'aa',
      strip: 'bb',
      perceptual_hashes: '["0123456789abcdef"]',
      caption,
      group_id: assetId,
      created_at: Date.now(),
    },
  ]);
  return clipId;
}

async function find(query: string): Promise<string[]> {
  const page = await clips.listClips(db, { query, sort: 'oldest', offset: 0, limit: 100 });
  expect(page.total).toBe(page.clips.length);
  return page.clips.map((clip) => clip.name);
}

describe('search', () => {
  beforeEach(async () => {
    await addClip('cat.mp4', 'a Cat that jumps');
    await addClip('猫.mp4', '一只跳跃的小猫');
    await addClip('dog_1.gif', 'ein fröhlicher Hund, 100% good');
    await addClip('quote.webm', 'says "hello" AND waves');
  });

  test.each([
    ['', ['cat.mp4', '猫.mp4', 'dog_1.gif', 'quote.webm']],
    ['cat', ['cat.mp4']],
    ['CAT jump', ['cat.mp4']],
    ['cat dog', []],
    ['mp4', ['cat.mp4', '猫.mp4']],
    ['猫', ['猫.mp4']],
    ['小猫', ['猫.mp4']],
    ['跳跃的', ['猫.mp4']],
    ['小猫 跳跃的', ['猫.mp4']],
    ['frohlich', ['dog_1.gif']],
    ['0%', ['dog_1.gif']],
    ['%', ['dog_1.gif']],
    ['_', ['dog_1.gif']],
    ['"hello"', ['quote.webm']],
    ['AND', ['quote.webm']],
    ['"', ['quote.webm']],
    ['NEAR(', []],
  ])('%j', async (query, names) => {
    expect(await find(query)).toEqual(names);
  });
});

test('a changed caption is found by its new words only', async () => {
  const id = await addClip('a.mp4', 'old words');
  await clips.setCaption(db, id, '新的描述');
  expect(await find('old')).toEqual([]);
  expect(await find('新的描述')).toEqual(['a.mp4']);
});

test('sorting and paging', async () => {
  await addClip('b.mp4', '', 3);
  await addClip('a.mp4', 'x', 1);
  await addClip('c.mp4', '', 2);
  const names = async (sort: 'newest' | 'oldest' | 'name' | 'duration') =>
    (await clips.listClips(db, { query: '', sort, offset: 0, limit: 10 })).clips
      .map((clip) => clip.name[0])
      .join('');
  expect(await names('newest')).toBe('cab');
  expect(await names('oldest')).toBe('bac');
  expect(await names('name')).toBe('abc');
  expect(await names('duration')).toBe('acb');
  const page = await clips.listClips(db, {
    query: '',
    sort: 'name',
    offset: 1,
    limit: 1,
    uncaptionedOnly: true,
  });
  expect(page).toMatchObject({ total: 2, clips: [{ name: 'c.mp4' }] });
});

test('hiding and restoring; statistics and known hashes follow', async () => {
  expect(await clips.libraryStats(db)).toEqual({
    clips: 0,
    assets: 0,
    groups: 0,
    captioned: 0,
    seconds: 0,
    bytes: 0,
  });
  const a = await addClip('a.mp4', 'x', 1);
  await addClip('b.mp4', '', 2);
  expect(await clips.libraryStats(db)).toEqual({
    clips: 2,
    assets: 2,
    groups: 2,
    captioned: 1,
    seconds: 3,
    bytes: 20,
  });
  expect(await clips.setRemoved(db, [a], 5)).toBe(1);
  expect(await clips.setRemoved(db, [a], 6)).toBe(0);
  expect(await find('')).toEqual(['b.mp4']);
  expect(await listVisibleHashes(db)).toEqual(['hash of b.mp4']);
  expect(await clips.libraryStats(db)).toMatchObject({ clips: 1, captioned: 0, seconds: 2, bytes: 10 });
  expect((await clips.findClip(db, a))?.name).toBe('a.mp4');
  expect(await clips.setRemoved(db, [a], null)).toBe(1);
  expect(await find('')).toEqual(['a.mp4', 'b.mp4']);
});
