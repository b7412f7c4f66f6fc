import { expect, test } from 'vitest';
import { History, type Change } from '../../src/renderer/src/state/history.svelte.ts';

function writeTo(page: { text: string }, before: string, after: string, mergeKey?: string): Change {
  page.text = after;
  return {
    label: after,
    ...(mergeKey ? { mergeKey } : {}),
    undo: async () => void (page.text = before),
    redo: async () => void (page.text = after),
  };
}

test('undoes and redoes, newest first', async () => {
  const page = { text: '' };
  const history = new History();
  history.add(writeTo(page, '', 'a'));
  history.add(writeTo(page, 'a', 'b'));
  await history.undo();
  expect(page.text).toBe('a');
  await history.undo();
  expect([page.text, history.canUndo, history.canRedo]).toEqual(['', false, true]);
  await history.redo();
  expect(page.text).toBe('a');
  history.add(writeTo(page, 'a', 'c'));
  expect(history.canRedo).toBe(false);
});

test('edits of one caption are undone at once', async () => {
  const page = { text: '' };
  const history = new History();
  history.add(writeTo(page, '', 'a', 'caption'));
  history.add(writeTo(page, 'a', 'a t', 'caption'));
  history.add(writeTo(page, 'a t', 'a turtle', 'caption'));
  await history.undo();
  expect([page.text, history.canUndo]).toEqual(['', false]);
  await history.redo();
  expect(page.text).toBe('a turtle');
});

test('a change that cannot be undone stays to be tried again', async () => {
  const history = new History();
  history.add({ label: 'x', undo: () => Promise.reject(new Error('away')), redo: async () => {} });
  await expect(history.undo()).rejects.toThrow('away');
  expect(history.canUndo).toBe(true);
});

test('the Undo of a toast takes back its own change, not a later one', async () => {
  const [first, second] = [{ text: '' }, { text: '' }];
  const history = new History();
  const change = writeTo(first, '', 'a');
  history.add(change);
  history.add(writeTo(second, '', 'b'));
  await history.undoChange(change);
  expect([first.text, second.text]).toEqual(['', 'b']);
  await history.undoChange(change);
  expect(first.text).toBe('');
});
