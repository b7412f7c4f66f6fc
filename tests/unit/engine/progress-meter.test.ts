import { expect, test } from 'vitest';
import { createProgressMeter } from '#main/workers/runtime/progress-meter.ts';

function meterWithClock() {
  let time = 0;
  const meter = createProgressMeter(() => time);
  return { meter, advance: (ms: number) => void (time += ms) };
}

test('rate and time left follow the pace', () => {
  const { meter, advance } = meterWithClock();
  expect(meter.update('train', 0, 100)).toMatchObject({ rate: 0, secondsLeft: null });
  advance(1000);
  expect(meter.update('train', 10, 100)).toMatchObject({ rate: 10, secondsLeft: 9 });
});

test('reports at most ten times a second, but always the first and the last', () => {
  const { meter, advance } = meterWithClock();
  const reports = [];
  for (let done = 0; done <= 1000; done++) {
    reports.push(meter.update('decode', done, 1000));
    advance(1);
  }
  const sent = reports.filter((report) => report !== null);
  expect(sent).toHaveLength(11);
  expect(sent[0]?.done).toBe(0);
  expect(sent.at(-1)).toMatchObject({ done: 1000, secondsLeft: 0 });
});

test('a new phase starts afresh', () => {
  const { meter, advance } = meterWithClock();
  meter.update('tokenizer', 0, 10);
  advance(1000);
  meter.update('tokenizer', 10, 10);
  expect(meter.update('gpt', 5, 10)).toMatchObject({ phase: 'gpt', rate: 0, secondsLeft: null });
  advance(1000);
  expect(meter.update('gpt', 6, 10)).toMatchObject({ rate: 1, secondsLeft: 4 });
});

test('work taken up in the middle counts only what was done since', () => {
  const { meter, advance } = meterWithClock();
  meter.update('gpt', 500, 1000);
  advance(10_000);
  expect(meter.update('gpt', 600, 1000)).toMatchObject({ rate: 10, secondsLeft: 40 });
});

test('the pace of long ago is forgotten', () => {
  const { meter, advance } = meterWithClock();
  let done = 0;
  for (let i = 0; i < 60; i++, advance(1000)) meter.update('x', (done += 100), 1e6);
  for (let i = 0; i < 60; i++, advance(1000)) meter.update('x', (done += 1), 1e6);
  expect(meter.update('x', done + 1, 1e6)?.rate).toBeLessThan(1.5);
});

test('a phase that does not know how much there is has no time left', () => {
  const { meter } = meterWithClock();
  expect(meter.update('scan', 0, 0)).toMatchObject({ total: 0, secondsLeft: null });
});
