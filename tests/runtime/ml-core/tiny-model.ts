/** A very small Transformer that has everything a GPT trains through, for tests of training as a whole. */
import { attend, joinHeads, maskFrom, splitHeads } from '#main/ml/nn/attention.ts';
import { Dropout } from '#main/ml/nn/dropout.ts';
import { embedding, linear, rmsNorm, swiglu } from '#main/ml/nn/layers.ts';
import { crossEntropy } from '#main/ml/nn/losses.ts';
import { ParameterSet } from '#main/ml/nn/parameters.ts';
import { rotaryTables, rotate } from '#main/ml/nn/rotary.ts';
import type { Lowering, Value } from '#main/ml/onnx/graph.ts';
import * as op from '#main/ml/onnx/ops.ts';
import type { BatchTypes, Task } from '#main/ml/training/gradient-graph.ts';
import { Random } from '#shared/domain/random.ts';

const [batch, length, width, words] = [2, 6, 16, 20];

export const tinyParameters = new ParameterSet();
tinyParameters.matrix('embedding', [words, width], 0.3);
tinyParameters.ones('norm', [width]);
tinyParameters.matrix('qkv', [width, 3 * width], 0.2);
tinyParameters.matrix('gateUp', [width, 64], 0.2);
tinyParameters.matrix('down', [32, width], 0.2);
tinyParameters.matrix('head', [width, words], 0.2);

const inputs = {
  words: { dtype: 'int32', shape: [batch, length] },
  targets: { dtype: 'int32', shape: [batch * length] },
  weights: { dtype: 'float32', shape: [batch * length] },
  seed: { dtype: 'int32', shape: [] },
} as const satisfies BatchTypes;

export function tinyTask(lowering: Lowering): Task<typeof inputs> {
  return {
    parameters: tinyParameters,
    lowering,
    inputs,
    loss(graph, bound, feeds) {
      const dropout = new Dropout(0.1, feeds.seed);
      const positions = Array.from({ length }, (_, i) => [i >> 1, i & 1]);
      const tables = rotaryTables(positions, [2, 2]);
      const cos = graph.constant('float32', [length, 4], tables.cos);
      const sin = graph.constant('float32', [length, 4], tables.sin);
      let x = embedding(bound.get('embedding'), feeds.words);
      const qkv = op.split(linear(rmsNorm(x, bound.get('norm')), bound.get('qkv')), -1, [
        width,
        width,
        width,
      ]);
      const [q, k, v] = qkv.map((part) => splitHeads(part, 2)) as [Value, Value, Value];
      const mask = maskFrom(graph, length, length, (query, key) => key <= query);
      const seen = attend(rotate(rmsNorm(q), cos, sin), rotate(rmsNorm(k), cos, sin), v, { mask });
      x = op.add(x, dropout.apply(joinHeads(seen)));
      x = op.add(x, dropout.apply(swiglu(rmsNorm(x), bound.get('gateUp'), bound.get('down'))));
      const logits = op.reshape(linear(rmsNorm(x), bound.get('head')), [batch * length, words]);
      const loss = crossEntropy(logits, feeds.targets, feeds.weights);
      return { loss, metrics: { largest: op.reduceMax(logits) } };
    },
  };
}

export function tinyBatch(step: number) {
  const random = Random.seeded(step, 'tiny batch');
  const count = batch * length;
  return {
    words: Int32Array.from({ length: count }, () => random.integer(words)),
    targets: Int32Array.from({ length: count }, () => random.integer(words)),
    weights: Float32Array.from({ length: count }, () => random.integer(2) + 0.5),
    seed: Int32Array.of(random.uint32()),
  };
}
