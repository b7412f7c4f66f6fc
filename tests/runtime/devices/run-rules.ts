/** Runs each case of the gradient rules on the device in the arguments; prints, as JSON, the error against PyTorch and where nodes ran. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gradients } from '#main/ml/autodiff/gradients.ts';
import { encodeModel } from '#main/ml/onnx/encode.ts';
import { Graph } from '#main/ml/onnx/graph.ts';
import * as op from '#main/ml/onnx/ops.ts';
import { loweringFor, Session } from '#main/workers/runtime/session.ts';
import type { Device } from '#shared/contract/system.ts';
import { goldenRules, ruleGoldens, type Flat, type GoldenCase } from '../ml-core/golden-rules.ts';

export interface RuleOnDevice {
  /** The largest error of result and gradients, as a share of the largest value. */
  error: number;
  /** Nodes that did not run on the GPU. */
  strangers: string[];
}

interface TraceEvent {
  name: string;
  args?: { provider?: string; op_name?: string };
}

const device = process.argv[2] as Device;
const folder = mkdtempSync(join(tmpdir(), 'reelwright-rules-'));
// What was compiled for one session serves the next as long as one of them is open.
const first = await Session.create(modelOf('Add'), { device, threads: 1 });
const results: Record<string, RuleOnDevice> = {};
for (const name of Object.keys(ruleGoldens)) results[name] = await run(name, ruleGoldens[name]!);
await first.dispose();
rmSync(folder, { recursive: true });
process.stdout.write(`${JSON.stringify(results)}\n`);

function modelOf(name: string) {
  const { inputs, factors } = ruleGoldens[name]!;
  const graph = new Graph(loweringFor(device));
  const xs = inputs.map(({ shape }, i) => graph.input(`x${i}`, 'float32', shape));
  const y = goldenRules[name]!(graph, xs);
  const loss = op.reduceSum(op.mul(y, graph.tensor('float32', factors.shape, factors.values)));
  graph.output('y', y);
  gradients(graph, loss, xs).forEach((gradient, i) => graph.output(`d${i}`, gradient));
  return encodeModel(graph);
}

async function run(name: string, golden: GoldenCase): Promise<RuleOnDevice> {
  const trace = mkdtempSync(join(folder, 'session-'));
  const session = await Session.create(modelOf(name), {
    device,
    threads: 1,
    profilePrefix: join(trace, 'trace'),
  });
  const feeds = golden.inputs.map(({ values }, i) => [`x${i}`, Float32Array.from(values)] as const);
  const found = await session.run(Object.fromEntries(feeds));
  session.endProfiling();
  await session.dispose();
  const errors = [
    errorOf(found['y'] as Float32Array, golden.result),
    ...golden.gradients.map((gradient, i) => errorOf(found[`d${i}`] as Float32Array, gradient)),
  ];
  const events = JSON.parse(readFileSync(join(trace, readdirSync(trace)[0]!), 'utf8')) as TraceEvent[];
  const strangers = events.filter(({ args }) => {
    const elsewhere = args?.provider !== undefined && args.provider !== 'WebGpuExecutionProvider';
    return elsewhere || args?.op_name?.startsWith('Memcpy');
  });
  return { error: Math.max(...errors), strangers: strangers.map((event) => event.name) };
}

function errorOf(actual: Float32Array, { values }: Flat): number {
  if (actual.length !== values.length) return Infinity;
  const worst = Math.max(...values.map((value, i) => Math.abs(value - actual[i]!)));
  return worst / Math.max(...values.map(Math.abs));
}
