/** Two connections joined into one, as the shell joins a window to an engine elsewhere. */
import { expect, test } from 'vitest';
import type { Frame } from '#shared/rpc/frames.ts';
import { linkedTransports } from '#shared/rpc/linked-transports.ts';
import { pipe } from '#shared/rpc/pipe.ts';

function joined() {
  const [window, windowEnd] = linkedTransports();
  const [engine, engineEnd] = linkedTransports();
  pipe(windowEnd, engineEnd);
  return { window, engine };
}

test('frames go through both ways, unchanged and in order', async () => {
  const { window, engine } = joined();
  const [atEngine, atWindow]: unknown[][] = [[], []];
  engine.onFrame((frame) => atEngine!.push(frame));
  window.onFrame((frame) => atWindow!.push(frame));
  const calls: Frame[] = [1, 2].map((id) => ({ t: 'call', id, name: 'add', input: { of: id } }));
  const answer = { t: 'result', id: 1, output: 3, since: 'a newer version' } as Frame;
  for (const call of calls) window.send(call);
  engine.send(answer);
  await new Promise((resolve) => setTimeout(resolve, 0));
  expect(atEngine).toEqual(calls);
  expect(atWindow).toEqual([answer]);
});

test.each(['window', 'engine'] as const)('closing the %s closes the other', async (side) => {
  const ends = joined();
  const other = ends[side === 'window' ? 'engine' : 'window'];
  const closed = new Promise<void>((resolve) => other.onClose(resolve));
  ends[side].close();
  await closed;
});

test('what no connection can carry is dropped; what is no frame is left to the ends to judge', async () => {
  const { window, engine } = joined();
  const atWindow: unknown[] = [];
  window.onFrame((frame) => atWindow.push(frame));
  engine.send(undefined as unknown as Frame);
  engine.send({ t: 'gossip' } as unknown as Frame);
  await new Promise((resolve) => setTimeout(resolve, 0));
  expect(atWindow).toEqual([{ t: 'gossip' }]);
});
