/** What a clip of the shipped base model takes, pixels included, by preset: node bench/base-model.ts [threads] [package or run] */
import { baseModelFolder } from '#main/engine/app-paths.ts';
import { loadModel } from '#main/workers/runtime/load-checkpoint.ts';
import { VideoSampler } from '#main/workers/generate/video-sampler.ts';
import { chooseSettings, samplingPreset } from '#shared/domain/sampling-presets.ts';

const RUNS = 3;
const threads = Number(process.argv[2] ?? 2);
const compute = { device: 'cpu', threads } as const;
const start = performance.now();
const model = await loadModel(process.argv[3] ?? baseModelFolder, compute, console.error);
const prompt = await model.prompts.read('a penguin');
console.log(`model and prompt read in ${(performance.now() - start).toFixed()} ms`);

for (const preset of samplingPreset.options) {
  for (const guidance of [1, undefined]) {
    for (const takes of [1, 4]) {
      const settings = chooseSettings(preset, guidance === undefined ? {} : { guidance });
      const seeds = Array.from({ length: takes }, (_, i) => i + 1);
      const request = { prompt, settings, seeds };
      const sampler = await VideoSampler.create(model.gptWeights, model.gptShape, request, compute);
      let best = { first: Infinity, all: Infinity };
      for (let run = 0; run < RUNS; run++) {
        const began = performance.now();
        const tokens = seeds.map((): number[] => []);
        let first = 0;
        for await (const frames of sampler.frames()) {
          for (const [take, frame] of frames.entries()) {
            tokens[take]!.push(...frame.tokens);
            await model.tokenizer.decode(tokens[take]!);
          }
          if (first === 0) first = performance.now() - began;
        }
        best = { first: Math.min(best.first, first), all: Math.min(best.all, performance.now() - began) };
      }
      await sampler.dispose();
      console.log(
        `${preset.padEnd(8)} ${settings.steps} steps, guidance ${settings.guidance}, ${takes} take${takes > 1 ? 's' : ' '}:` +
          ` first frame ${best.first.toFixed()} ms, all ${best.all.toFixed()} ms, ${(best.all / takes).toFixed()} ms a take`,
      );
    }
  }
}
await model.tokenizer.dispose();
