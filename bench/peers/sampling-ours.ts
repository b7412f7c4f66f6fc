/** Our sampler beside those of the peers, as a process of its own: node bench/peers/sampling-ours.ts FOLDER */
import { VideoSampler } from '#main/workers/generate/video-sampler.ts';
import { answer } from './answer.ts';
import { readSamplingTask } from './sampling-task.ts';

const { task, weights } = readSamplingTask(process.argv[2]!);
const begin = performance.now();
const sampler = await VideoSampler.create(
  weights,
  task.shape,
  {
    prompt: { text: Int32Array.from(task.text[0]!) },
    settings: task.sampling,
    seeds: [task.sampling.seed],
  },
  {
    device: 'cpu',
    threads: task.threads,
  },
);
const sessionMs = performance.now() - begin;

await answer(
  {
    sample: async () => {
      const start = performance.now();
      const tokens: number[] = [];
      const marks: number[] = [];
      for await (const [frame] of sampler.frames()) {
        tokens.push(...frame!.tokens);
        marks.push(performance.now() - start);
      }
      const peakMb = process.resourceUsage().maxRSS / 1024;
      return { firstMs: marks[0], allMs: marks.at(-1), tokens, peakMb };
    },
  },
  { sessionMs },
);
await sampler.dispose();
