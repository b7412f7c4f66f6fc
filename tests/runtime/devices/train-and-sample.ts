/** Trains and samples tiny models on the device that the arguments name; prints, as JSON, all numbers and what crossed the bus. */
import { captionFeeds, generateFeeds } from '#main/ml/gpt/batches.ts';
import { gptTask } from '#main/ml/gpt/training-task.ts';
import type { GptShape } from '#main/ml/gpt/shape.ts';
import type { ParameterSet } from '#main/ml/nn/parameters.ts';
import { encodeModel } from '#main/ml/onnx/encode.ts';
import { Graph } from '#main/ml/onnx/graph.ts';
import * as op from '#main/ml/onnx/ops.ts';
import { specialToken } from '#main/ml/text/vocabulary.ts';
import { toPatches } from '#main/ml/tokenizer/patches.ts';
import { reconstructionEvaluation, reconstructionTask } from '#main/ml/tokenizer/training.ts';
import { buildGradientGraph, buildLossGraph, type TrainingGraph } from '#main/ml/training/gradient-graph.ts';
import { chunks } from '#main/workers/runtime/chunks.ts';
import { evaluateGpt, gptEvaluations } from '#main/workers/runtime/evaluate-gpt.ts';
import { LossSessions } from '#main/workers/runtime/loss-sessions.ts';
import { loweringFor, Session } from '#main/workers/runtime/session.ts';
import { type Batch, initialState, Trainer, type TrainerState } from '#main/workers/runtime/trainer.ts';
import { VideoTokenizer } from '#main/workers/runtime/video-tokenizer.ts';
import { openDecoder } from '#main/workers/generate/open-decoder.ts';
import type { Device } from '#shared/contract/system.ts';
import { Random } from '#shared/domain/random.ts';
import { optimizerConfig } from '#shared/domain/optimizer-config.ts';
import { randomWeights, tinyExample, tinyShape } from '../gpt/tiny-gpt.ts';
import { tinyTokenizer } from './every-graph.ts';
import { recordTraffic, type Traffic } from './traffic.ts';

export interface Trained {
  /** Of each micro-batch and update. */
  losses: number[];
  /** Weights and moments, by name. */
  state: Record<string, number[]>;
  evaluation: Record<string, number>;
  /** Of the last micro-batch, and of the update after it. */
  traffic: { gradients: Traffic; update: Traffic };
}

export interface Sampled {
  logits: number[][];
  /** Of reading tokens, and of taking them into the cache. */
  traffic: { read: Traffic; commit: Traffic | null };
}

export interface DeviceNumbers {
  trained: Record<'frame' | 'raster' | 'tokenizer', Trained>;
  sampled: Record<'frame' | 'raster' | 'caption', Sampled>;
  /** Losses outside of training; tokens of a window, and the pixels that come back. */
  losses: number[];
  tokens: number[];
  pixels: number[];
}

const device = process.argv[2] as Device;
const compute = { device, threads: 1 };
const lowering = loweringFor(device);
const traffic = recordTraffic();
const learningRate = 1e-2;
// What was compiled for one session serves the next as long as one of them is open.
const kept = await keepAwake();

const numbers: DeviceNumbers = {
  trained: {
    frame: await trainGpt(tinyShape('frame')),
    raster: await trainGpt(tinyShape('raster')),
    tokenizer: await trainTokenizer(),
  },
  sampled: {
    frame: await sampleVideo(tinyShape('frame')),
    raster: await sampleVideo(tinyShape('raster')),
    caption: await writeText(tinyShape('frame')),
  },
  losses: await evaluateLosses(tinyShape('frame')),
  ...(await codeWindow()),
};
await kept.dispose();
process.stdout.write(`${JSON.stringify(numbers)}\n`);

function keepAwake(): Promise<Session> {
  const graph = new Graph(lowering);
  graph.output('y', op.neg(graph.input('x', 'float32', [1])));
  return Session.create(encodeModel(graph), compute);
}

async function trainGpt(shape: GptShape): Promise<Trained> {
  const options = { batch: 2, dropout: 0.1, lowering };
  const graphs = {
    generate: gptTask('generate', shape, options),
    caption: gptTask('caption', shape, options),
  };
  const examples = [1, 2].map((seed) => tinyExample(shape, seed));
  const random = Random.seeded(7);
  return train(graphs.generate.parameters, {
    tasks: {
      generate: buildGradientGraph(graphs.generate),
      caption: buildGradientGraph(graphs.caption),
    },
    evaluation: buildLossGraph(gptTask('generate', shape, { batch: 2, lowering })),
    batches: () => [
      ['caption', captionFeeds(examples, shape, { ...options, random })],
      ['generate', generateFeeds(examples, shape, { ...options, random })],
    ],
  });
}

async function trainTokenizer(): Promise<Trained> {
  const shape = tinyTokenizer;
  const task = reconstructionTask(shape, { microBatch: 2, lowering });
  const { first, later } = toPatches([tinyWindow(1), tinyWindow(2)], shape);
  return train(task.parameters, {
    tasks: { reconstruct: buildGradientGraph(task) },
    evaluation: buildLossGraph(reconstructionEvaluation(shape, { microBatch: 2, lowering })),
    batches: () => [['reconstruct', { first, later }]],
  });
}

interface Training {
  tasks: Record<string, TrainingGraph>;
  evaluation: TrainingGraph;
  /** Of a step, by task; the last one also serves the evaluation. */
  batches: () => [string, Batch][];
}

async function train(parameters: ParameterSet, { tasks, evaluation, batches }: Training): Promise<Trained> {
  const optimizer = optimizerConfig.parse({ learningRate });
  const trainer = await Trainer.create(
    { compute, parameters, optimizer, tasks, evaluations: { evaluation } },
    initialState(parameters, optimizer, 1),
  );
  const losses: number[] = [];
  let lastMicroBatch = 0;
  for (let step = 0; step < 3; step++) {
    for (const [task, batch] of batches()) {
      lastMicroBatch = traffic.length;
      losses.push((await trainer.accumulate(task, batch))['loss']!);
    }
    losses.push((await trainer.update(learningRate)).gradientNorm);
  }
  // Between the two, gradients may have been added up.
  const [gradients, update] = [traffic[lastMicroBatch]!, traffic.at(-1)!];
  const values = await trainer.evaluate('evaluation', batches().at(-1)![1]);
  const state = await trainer.exportState();
  await trainer.dispose();
  return { losses, state: flat(state), evaluation: values, traffic: { gradients, update } };
}

function flat({ weights, slots }: TrainerState): Record<string, number[]> {
  return Object.fromEntries([...weights, ...slots].map(([name, values]) => [name, [...values]]));
}

/** Two takes with guidance; every token is taken into the cache, but read twice, so that one reading is forgotten. */
async function sampleVideo(shape: GptShape): Promise<Sampled> {
  const queries = shape.order === 'frame' ? shape.frameTokens : 1;
  const gpt = await openDecoder(
    randomWeights(shape),
    shape,
    { task: 'generate', batch: 4, prompts: 2, queries },
    compute,
  );
  const { text, tokens } = tinyExample(shape);
  const noText = new Int32Array(shape.textLength).fill(specialToken.pad).fill(specialToken.empty, 0, 1);
  const logits: number[][] = [];
  const first = await gpt.start(Int32Array.of(...text, ...noText));
  if (first) logits.push([...first]);
  const sampled = await readAll(gpt, tokens, queries, 4);
  await gpt.dispose();
  return { logits: [...logits, ...sampled.logits], traffic: sampled.traffic };
}

async function writeText(shape: GptShape): Promise<Sampled> {
  const gpt = await openDecoder(
    randomWeights(shape),
    shape,
    { task: 'caption', batch: 1, queries: 1 },
    compute,
  );
  const { text, tokens } = tinyExample(shape);
  await gpt.start(tokens);
  const sampled = await readAll(gpt, text, 1, 1);
  await gpt.dispose();
  return sampled;
}

async function readAll(
  gpt: Awaited<ReturnType<typeof openDecoder>>,
  tokens: Int32Array,
  queries: number,
  rows: number,
): Promise<Sampled> {
  const logits: number[][] = [];
  let last: Sampled['traffic'] | undefined;
  for (let place = 0; place < tokens.length; place += queries) {
    const places = Int32Array.from({ length: queries }, (_, i) => place + i);
    const next = [...tokens.subarray(place, place + queries)];
    const allRows = Int32Array.from(Array.from({ length: rows }, () => next).flat());
    const read = () => gpt.read(allRows, places);
    await read();
    const reading = await read();
    logits.push([...reading.logits]);
    if (place + queries === tokens.length) break;
    const before = traffic.length;
    await reading.commit();
    last = { read: traffic[before - 1]!, commit: traffic[before] ?? null };
  }
  return { logits, traffic: last! };
}

async function evaluateLosses(shape: GptShape): Promise<number[]> {
  const sessions = await LossSessions.open(gptEvaluations(shape, 2, lowering), randomWeights(shape), compute);
  const examples = [1, 2, 3].map((seed) => tinyExample(shape, seed));
  const { tokenLoss, captionLoss } = await evaluateGpt(
    (graph, feeds) => sessions.run(graph, feeds),
    chunks(examples, 2),
    shape,
    2,
  );
  await sessions.dispose();
  return [tokenLoss, captionLoss!];
}

async function codeWindow() {
  const { parameters } = reconstructionTask(tinyTokenizer, { microBatch: 1, lowering });
  const tokenizer = new VideoTokenizer(parameters.initialise(3), tinyTokenizer, compute);
  const tokens = await tokenizer.encode(tinyWindow(5));
  const pixels = await tokenizer.decode(tokens);
  await tokenizer.dispose();
  return { tokens: [...tokens], pixels: [...pixels] };
}

function tinyWindow(seed: number): Uint8Array {
  const { frames, size } = tinyTokenizer;
  const random = Random.seeded(seed, 'window');
  return Uint8Array.from({ length: frames * size * size * 3 }, () => random.integer(256));
}
