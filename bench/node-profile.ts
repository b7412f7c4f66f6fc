/** Where the time of a graph goes, by operator, from ONNX Runtime's own trace. */
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TensorData } from '#main/ml/onnx/dtype.ts';
import type { Model } from '#main/ml/onnx/encode.ts';
import { type Compute, Session } from '#main/workers/runtime/session.ts';

interface TraceEvent {
  cat?: string;
  name: string;
  /** Microseconds. */
  dur: number;
  args?: { op_name?: string };
}

export interface NodeProfile {
  /** Time and number of nodes in a run, slowest operator first. */
  readonly nodes: { operator: string; count: number; ms: number }[];
  /** Folder of the trace. */
  readonly path: string;
}

const RUNS = 4;

export async function profileNodes(
  model: Model,
  feeds: Readonly<Record<string, TensorData>>,
  compute: Compute,
): Promise<NodeProfile> {
  const path = mkdtempSync(join(tmpdir(), 'reelwright-profile-'));
  const session = await Session.create(model, { ...compute, profilePrefix: join(path, 'trace') });
  for (let run = 0; run < RUNS; run++) await session.run(feeds);
  session.endProfiling();
  await session.dispose();
  const trace = readFileSync(join(path, readdirSync(path)[0]!), 'utf8');
  const totals = new Map<string, { count: number; ms: number }>();
  for (const event of JSON.parse(trace) as TraceEvent[]) {
    if (event.cat !== 'Node' || !event.name.endsWith('_kernel_time')) continue;
    const operator = event.args?.op_name ?? event.name;
    const { count, ms } = totals.get(operator) ?? { count: 0, ms: 0 };
    totals.set(operator, { count: count + 1 / RUNS, ms: ms + event.dur / 1000 / RUNS });
  }
  const nodes = [...totals].map(([operator, total]) => ({ operator, ...total }));
  return { nodes: nodes.sort((a, b) => b.ms - a.ms), path };
}
