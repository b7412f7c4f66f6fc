/** Matrices that stand side by side in one parameter are updated by Muon as if each were a parameter of its own. */
import { expect, it } from 'vitest';
import { ParameterSet } from '#main/ml/nn/parameters.ts';
import { Random } from '#shared/domain/random.ts';
import { HostParameters } from '#main/workers/runtime/host-parameters.ts';
import { initialState } from '#main/workers/runtime/trainer.ts';
import { optimizerConfig } from '#shared/domain/optimizer-config.ts';

const [rows, width, count] = [6, 4, 3];
const optimizer = optimizerConfig.parse({ kind: 'muon', clipNorm: 0 });

/** Columns `at * width …` of a matrix that is `count` times as wide. */
const block = (values: Float32Array, at: number) =>
  Float32Array.from({ length: rows * width }, (_, i) => {
    const [row, column] = [Math.floor(i / width), i % width];
    return values[row * count * width + at * width + column]!;
  });

async function updated(
  parameters: ParameterSet,
  start: Map<string, Float32Array>,
  gradients: Map<string, Float32Array>,
) {
  const compute = { device: 'cpu', threads: 1 } as const;
  const store = await HostParameters.create(
    { compute, parameters, optimizer },
    initialState(parameters, optimizer, start),
  );
  for (let step = 1; step <= 2; step++) {
    for (const [name, gradient] of gradients) {
      const target = store.gradientTarget(name);
      (target.data as Float32Array).set(gradient);
      await store.addGradients(new Map([[name, target]]));
    }
    await store.update({ step, learningRate: 0.1, microBatches: 1 });
  }
  const { weights } = await store.export();
  await store.dispose();
  return weights;
}

it('each for itself', async () => {
  const random = Random.seeded(1);
  const normal = () => Float32Array.from({ length: rows * width * count }, () => random.normal());
  const [weight, gradient] = [normal(), normal()];

  const together = new ParameterSet();
  together.matrix('all', [rows, count * width], 1, count);
  const all = await updated(together, new Map([['all', weight]]), new Map([['all', gradient]]));

  const names = ['a', 'b', 'c'];
  const apart = new ParameterSet();
  for (const name of names) apart.matrix(name, [rows, width], 1);
  const parts = (values: Float32Array) => new Map(names.map((name, i) => [name, block(values, i)]));
  const each = await updated(apart, parts(weight), parts(gradient));

  names.forEach((name, i) => {
    const found = block(all.get('all')!, i);
    each.get(name)!.forEach((value, k) => expect(found[k]).toBeCloseTo(value, 5));
  });

  const fused = new ParameterSet();
  fused.matrix('all', [rows, count * width], 1);
  const whole = await updated(fused, new Map([['all', weight]]), new Map([['all', gradient]]));
  expect(Math.abs(whole.get('all')![0]! - all.get('all')![0]!)).toBeGreaterThan(1e-3);
});
