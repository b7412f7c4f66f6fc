/** Our side of the comparison, as a process of its own: node bench/peers/ours.ts FOLDER */
import { buildGradientGraph } from '#main/ml/training/gradient-graph.ts';
import { initialState, Trainer } from '#main/workers/runtime/trainer.ts';
import { answer } from './answer.ts';
import { parametersOf, readTask, trainingTask } from './task.ts';

const { task, weights, batches } = readTask(process.argv[2]!);
const parameters = parametersOf(task);
const begin = performance.now();
const graph = buildGradientGraph(trainingTask(task, task.clips));
const graphMs = performance.now() - begin;
const trainer = await Trainer.create(
  {
    compute: { device: 'cpu', threads: task.threads },
    parameters,
    optimizer: task.optimizer,
    tasks: { step: graph },
  },
  initialState(parameters, task.optimizer, weights),
);
const sessionMs = performance.now() - begin - graphMs;

/** Each step has the next batch and the next learning rate. */
async function step() {
  const { step: done } = trainer;
  const start = performance.now();
  const { loss } = await trainer.accumulate('step', batches[done % batches.length]!);
  const middle = performance.now();
  const { gradientNorm } = await trainer.update(task.rates[Math.min(done, task.rates.length - 1)]!);
  const end = performance.now();
  return { loss, gradientNorm, stepMs: end - start, gradientMs: middle - start, updateMs: end - middle };
}

async function steps({ count }: { count?: unknown }) {
  const done: Awaited<ReturnType<typeof step>>[] = [];
  while (done.length < Number(count)) done.push(await step());
  return done;
}

const peakMb = () => process.resourceUsage().maxRSS / 1024;

await answer(
  {
    trace: async (command) => {
      const done = await steps(command);
      return { losses: done.map(({ loss }) => loss), norms: done.map(({ gradientNorm }) => gradientNorm) };
    },
    steps: async (command) => {
      const done = await steps(command);
      return { stepMs: done.map(({ stepMs }) => stepMs), peakMb: peakMb() };
    },
    parts: async (command) => {
      const done = await steps(command);
      return {
        gradientMs: done.map(({ gradientMs }) => gradientMs),
        updateMs: done.map(({ updateMs }) => updateMs),
      };
    },
  },
  { graphMs, sessionMs, flops: graph.flops, parameters: parameters.size, peakMb: peakMb() },
);
await trainer.dispose();
