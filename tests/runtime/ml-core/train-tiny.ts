/** Trains the tiny model for three steps on the device named in the arguments; prints losses, weights and where nodes ran. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildGradientGraph, buildLossGraph } from '#main/ml/training/gradient-graph.ts';
import { buildUpdateGraph } from '#main/ml/training/update-graph.ts';
import { loweringFor, Session, zeroTensor } from '#main/workers/runtime/session.ts';
import { initialState, Trainer } from '#main/workers/runtime/trainer.ts';
import type { Device } from '#shared/contract/system.ts';
import { optimizerConfig } from '#shared/domain/training-config.ts';
import type { Model } from '#main/ml/onnx/encode.ts';
import { tinyBatch, tinyParameters, tinyTask } from './tiny-model.ts';

const device = process.argv[2] as Device;
const compute = { device, threads: 1 };
const optimizer = optimizerConfig.parse({ learningRate: 1e-2 });
const task = tinyTask(loweringFor(device));
const graph = buildGradientGraph(task);

const trainer = await Trainer.create(
  {
    compute,
    parameters: tinyParameters,
    optimizer,
    tasks: { tiny: graph },
    evaluations: { tiny: buildLossGraph(task) },
  },
  initialState(tinyParameters, 1),
);
const losses: number[] = [];
for (let step = 0; step < 3; step++) {
  for (const half of [0, 1])
    losses.push((await trainer.accumulate('tiny', tinyBatch(2 * step + half)))['loss']!);
  losses.push((await trainer.update(1e-2)).gradientNorm);
}
losses.push((await trainer.evaluate('tiny', tinyBatch(9)))['loss']!);
const state = await trainer.exportState();
await trainer.dispose();

const strangers = [
  ...(await nodesElsewhere(graph.model)),
  ...(await nodesElsewhere(buildUpdateGraph(tinyParameters, optimizer, loweringFor(device)))),
];
const weights = [...state.weights.values(), ...state.v.values()].flatMap((values) => [...values]);
process.stdout.write(`${JSON.stringify({ losses, weights, strangers })}\n`);

/** Nodes of a model that ran on the CPU, by ONNX Runtime's own trace; none is expected on another device. */
async function nodesElsewhere(model: Model): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'reelwright-trace-'));
  const session = await Session.create(model, { ...compute, profilePrefix: join(folder, 'trace') });
  await session.runTensors(
    Object.fromEntries([...model.inputs].map(([name, type]) => [name, zeroTensor(type)])),
  );
  session.endProfiling();
  const trace = JSON.parse(readFileSync(join(folder, readdirSync(folder)[0]!), 'utf8')) as {
    name: string;
    args?: { provider?: string };
  }[];
  rmSync(folder, { recursive: true });
  return trace.filter((event) => event.args?.provider === 'CPUExecutionProvider').map(({ name }) => name);
}
