/** Prints, as JSON, which provider ran each node of every graph on the device that the arguments name. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeModel, type Model } from '#main/ml/onnx/encode.ts';
import { Graph } from '#main/ml/onnx/graph.ts';
import * as op from '#main/ml/onnx/ops.ts';
import { loweringFor, Session, zeroTensor } from '#main/workers/runtime/session.ts';
import type { Device } from '#shared/contract/system.ts';
import { everyGraph, STRANGER } from './every-graph.ts';

export interface PlacedNode {
  /** Scope included; nodes that the runtime fused or added have names of its making. */
  name: string;
  operator: string;
  provider: string;
}

interface TraceEvent {
  name: string;
  args?: { provider?: string; op_name?: string };
}

const device = process.argv[2] as Device;
const folder = mkdtempSync(join(tmpdir(), 'reelwright-trace-'));
// What was compiled for one session serves the next as long as one of them is open.
const { session: first } = await open(withStranger());
const placed: Record<string, PlacedNode[]> = { [STRANGER]: await nodesOf(withStranger()) };
for (const [name, model] of everyGraph(loweringFor(device))) placed[name] = await nodesOf(model);
await first.dispose();
rmSync(folder, { recursive: true });
process.stdout.write(`${JSON.stringify(placed)}\n`);

/** By ONNX Runtime's own trace of a run. Our graphs hold no branches: a run passes every node. */
async function nodesOf(model: Model): Promise<PlacedNode[]> {
  const { session, trace } = await open(model);
  await session.runTensors(
    Object.fromEntries([...model.inputs].map(([name, type]) => [name, zeroTensor(type)])),
  );
  session.endProfiling();
  await session.dispose();
  const events = JSON.parse(readFileSync(join(trace, readdirSync(trace)[0]!), 'utf8')) as TraceEvent[];
  return events.flatMap(({ name, args }) =>
    args?.provider === undefined
      ? []
      : [{ name: name.replace(/_kernel_time$/, ''), operator: args.op_name!, provider: args.provider }],
  );
}

async function open(model: Model): Promise<{ session: Session; trace: string }> {
  const trace = mkdtempSync(join(folder, 'session-'));
  const profilePrefix = join(trace, 'trace');
  return { session: await Session.create(model, { device, threads: 1, profilePrefix }), trace };
}

function withStranger(): Model {
  const graph = new Graph(loweringFor(device));
  const x = graph.input('x', 'int64', [2]);
  graph.scope('somewhere', () => graph.output('square', op.mul(x, x)));
  return encodeModel(graph);
}
