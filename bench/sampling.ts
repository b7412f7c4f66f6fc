/** Time to sample a clip with the default GPT, guidance included, up to its tokens: node bench/sampling.ts [threads] */
import { gptParameters } from '#main/ml/gpt/parameters.ts';
import { Random } from '#shared/domain/random.ts';
import { VideoSampler } from '#main/workers/generate/video-sampler.ts';
import { sampling } from '#shared/contract/generation.ts';
import { defaultGptShape, randomExample } from './default-gpt.ts';

const threads = Number(process.argv[2] ?? 2);
const RUNS = 3;

for (const order of ['frame', 'raster'] as const) {
  const shape = defaultGptShape(order);
  const random = Random.seeded(1);
  const weights = gptParameters(shape).initialise(1);
  const { text } = randomExample(shape, random);
  const settings = sampling.parse({});
  for (let run = 0; run < RUNS; run++) {
    const start = performance.now();
    const seconds = () => `${((performance.now() - start) / 1000).toFixed(2)} s`;
    const request = { prompt: { text }, settings, seeds: [settings.seed] };
    const sampler = await VideoSampler.create(weights, shape, request, { device: 'cpu', threads });
    const marks = [`sessions ${seconds()}`];
    let frame = 0;
    for await (const _ of sampler.frames()) if (frame++ === 0) marks.push(`first frame ${seconds()}`);
    marks.push(`all ${frame} latent frames ${seconds()}`);
    console.log(
      `${order.padEnd(6)} guidance ${settings.guidance}, ${settings.steps} steps: ${marks.join(', ')}`,
    );
    await sampler.dispose();
  }
}
