import { expect, test, vi } from 'vitest';
import { LibraryState } from '../../src/renderer/src/state/library.svelte.ts';
import { startEngine } from './engine-in-memory.ts';
import { sampleClip, sampleId } from './samples.ts';

const stats = { clips: 1000, assets: 1000, captioned: 0, seconds: 2500, bytes: 1, groups: 1000 };

async function startLibrary(count = 1000) {
  let clips = Array.from({ length: count }, (_, index) => sampleClip(index));
  const engine = await startEngine({
    'library.list': ({ query, offset, limit }) => {
      const found = clips.filter(({ name }) => name.includes(query));
      return { total: found.length, clips: found.slice(offset, offset + limit) };
    },
    'library.stats': () => stats,
    'library.setCaption': ({ clipId, caption }) => {
      clips = clips.map((clip) => (clip.id === clipId ? { ...clip, caption } : clip));
      return clips.find(({ id }) => id === clipId)!;
    },
    'library.remove': ({ clipIds }) => {
      clips = clips.filter(({ id }) => !clipIds.includes(id));
      return { removed: clipIds.length };
    },
  });
  const library = new LibraryState(engine.connection);
  await vi.waitFor(() => expect(library.loaded).toBe(true));
  return { library, ...engine };
}

test('fetches only the pages that are shown', async () => {
  const { library, calls } = await startLibrary();
  expect(library.total).toBe(1000);
  expect(library.clipAt(640)).toBeUndefined();
  library.show(630, 720);
  library.show(632, 722);
  await vi.waitFor(() => expect(library.clipAt(722)?.name).toBe('clip-722.webp'));
  const offsets = calls
    .filter(({ name }) => name === 'library.list')
    .map(({ input }) => (input as { offset: number }).offset);
  expect(offsets).toEqual([0, 600, 700]);
});

test('drops answers to a search that has changed meanwhile', async () => {
  const { library } = await startLibrary();
  library.query = 'clip-99';
  const first = library.relist();
  library.query = 'clip-998';
  await Promise.all([first, library.relist()]);
  expect(library.total).toBe(1);
  expect(library.clipAt(0)?.name).toBe('clip-998.webp');
});

test('selects ranges across pages that were never fetched', async () => {
  const { library } = await startLibrary();
  await library.selectAt(10);
  await library.selection.extend(890, (first, last) => library.idsBetween(first, last));
  expect(library.selection.size).toBe(881);
  expect(library.selection.ids.has(sampleId(700))).toBe(true);
  await library.selectAt(5000);
  expect(library.selection.single).toBe(sampleId(999));
});

test('shows a changed caption in place and takes removed clips out of the selection', async () => {
  const { library } = await startLibrary();
  await library.setCaption(sampleId(3), 'a turtle');
  expect(library.clipAt(3)?.caption).toBe('a turtle');
  await library.selectAt(3);
  await library.remove([sampleId(3)]);
  expect(library.selection.size).toBe(0);
  expect(library.total).toBe(999);
  expect(library.find(sampleId(3))).toBeUndefined();
});

test('keeps an error until the next answer', async () => {
  const { library, connection, cut } = await startLibrary(3);
  cut();
  await library.refresh();
  expect(library.error).toMatchObject({ code: 'disconnected' });
  await vi.waitFor(() => expect(connection.status).toBe('connected'), 5000);
  await vi.waitFor(() => expect(library.error).toBeUndefined());
});
