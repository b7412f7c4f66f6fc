/** Factors of tokens as a graph computes them: exact for every token of a large codebook, and for the mask. */
import { expect, it } from 'vitest';
import { factorsOf, tokenOfFactors } from '#main/ml/gpt/code-factors.ts';
import { encodeModel } from '#main/ml/onnx/encode.ts';
import { Graph } from '#main/ml/onnx/graph.ts';
import { Session } from '#main/workers/runtime/session.ts';

it.each([[[512, 125]], [[875, 5]], [[64, 64, 16]]])('takes every token apart into %j', async (factors) => {
  const codes = factors.reduce((product, size) => product * size, 1);
  const graph = new Graph();
  const tokens = graph.input('tokens', 'int32', [codes + 1]);
  factorsOf(tokens, factors).forEach((factor, i) => graph.output(`factor-${i}`, factor));
  const session = await Session.create(encodeModel(graph), { device: 'cpu', threads: 1 });
  const all = Int32Array.from({ length: codes + 1 }, (_, token) => token);
  const parts = await session.run({ tokens: all });
  await session.dispose();
  const partsOf = (token: number) => factors.map((_, i) => Number(parts[`factor-${i}`]![token]));
  const wrong = [...all.subarray(0, codes)].filter(
    (token) =>
      tokenOfFactors(partsOf(token), factors) !== token ||
      partsOf(token).some((part, i) => part < 0 || part >= factors[i]!),
  );
  expect(wrong).toEqual([]);
  const last = factors.length - 1;
  expect(partsOf(codes)).toEqual(factors.map((size, i) => (i === last ? size : 0)));
});
