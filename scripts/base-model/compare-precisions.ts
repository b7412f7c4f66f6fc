/** What it costs to store a model in fewer bits: the same held-out clips, evaluated with a package of each precision. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PrecisionLoss } from '#main/ml/format/model-card.ts';
import { exportModel, type ExportRequest } from '#main/workers/export/export-model.ts';
import type { ReportDamage } from '#main/workers/runtime/checkpoint-store.ts';
import { evalOptions } from '#shared/contract/evaluation.ts';
import { modelPrecision } from '#shared/contract/models.ts';
import { evaluateModel } from './evaluation.ts';

interface HeldOut {
  snapshotPath: string;
  cacheFolder: string;
  /** At most so many of the test split, picked by lot. */
  clips: number;
  threads: number;
}

/** Prints each line as it comes. Throws what exporting and evaluating throw. */
export async function comparePrecisions(
  request: ExportRequest,
  { clips, ...where }: HeldOut,
  report: ReportDamage,
): Promise<PrecisionLoss[]> {
  const scratch = await mkdtemp(join(tmpdir(), 'reelwright-precisions-'));
  try {
    const losses: PrecisionLoss[] = [];
    for (const precision of modelPrecision.options) {
      const folder = join(scratch, precision);
      const { files } = await exportModel({ ...request, folder, precision }, report);
      const asked = { ...evalOptions.parse({ quick: true, clips }), split: 'test' as const };
      const { tokenLoss, psnr, ssim } = await evaluateModel(
        { ...asked, ...where, runFolder: folder },
        scratch,
      );
      const bytes = Object.values(files).reduce((sum, file) => sum + file.bytes, 0);
      losses.push({ precision, bytes, tokenLoss, psnr, ssim });
      const measured = `token loss ${tokenLoss.toFixed(5)}, PSNR ${psnr.toFixed(3)} dB, SSIM ${ssim.toFixed(5)}`;
      console.log(`${precision}: ${bytes} bytes, ${measured}`);
    }
    return losses;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
