/** Evaluates a run or a package without an engine, by the evaluation worker of the product, on the CPU. */
import { resolveTools } from '#main/engine/media/tools.ts';
import type { EvalReport } from '#shared/contract/evaluation.ts';
import type { EvalSpec } from '#shared/contract/workers.ts';
import { runWorker } from './worker.ts';

/** Of the run, as far as the report cares: a package has none. */
const NO_RUN = '0'.repeat(26);

/** `folder`: for the worker's log. */
export async function evaluateModel(
  asked: Omit<EvalSpec, 'device' | 'tools' | 'runId'>,
  folder: string,
): Promise<EvalReport> {
  const tools = await resolveTools({ ffmpegPath: '', ffprobePath: '' });
  const spec = { ...asked, device: 'cpu' as const, tools, runId: NO_RUN };
  const result = await runWorker({ kind: 'eval', spec }, folder).result;
  if (result.kind !== 'eval') throw new Error(`An evaluation ended as ${result.kind}`);
  return result.report;
}
