/**
 * Time and peak memory of a gradient when blocks are kept for the backward pass, and when they are computed again:
 * node bench/recompute.ts [threads]. Each way runs in a process of its own, since a peak never goes down.
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { generateFeeds } from '#main/ml/gpt/batches.ts';
import { gptTask } from '#main/ml/gpt/training-task.ts';
import { buildGradientGraph } from '#main/ml/training/gradient-graph.ts';
import { Session } from '#main/workers/runtime/session.ts';
import { Random } from '#shared/domain/random.ts';
import { randomExample } from './default-gpt.ts';
import { benchGpt, gptNames, type GptName } from './peers/task.ts';

const RUNS = 8;
const CLIPS = 4;

interface Measured {
  ms: number;
  peakMb: number;
}

async function measure(name: GptName, recompute: boolean, threads: number): Promise<Measured> {
  const shape = benchGpt(name, 'frame');
  const task = gptTask('generate', shape, { batch: CLIPS });
  const { model } = buildGradientGraph(task, { recompute });
  const session = await Session.create(model, { device: 'cpu', threads });
  const random = Random.seeded(1);
  const examples = Array.from({ length: CLIPS }, () => randomExample(shape, random));
  const weights = Object.fromEntries(task.parameters.initialise(1));
  const feeds = { ...weights, ...generateFeeds(examples, shape, { batch: CLIPS, random }) };
  let ms = Infinity;
  for (let run = 0; run < RUNS; run++) {
    const start = performance.now();
    await session.run(feeds);
    ms = Math.min(ms, performance.now() - start);
  }
  await session.dispose();
  return { ms, peakMb: process.resourceUsage().maxRSS / 1024 };
}

function measureApart(...args: string[]): Measured {
  const output = execFileSync(process.execPath, [fileURLToPath(import.meta.url), '--apart', ...args]);
  return JSON.parse(output.toString()) as Measured;
}

if (process.argv[2] === '--apart') {
  const [name, way, threads] = process.argv.slice(3);
  console.log(JSON.stringify(await measure(name as GptName, way === 'again', Number(threads))));
} else {
  const threads = process.argv[2] ?? '2';
  for (const name of gptNames) {
    const [kept, again] = [measureApart(name, 'kept', threads), measureApart(name, 'again', threads)];
    const words = ({ ms, peakMb }: Measured) => `${ms.toFixed(0)} ms, ${peakMb.toFixed(0)} MB`;
    console.log(
      `GPT ${name.padEnd(3)} frame order, gradient of ${CLIPS} clips: kept ${words(kept)}; computed again ${words(again)}; ` +
        `time × ${(again.ms / kept.ms).toFixed(2)}, memory × ${(again.peakMb / kept.peakMb).toFixed(2)}`,
    );
  }
}
