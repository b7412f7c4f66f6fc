/**
 * The backbone of the video GPT: a pre-norm Transformer with RMSNorm, SwiGLU, QK-norm and rotary positions. What a token
 * may look at is up to the caller (see `sequences.ts` for training, `inference.ts` for the KV cache).
 *
 * Shapes: B clips, S tokens of the sequence, D width, H heads, K = D/H.
 */
import type { Graph, Value } from '../onnx/graph.ts';
import * as op from '../onnx/ops.ts';
import { joinHeads, splitHeads, type Heads } from '../nn/attention.ts';
import type { Dropout } from '../nn/dropout.ts';
import { embedding, linears, rmsNorm, swiglu } from '../nn/layers.ts';
import { multiply } from '../nn/linear-weight.ts';
import type { BoundParameters } from '../nn/parameters.ts';
import { rotate } from '../nn/rotary.ts';
import { factorsOf, offsetsOf } from './code-factors.ts';
import { tasks, type GptTask } from './parameters.ts';
import type { Rotation } from './positions.ts';
import type { GptShape } from './shape.ts';

/**
 * Gives for each query what it sees, [B, H, S, K]. In the last block it may do so for the last few tokens only: the others
 * have given their keys and values, and go no further.
 */
export type Attend = (heads: Heads, block: number) => Value;

export class Gpt {
  readonly shape: GptShape;
  readonly graph: Graph;
  readonly #parameters: BoundParameters;
  readonly #dropout: Dropout;

  constructor(shape: GptShape, graph: Graph, parameters: BoundParameters, dropout: Dropout) {
    this.shape = shape;
    this.graph = graph;
    this.#parameters = parameters;
    this.#dropout = dropout;
  }

  /** One task for all clips → [B, 1, D] */
  embedTask(task: GptTask, batch: number): Value {
    return this.embedTasks(
      this.graph.tensor('int32', [batch, 1], new Array<number>(batch).fill(tasks[task])),
    );
  }

  /** Rows of the tasks [B, 1] → [B, 1, D] */
  embedTasks(rows_B1: Value): Value {
    return embedding(this.#parameters.get('embedding.task'), rows_B1);
  }

  /** Sentence features [B, F] → [B, 1, D]; zeros stay zeros. */
  embedFeature(feature_BF: Value): Value {
    const projected = op.matmul(feature_BF, this.#parameters.get('embedding.feature'));
    return op.reshape(projected, [feature_BF.shape[0]!, 1, this.shape.width]);
  }

  /** Text tokens [B, S] → [B, S, D] */
  embedText(tokens_BS: Value): Value {
    return embedding(this.#parameters.get('embedding.text'), tokens_BS);
  }

  /** Video tokens or masks [B, S] → [B, S, D] */
  embedVideo(tokens_BS: Value): Value {
    const { codeFactors } = this.shape;
    const table = this.#parameters.get('embedding.video');
    const offsets = offsetsOf(codeFactors);
    return factorsOf(tokens_BS, codeFactors)
      .map((factor_BS, i) => embedding(table, offsets[i] === 0 ? factor_BS : op.add(factor_BS, offsets[i]!)))
      .reduce(op.add);
  }

  /** [B, S, D] → [B, S, D] of the tokens that `attend` kept, normalised for the heads. */
  transform(embedded_BSD: Value, rotation: Rotation, attend: Attend): Value {
    let x = this.#dropout.apply(embedded_BSD);
    for (let i = 0; i < this.shape.depth; i++) {
      x = this.graph.segment(`block.${i}`, () => {
        const gain = (name: string) => this.#parameters.get(`block.${i}.${name}`);
        const weight = (name: string) => this.#parameters.weight(`block.${i}.${name}`);
        const attended = this.#attention(rmsNorm(x, gain('attention.norm')), i, rotation, (heads) =>
          attend(heads, i),
        );
        const kept = op.slice(x, 1, x.shape[1]! - attended.shape[1]!);
        const y = op.add(kept, this.#dropout.apply(attended));
        const normed = rmsNorm(y, gain('feedForward.norm'));
        const fed = swiglu(normed, weight('feedForward.gateUp'), weight('feedForward.down'));
        return op.add(y, this.#dropout.apply(fed));
      });
    }
    return rmsNorm(x, this.#parameters.get('norm'));
  }

  /** Logits over the factors of the codebook, one after the other, [B, S, videoLogits]. */
  videoLogits(x_BSD: Value): Value {
    return op.matmul(x_BSD, this.#parameters.get('head.video'));
  }

  /** Logits over the text vocabulary, [B, S, textVocabulary]. */
  textLogits(x_BSD: Value): Value {
    return op.matmul(x_BSD, this.#parameters.get('head.text'));
  }

  #attention(x_BSD: Value, block: number, { cos, sin }: Rotation, attend: (heads: Heads) => Value): Value {
    const { width, heads } = this.shape;
    const gain = (name: string) => this.#parameters.get(`block.${block}.attention.${name}`);
    const weight = (name: string) => this.#parameters.weight(`block.${block}.attention.${name}`);
    const qkv = linears(x_BSD, weight('qkv'), [width, width, width]);
    const [q, k, v] = qkv.map((part) => splitHeads(part, heads)) as [Value, Value, Value];
    const seen = attend({
      q: rotate(rmsNorm(q, gain('queryNorm')), cos, sin),
      k: rotate(rmsNorm(k, gain('keyNorm')), cos, sin),
      v,
    });
    return multiply(joinHeads(seen), weight('out'));
  }
}
