import { expect, test } from 'vitest';
import { Random } from '#shared/domain/random.ts';
import { createTimeLeft, type PlannedWork } from '#main/workers/runtime/time-left.ts';

/** A job as it really went: activities in order, each with the seconds it took. */
type Timeline = [activity: string, seconds: number][];

/** Plays a timeline; gives at each piece how far the foretold end was off, as a share of what was really left. */
function play(plan: PlannedWork[], timeline: Timeline, settle = 0) {
  let time = 0;
  const timeLeft = createTimeLeft(plan, () => 1000 * time);
  const total = timeline.reduce((sum, [, seconds]) => sum + seconds, 0);
  const deviations: number[] = [];
  for (const [i, [activity, seconds]] of timeline.entries()) {
    time += seconds;
    timeLeft.did(activity);
    const left = timeLeft.seconds();
    if (i >= settle && i < timeline.length - 2 && left !== null) deviations.push(left / (total - time) - 1);
  }
  return { deviations, timeLeft, worst: Math.max(...deviations.map(Math.abs)) };
}

/** Two stages with evaluations and checkpoints between the steps, as a training run goes; steps tremble by a tenth. */
function trainingTimeline(stepSeconds: { tokenizer: number; gpt: number }, seed = 1): Timeline {
  const random = Random.seeded(seed);
  const about = (seconds: number) => seconds * (0.9 + 0.2 * random.uniform());
  const stage = (name: 'tokenizer' | 'gpt', steps: number): Timeline => [
    [`open-${name}`, about(1)],
    ...Array.from({ length: steps }, (_, i): Timeline => [
      [`train-${name}`, about(stepSeconds[name])],
      ...(i % 20 === 19
        ? ([
            [`evaluate-${name}`, about(2)],
            [`save-${name}`, about(0.5)],
          ] as Timeline)
        : []),
    ]).flat(),
  ];
  return [
    ...Array.from({ length: 50 }, (): Timeline[number] => ['decode', about(0.3)]),
    ...stage('tokenizer', 200),
    ...Array.from({ length: 50 }, (): Timeline[number] => ['encode', about(0.05)]),
    ...stage('gpt', 300),
  ];
}

function trainingPlan(seconds: Partial<Record<string, number>>): PlannedWork[] {
  const counts = trainingTimeline({ tokenizer: 1, gpt: 1 }).reduce(
    (sum, [activity]) => sum.set(activity, (sum.get(activity) ?? 0) + 1),
    new Map<string, number>(),
  );
  return [...counts].map(([activity, count]) => ({
    phase: activity.replace(/^(open|train|evaluate|save)-/, ''),
    activity,
    count,
    seconds: seconds[activity] ?? null,
  }));
}

const measured = {
  decode: 0.3,
  'open-tokenizer': 1,
  'train-tokenizer': 0.4,
  'evaluate-tokenizer': 2,
  'save-tokenizer': 0.5,
  encode: 0.05,
  'open-gpt': 1,
  'train-gpt': 0.7,
  'evaluate-gpt': 2,
  'save-gpt': 0.5,
};

test('with true costs the end of the whole job is foretold from the first piece on', () => {
  const { worst, deviations } = play(trainingPlan(measured), trainingTimeline({ tokenizer: 0.4, gpt: 0.7 }));
  expect(deviations.length).toBeGreaterThan(500);
  expect(worst).toBeLessThan(0.15);
});

test('where the costs of before are wrong by half, those of the job itself take over within a phase', () => {
  const timeline = trainingTimeline({ tokenizer: 0.4, gpt: 1.05 });
  const gptBegins = timeline.findIndex(([activity]) => activity === 'train-gpt');
  const { worst } = play(trainingPlan(measured), timeline, gptBegins + 100);
  expect(worst).toBeLessThan(0.15);
});

test('with nothing measured before, nothing is said until every kind of work was met; then it holds', () => {
  const timeline = trainingTimeline({ tokenizer: 0.4, gpt: 0.7 });
  const { deviations, worst } = play(trainingPlan({}), timeline);
  const met = timeline.findIndex(([activity]) => activity === 'save-gpt');
  expect(deviations).toHaveLength(timeline.length - 2 - met);
  expect(worst).toBeLessThan(0.15);
});

test('a change of pace in the middle is followed', () => {
  const slow = trainingTimeline({ tokenizer: 0.4, gpt: 0.7 });
  const middle = slow.length - 150;
  const timeline = slow.map(([activity, seconds], i): Timeline[number] => [
    activity,
    i > middle ? 2 * seconds : seconds,
  ]);
  const { deviations } = play(trainingPlan(measured), timeline);
  expect(Math.abs(deviations.at(-20)!)).toBeLessThan(0.15);
});

test('what is left out of an earlier phase is not waited for', () => {
  let time = 0;
  const work = (phase: string, count: number) => ({ phase, activity: phase, count, seconds: 1 });
  const timeLeft = createTimeLeft([work('encode', 100), work('train', 10)], () => time);
  expect(timeLeft.seconds()).toBe(110);
  time += 1000;
  timeLeft.did('train');
  expect(timeLeft.seconds()).toBeCloseTo(9);
  expect(timeLeft.share()).toBeCloseTo(0.1);
  expect(timeLeft.rate('train')).toBeCloseTo(1);
  expect(timeLeft.took()).toContainEqual({ activity: 'encode', count: 0, seconds: 0 });
});
