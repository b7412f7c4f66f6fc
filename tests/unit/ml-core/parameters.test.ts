/** Parameters and rotary tables: what needs no runtime to check. */
import { describe, expect, it } from 'vitest';
import { decays, ParameterSet } from '#main/ml/nn/parameters.ts';
import { pairsOfTYX, rotaryTables } from '#main/ml/nn/rotary.ts';
import { Graph } from '#main/ml/onnx/graph.ts';

describe('parameters', () => {
  const declare = (extra: boolean) => {
    const set = new ParameterSet();
    if (extra) set.matrix('extra', [3, 3], 1);
    set.matrix('w', [100, 100], 0.1);
    set.ones('gain', [4]);
    set.zeros('bias', [4]);
    return set;
  };

  it('start values depend on seed and name only', () => {
    const [one, two] = [declare(false).initialise(1), declare(true).initialise(1)];
    expect(one.get('w')).toEqual(two.get('w'));
    expect(one.get('w')).not.toEqual(declare(false).initialise(2).get('w'));
    expect(one.get('gain')).toEqual(Float32Array.of(1, 1, 1, 1));
    const values = one.get('w')!;
    const std = Math.sqrt(values.reduce((sum, x) => sum + x * x, 0) / values.length);
    expect(std).toBeCloseTo(0.1, 2);
  });

  it('decay as matrices and heads, not as embeddings, gains and biases', () => {
    const set = declare(false);
    set.embedding('table', [2, 2], 1);
    set.head('head', [2, 2], 1);
    expect(set.specs.filter(decays).map(({ name }) => name)).toEqual(['w', 'head']);
  });

  it('become inputs of a graph when asked for, once', () => {
    const graph = new Graph();
    const bound = declare(false).asInputs(graph);
    expect(bound.get('w')).toBe(bound.get('w'));
    expect(graph.inputs.map(({ name }) => name)).toEqual(['w']);
    expect(() => bound.get('nothing')).toThrow('“nothing” is not declared');
  });

  it('refuse a name twice', () => {
    expect(() => declare(false).ones('w', [1])).toThrow('“w” is declared twice');
  });
});

describe('rotary tables', () => {
  it('turn each pair with its own coordinate', () => {
    const { cos, sin } = rotaryTables(
      [
        [0, 0],
        [2, 3],
      ],
      [1, 2],
      100,
    );
    expect([...cos.slice(0, 3)]).toEqual([1, 1, 1]);
    expect(sin[3]).toBeCloseTo(Math.sin(2));
    expect(sin[4]).toBeCloseTo(Math.sin(3));
    expect(sin[5]).toBeCloseTo(Math.sin(0.3));
  });

  it('fill the head', () => {
    for (const size of [16, 32, 48, 64, 96])
      expect(pairsOfTYX(size).reduce((sum, count) => sum + count)).toBe(size / 2);
  });
});
