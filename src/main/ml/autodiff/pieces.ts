/**
 * Gradients of slices. Each slice of a value gives the gradient of a stretch of it; padded to full size and added up, each
 * would cost passes over the whole value. Here only what overlaps is added, and the stretches are joined once.
 */
import type { Shape } from '../onnx/dtype.ts';
import type { Value } from '../onnx/graph.ts';
import { fill } from '../onnx/ops/indexing.ts';
import * as op from '../onnx/ops.ts';

/** The gradient of the elements from `start` on along `axis`, as many as `value` has; elsewhere it is zero. */
export interface Piece {
  readonly axis: number;
  readonly start: number;
  readonly value: Value;
}

/** The sum of pieces along one axis, filled up with zeros to `shape`. */
export function joinPieces(pieces: readonly Piece[], shape: Shape): Value {
  const { axis } = pieces[0]!;
  // The short ones first: what is merged again and again stays small.
  const ascending = addEqualStretches(pieces).toSorted((a, b) => lengthOf(a) - lengthOf(b));
  let disjoint: Piece[] = [];
  for (let piece of ascending) {
    for (const other of disjoint.filter((candidate) => overlap(candidate, piece)))
      piece = merge(piece, other);
    disjoint = [...disjoint.filter((other) => !overlap(other, piece)), piece];
  }
  const parts: Value[] = [];
  let filled = 0;
  const fillUpTo = (end: number) => {
    if (end > filled) parts.push(zeros(pieces[0]!, end - filled));
  };
  for (const piece of disjoint.toSorted((a, b) => a.start - b.start)) {
    fillUpTo(piece.start);
    parts.push(piece.value);
    filled = endOf(piece);
  }
  fillUpTo(shape[axis]!);
  return op.concat(parts, axis);
}

function addEqualStretches(pieces: readonly Piece[]): Piece[] {
  const sums = new Map<string, Piece>();
  for (const piece of pieces) {
    const key = `${piece.start}+${lengthOf(piece)}`;
    const known = sums.get(key);
    sums.set(key, known === undefined ? piece : { ...piece, value: op.add(known.value, piece.value) });
  }
  return [...sums.values()];
}

/** Two overlapping pieces as one: cut where either begins or ends, added where both are, joined again. */
function merge(a: Piece, b: Piece): Piece {
  const cuts = [...new Set([a.start, b.start, endOf(a), endOf(b)])].sort((x, y) => x - y);
  const parts = cuts.slice(1).map((end, i) => {
    const start = cuts[i]!;
    const [first, second] = [a, b].filter((piece) => piece.start <= start && end <= endOf(piece));
    const part = (piece: Piece) => op.slice(piece.value, piece.axis, start - piece.start, end - piece.start);
    return second === undefined ? part(first!) : op.add(part(first!), part(second));
  });
  return { axis: a.axis, start: cuts[0]!, value: op.concat(parts, a.axis) };
}

const lengthOf = ({ axis, value }: Piece) => value.shape[axis]!;
const endOf = (piece: Piece) => piece.start + lengthOf(piece);
const overlap = (a: Piece, b: Piece) => a.start < endOf(b) && b.start < endOf(a);

function zeros({ axis, value }: Piece, length: number): Value {
  return fill(
    value.graph,
    value.shape.map((size, i) => (i === axis ? length : size)),
    0,
  );
}
