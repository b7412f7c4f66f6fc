/** Bare matrix products of a model's sizes, as a process that takes turns with the trainers: node bench/peers/ceiling.ts FOLDER */
import { matmulCeiling, type ProductShape } from '../matmul-ceiling.ts';
import { answer } from './answer.ts';
import { readTask, type BenchTask } from './task.ts';

/** The large linear maps of a model on all tokens of a micro-batch. */
function productsOf({ clips, ...model }: BenchTask): ProductShape[] {
  const { width, innerWidth } = model.shape;
  const ofBlock = (rows: number): ProductShape[] => [
    [rows, width, 3 * width],
    [rows, width, 2 * innerWidth],
    [rows, innerWidth, width],
  ];
  if (model.kind === 'tokenizer') {
    const { tokens, frameTokens, laterPatch } = model.shape;
    const later = clips * (tokens - frameTokens);
    return [...ofBlock(clips * tokens), [later, laterPatch, width], [later, width, laterPatch]];
  }
  const { order, textLength, videoTokens, frameTokens, codes } = model.shape;
  const length = textLength + (order === 'frame' ? 1 + 2 * videoTokens - frameTokens : videoTokens);
  return [...ofBlock(clips * length), [clips * videoTokens, width, codes]];
}

const { task } = readTask(process.argv[2]!);
const ceiling = await matmulCeiling(task.threads, productsOf(task));
await answer(
  {
    measure: async ({ count }) => {
      const rates: number[] = [];
      while (rates.length < Number(count)) rates.push(await ceiling.measure());
      return { rates };
    },
  },
  {},
);
await ceiling.dispose();
