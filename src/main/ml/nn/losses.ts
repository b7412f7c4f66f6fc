/** Losses over batches of predictions. */
import type { Value } from '../onnx/graph.ts';
import * as op from '../onnx/ops.ts';

/** −log p(target) for each row: logits [N, C] and class ids [N] → [N], in nats. */
export function tokenLosses(logits_NC: Value, targets_N: Value): Value {
  const logProbabilities_NC = op.logSoftmax(logits_NC);
  const [rows] = targets_N.shape as [number];
  const picked_N1 = op.gatherElements(logProbabilities_NC, op.reshape(targets_N, [rows, 1]), 1);
  return op.neg(op.reshape(picked_N1, [rows]));
}

/** Mean of −log p(target), weighted by `weights` [N] (all 1 when left out); 0 when all weights are 0. */
export function crossEntropy(logits_NC: Value, targets_N: Value, weights_N?: Value): Value {
  const losses_N = tokenLosses(logits_NC, targets_N);
  if (weights_N === undefined) return op.reduceMean(losses_N);
  const total = op.reduceSum(op.mul(losses_N, weights_N));
  return op.div(total, op.maximum(op.reduceSum(weights_N), 1e-8));
}
