/**
 * Makes the model package that ships with Reelwright of a trained run, and says what that weighs. From the command line:
 * node scripts/base-model/export.ts --run FOLDER [--eval report.json] [--notes notes.json] [--measure [--clips 64]]
 *   [--precision float16] [--version 1.0.0] [--out resources/base-model] [--data FOLDER] [--snapshot FILE] [--threads 2]
 * `--notes` holds what only people know (see `modelCardNotes`); `--measure` compares the three precisions on held-out clips, and
 * puts the comparison on the card. The same run gives the same bytes.
 */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ownVersion, resourcesFolder } from '#main/engine/app-paths.ts';
import { naturalFrameRate } from '#main/engine/services/frame-rate.ts';
import { modelCardNotes } from '#main/ml/format/model-card.ts';
import { exportModel, type ExportRequest } from '#main/workers/export/export-model.ts';
import { readModel } from '#main/workers/runtime/load-checkpoint.ts';
import { readSnapshot } from '#main/workers/runtime/read-snapshot.ts';
import { modelPrecision } from '#shared/contract/models.ts';
import { comparePrecisions } from './compare-precisions.ts';

/** Of everything that ships besides code: base model and text encoder. */
const MOST_BYTES = 60e6;

const { values } = parseArgs({
  options: {
    run: { type: 'string' },
    out: { type: 'string', default: join(resourcesFolder, 'base-model') },
    data: { type: 'string', default: '.cache/base-model/data' },
    snapshot: { type: 'string', default: 'snapshot.json' },
    name: { type: 'string', default: 'Reelwright base' },
    version: { type: 'string', default: '1.0.0' },
    licence: { type: 'string', default: 'MIT' },
    precision: { type: 'string', default: 'float16' },
    eval: { type: 'string' },
    notes: { type: 'string' },
    measure: { type: 'boolean', default: false },
    clips: { type: 'string', default: '64' },
    threads: { type: 'string', default: '2' },
  },
});
if (values.run === undefined) throw new Error('--run says in which folder the run lies');

const report = (error: Error) => console.error(error.message);
const readJson = async (path: string): Promise<unknown> => JSON.parse(await readFile(path, 'utf8'));

const runFolder = resolve(values.run);
const snapshotPath = resolve(values.data, values.snapshot);
const { window } = (await readModel(runFolder, report)).config;
const { members } = await readSnapshot(snapshotPath);
const durations = members.map(({ start, end }) => end - start);

const request: ExportRequest = {
  runFolder,
  folder: resolve(values.out),
  name: values.name,
  version: values.version,
  licence: values.licence,
  precision: modelPrecision.parse(values.precision),
  frameRate: naturalFrameRate(window.frames, durations),
  program: `Reelwright ${ownVersion}`,
  overwrite: true,
};
const heldOut = {
  snapshotPath,
  cacheFolder: resolve(values.data, 'cache'),
  clips: Number(values.clips),
  threads: Number(values.threads),
};
const manifest = await exportModel(request, report, {
  notes: values.notes === undefined ? undefined : modelCardNotes.parse(await readJson(values.notes)),
  evaluation: values.eval === undefined ? undefined : await readJson(values.eval),
  precisions: values.measure ? await comparePrecisions(request, heldOut, report) : undefined,
});

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
const model = await folderBytes(request.folder);
const all = model + (await folderBytes(join(resourcesFolder, 'text-encoder')));
console.log(`${manifest.name} ${manifest.version} in ${request.folder}: ${megabytes(model)}`);
console.log(`With the text encoder ${megabytes(all)} of ${megabytes(MOST_BYTES)}`);
if (all > MOST_BYTES) process.exitCode = 1;

async function folderBytes(folder: string): Promise<number> {
  const names = await readdir(folder);
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}
