/**
 * Large codebooks are predicted in factors: a token of 64,000 is a pair of one in 512 and one in 125, each with logits of its own,
 * which are independent given what the model has read (Yu et al. 2023, arXiv:2310.05737, §3.2: “token factorization”). FSQ
 * makes this natural: a factor is a few of its channels. The model then has 637 rows and columns instead of 64,000.
 */
import type { Value } from '../onnx/graph.ts';
import * as op from '../onnx/ops.ts';

/** Codebooks up to this size are predicted whole. */
const LARGEST = 1024;

/** Sizes of the factors, the one that changes fastest first; their product is the size of the codebook. */
export function codeFactors(levels: readonly number[]): number[] {
  const factors: number[] = [];
  for (const count of levels) {
    const last = factors.at(-1);
    if (last !== undefined && last * count <= LARGEST) factors[factors.length - 1] = last * count;
    else factors.push(count);
  }
  return factors;
}

/** The token that its factors make up. */
export function tokenOfFactors(parts: readonly number[], factors: readonly number[]): number {
  return parts.reduceRight((token, part, i) => token * factors[i]! + part, 0);
}

/**
 * Tokens [...], int32 → each factor of them, [...], int32. The token one past the codebook, which is the mask, has the last
 * factor one past its size, and the others 0.
 */
export function factorsOf(tokens: Value, factors: readonly number[]): Value[] {
  if (factors.length === 1) return [tokens];
  const parts: Value[] = [];
  let rest = op.cast(tokens, 'float32');
  factors.slice(0, -1).forEach((size) => {
    // Half a token more keeps the quotient away from whole numbers, where it could be rounded either way.
    const quotient = op.floor(op.mul(op.add(rest, 0.5), 1 / size));
    parts.push(op.cast(op.sub(rest, op.mul(quotient, size)), 'int32'));
    rest = quotient;
  });
  parts.push(op.cast(rest, 'int32'));
  return parts;
}

/** Where each factor begins in a row of logits or a table of embeddings. */
export const offsetsOf = (factors: readonly number[]): number[] =>
  factors.map((_, i) => factors.slice(0, i).reduce((sum, size) => sum + size, 0));
