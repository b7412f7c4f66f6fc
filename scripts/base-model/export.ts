/**
 * Makes the model package that ships with Reelwright of a trained run:
 * node scripts/base-model/export.ts --run <run folder> [--eval report.json] [--notes notes.json] [--measure] [--out resources/base-model]
 * `--notes` holds what only people know (see `modelCardNotes`); `--measure` compares the three precisions on the run's held-out
 * clips, and puts the comparison on the card. The same run gives the same bytes.
 */
import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ownVersion, resourcesFolder } from '#main/engine/app-paths.ts';
import { modelCardNotes } from '#main/ml/format/model-card.ts';
import { naturalFrameRate } from '#main/engine/services/frame-rate.ts';
import { exportModel, type ExportRequest } from '#main/workers/export/export-model.ts';
import { readModelCheckpoints } from '#main/workers/runtime/load-checkpoint.ts';
import { readSnapshot } from '#main/workers/runtime/read-snapshot.ts';
import { modelPrecision } from '#shared/contract/models.ts';
import { comparePrecisions } from './compare-precisions.ts';

const { values } = parseArgs({
  options: {
    run: { type: 'string' },
    out: { type: 'string', default: join(resourcesFolder, 'base-model') },
    name: { type: 'string', default: 'Reelwright base' },
    version: { type: 'string', default: '1.0.0' },
    licence: { type: 'string', default: 'MIT' },
    precision: { type: 'string', default: 'float16' },
    /** Default: where a workspace has it. */
    snapshot: { type: 'string' },
    eval: { type: 'string' },
    notes: { type: 'string' },
    measure: { type: 'boolean', default: false },
    /** Held-out clips to measure with. */
    clips: { type: 'string', default: '64' },
  },
});
if (values.run === undefined) throw new Error('--run: the folder of a trained run is expected');

const report = (error: Error) => console.error(error.message);
const readJson = async (path: string): Promise<unknown> => JSON.parse(await readFile(path, 'utf8'));

const runFolder = resolve(values.run);
const { gpt } = await readModelCheckpoints(runFolder, report);
const inWorkspace = join(dirname(runFolder), '..', 'snapshots', `${gpt.manifest.snapshot.id}.json`);
const snapshotPath = values.snapshot ?? inWorkspace;
const { members } = await readSnapshot(snapshotPath);

const request: ExportRequest = {
  runFolder,
  folder: resolve(values.out),
  name: values.name,
  version: values.version,
  licence: values.licence,
  precision: modelPrecision.parse(values.precision),
  frameRate: naturalFrameRate(
    gpt.manifest.config.window.frames,
    members.map(({ start, end }) => end - start),
  ),
  program: `Reelwright ${ownVersion}`,
  overwrite: true,
};
const manifest = await exportModel(request, report, {
  notes: values.notes === undefined ? undefined : modelCardNotes.parse(await readJson(values.notes)),
  evaluation: values.eval === undefined ? undefined : await readJson(values.eval),
  precisions: values.measure
    ? await comparePrecisions(request, { snapshotPath, clips: Number(values.clips) }, report)
    : undefined,
});
const bytes = Object.values(manifest.files).reduce((sum, file) => sum + file.bytes, 0);
console.log(`${request.folder}: ${manifest.name} ${manifest.version}, ${(bytes / 1e6).toFixed(1)} MB`);
