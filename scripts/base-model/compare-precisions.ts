/** What it costs to store a model in fewer bits: the same held-out clips, evaluated with a package of each precision. */
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { workerEntry } from '#main/engine/app-paths.ts';
import { startWorker } from '#main/engine/jobs/worker-process.ts';
import { resolveTools } from '#main/engine/media/tools.ts';
import type { PrecisionLoss } from '#main/ml/format/model-card.ts';
import { exportModel, type ExportRequest } from '#main/workers/export/export-model.ts';
import type { ReportDamage } from '#main/workers/runtime/checkpoint-store.ts';
import { evalOptions } from '#shared/contract/evaluation.ts';
import { modelPrecision } from '#shared/contract/models.ts';

/** Of the run, as far as the report cares: a package has none. */
const NO_RUN = '0'.repeat(26);

interface HeldOut {
  snapshotPath: string;
  /** At most so many, picked by lot. */
  clips: number;
}

/** Prints each line as it comes. Throws what exporting and evaluating throw. */
export async function comparePrecisions(
  request: ExportRequest,
  { snapshotPath, clips }: HeldOut,
  report: ReportDamage,
): Promise<PrecisionLoss[]> {
  const scratch = await mkdtemp(join(tmpdir(), 'reelwright-precisions-'));
  const tools = await resolveTools({ ffmpegPath: '', ffprobePath: '' });
  try {
    const losses: PrecisionLoss[] = [];
    for (const precision of modelPrecision.options) {
      const folder = join(scratch, precision);
      const { files } = await exportModel({ ...request, folder, precision }, report);
      const spec = {
        ...evalOptions.parse({ quick: true, clips }),
        device: 'cpu' as const,
        threads: availableParallelism(),
        tools,
        runId: NO_RUN,
        runFolder: folder,
        snapshotPath,
        cacheFolder: join(scratch, 'cache'),
        split: 'val' as const,
      };
      const { result } = startWorker({
        request: { kind: 'eval', spec },
        entry: workerEntry('eval'),
        folder: scratch,
        logPath: join(scratch, 'eval.log'),
        silentAfterMs: 600_000,
        stopWithinMs: 10_000,
        onEvent: () => {},
      });
      const found = await result;
      if (found.kind !== 'eval') throw new Error(`The evaluation gave a result of ${found.kind}`);
      const { tokenLoss, psnr, ssim } = found.report;
      const bytes = Object.values(files).reduce((sum, file) => sum + file.bytes, 0);
      losses.push({ precision, bytes, tokenLoss, psnr, ssim });
      console.log(
        `${precision}: ${bytes} bytes, token loss ${tokenLoss.toFixed(5)}, PSNR ${psnr.toFixed(3)} dB, SSIM ${ssim.toFixed(5)}`,
      );
    }
    return losses;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
