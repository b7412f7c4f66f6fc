/** The sheet of takes: every picture has its place, below the label of its prompt. */
import { expect, test } from 'vitest';
import { cutText, drawLabels, LABEL_HEIGHT } from '#main/engine/media/draw-labels.ts';
import { layOutSheet } from '#main/workers/eval/sheet-layout.ts';

const prompts = Array.from({ length: 7 }, (_, i) => `prompt ${i}`);

test.each([
  { takes: 2, shown: 1, side: 32 },
  { takes: 3, shown: 4, side: 20 },
  { takes: 1, shown: 1, side: 128 },
])('pictures neither overlap nor leave the sheet: %o', ({ takes, shown, side }) => {
  const { width, height, slots, labels } = layOutSheet({ prompts, takes, shown, side });
  expect(slots).toHaveLength(7 * takes * shown);
  const painted = new Uint8Array(width * height);
  for (const { x, y } of slots) {
    expect(x + side).toBeLessThan(width);
    expect(y + side).toBeLessThan(height);
    for (let row = y; row < y + side; row++)
      for (let column = x; column < x + side; column++) painted[row * width + column]! += 1;
  }
  expect(painted.reduce((most, times) => Math.max(most, times), 0)).toBe(1);
  // Labels are numbered, and stand above the first picture of their prompt.
  labels.forEach((label, prompt) => {
    expect(label.text).toBe(`${prompt + 1}  prompt ${prompt}`);
    const first = slots.find((slot) => slot.prompt === prompt)!;
    expect([label.x, label.y + LABEL_HEIGHT]).toEqual([first.x, first.y]);
  });
});

test('a sheet is about square', () => {
  const many = Array.from({ length: 40 }, (_, i) => String(i));
  const { width, height } = layOutSheet({ prompts: many, takes: 2, shown: 4, side: 128 });
  expect(width / height).toBeGreaterThan(0.5);
  expect(width / height).toBeLessThan(2);
});

test('labels are cut to their room; wide letters count for more', () => {
  expect(cutText('short', 10)).toBe('short');
  const cut = cutText('a rather long prompt', 6);
  expect(cut.endsWith('…')).toBe(true);
  expect(cut.length).toBeLessThan(12);
  expect([...cutText('一只乌龟在慢慢地走', 5)]).toHaveLength(5);
});

test('labels are drawn where they belong, whatever letters they have', async () => {
  const [width, height] = [80, 60];
  const labels = [{ text: '1  <&">\u0007', x: 10, y: 30, width: 60 }];
  const rgb = await drawLabels(width, height, labels);
  expect(rgb).toHaveLength(width * height * 3);
  const inkIn = (top: number, bottom: number) =>
    rgb.subarray(top * width * 3, bottom * width * 3).filter((value) => value < 150).length;
  expect(inkIn(0, 30)).toBe(0);
  expect(inkIn(30, 30 + LABEL_HEIGHT)).toBeGreaterThan(20);
});
