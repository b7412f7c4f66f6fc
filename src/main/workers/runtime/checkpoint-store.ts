/**
 * Checkpoints on disk: `<checkpoints>/<stage>/<step>/` holds a manifest and the files it names. A folder appears whole or
 * not at all; what was damaged later is recognised by its hashes, and the checkpoint before it is used.
 */
import { createHash } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { CHECKPOINT_FORMAT, checkpointManifest, type CheckpointManifest } from '#main/ml/format/manifest.ts';
import type { TrainingStage } from '#shared/contract/training.ts';
import { AppError } from '#shared/errors/app-error.ts';
import { explainDiskFull } from '#shared/errors/disk-full.ts';

const MANIFEST = 'manifest.json';
/** What is being written or removed starts with a dot, so that no reader looks at it. */
const UNFINISHED = '.';

export interface Checkpoint {
  readonly folder: string;
  readonly manifest: CheckpointManifest;
  /** Contents by file name; they match the manifest's hashes. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** Called for each checkpoint that had to be passed over. */
export type ReportDamage = (error: AppError) => void;

/** Of a file: in one piece, or in pieces to be written one after another. */
export type FileContents = Uint8Array | readonly Uint8Array[];

type Defaulted = 'bridges' | 'computedWith';

export type CheckpointDraft = Omit<CheckpointManifest, 'format' | 'files' | Defaulted> &
  Partial<Pick<CheckpointManifest, Defaulted>>;

/** Where the checkpoints of a run lie. */
export const checkpointsFolder = (runFolder: string) => join(runFolder, 'checkpoints');

/** Writes a checkpoint beside its place, syncs every file, and moves it there. A checkpoint of the same step is replaced. */
export async function writeCheckpoint(
  checkpoints: string,
  draft: CheckpointDraft,
  files: ReadonlyMap<string, FileContents>,
): Promise<void> {
  const stageFolder = join(checkpoints, draft.stage);
  const name = stepName(draft.step);
  const unfinished = join(stageFolder, `${UNFINISHED}${name}.new`);
  try {
    await rm(unfinished, { recursive: true, force: true });
    await mkdir(unfinished, { recursive: true });
    const entries: CheckpointManifest['files'] = {};
    for (const [file, contents] of files) {
      const parts = contents instanceof Uint8Array ? [contents] : contents;
      const bytes = parts.reduce((sum, { length }) => sum + length, 0);
      entries[file] = { bytes, sha256: sha256(parts) };
      await writeSynced(join(unfinished, file), parts);
    }
    const manifest = checkpointManifest.parse({ ...draft, format: CHECKPOINT_FORMAT, files: entries });
    await writeSynced(join(unfinished, MANIFEST), [Buffer.from(JSON.stringify(manifest, null, 2))]);
    await sync(unfinished);
    await removeCheckpoint(stageFolder, name);
    await rename(unfinished, join(stageFolder, name));
    await sync(stageFolder);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    throw explainDiskFull(error, checkpoints);
  }
}

/** The step of a stage's newest checkpoint, which may turn out damaged; undefined when there is none. */
export async function newestStep(checkpoints: string, stage: TrainingStage): Promise<number | undefined> {
  const [newest] = await folders(join(checkpoints, stage));
  return newest === undefined ? undefined : Number(newest.slice(-STEP_DIGITS));
}

/** The newest checkpoint of a stage that is whole, or null when the stage has none at all. */
export async function newestCheckpoint(
  checkpoints: string,
  stage: TrainingStage,
  report: ReportDamage,
): Promise<Checkpoint | null> {
  return firstWhole(await folders(join(checkpoints, stage)), report);
}

/** The whole checkpoint with the lowest held-out loss; the newest when none has been evaluated; null when there is none. */
export async function bestCheckpoint(
  checkpoints: string,
  stage: TrainingStage,
  report: ReportDamage,
): Promise<Checkpoint | null> {
  const ranked = await rankedByLoss(join(checkpoints, stage));
  return firstWhole(
    ranked.map(({ folder }) => folder),
    report,
  );
}

/** Reads one checkpoint. Throws AppError `checkpoint-damaged` or, when there is nothing, `checkpoint-missing`. */
export async function readCheckpoint(
  checkpoints: string,
  stage: TrainingStage,
  step: number,
): Promise<Checkpoint> {
  const folder = join(checkpoints, stage, stepName(step));
  return readFolder(folder);
}

export interface Rotation {
  /** Step of the checkpoint from which training goes on. */
  newest: number;
  /** How many others stay besides the newest and the best. */
  keep: number;
}

/**
 * Removes what is not to be kept, and what a crash left unfinished. A checkpoint newer than `newest` is damaged (else training
 * would have gone on from it): it counts for nothing, and stays until training has replaced or passed it.
 */
export async function rotateCheckpoints(
  checkpoints: string,
  stage: TrainingStage,
  { newest, keep }: Rotation,
): Promise<void> {
  const stageFolder = join(checkpoints, stage);
  const ranked = (await rankedByLoss(stageFolder)).filter(({ step }) => step <= newest);
  const best = ranked[0]?.step;
  const others = ranked.filter(({ step }) => step !== newest && step !== best);
  const kept = others
    .filter(({ bridges }) => !bridges)
    .map(({ step }) => step)
    .toSorted((a, b) => b - a)
    .slice(0, keep);
  for (const { step } of others)
    if (!kept.includes(step)) await removeCheckpoint(stageFolder, stepName(step));
  for (const name of await namesIn(stageFolder)) {
    if (name.startsWith(UNFINISHED)) await rm(join(stageFolder, name), { recursive: true, force: true });
  }
}

async function firstWhole(candidates: string[], report: ReportDamage): Promise<Checkpoint | null> {
  let damage: AppError | undefined;
  for (const folder of candidates) {
    try {
      return await readFolder(folder);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      damage = error;
      report(error);
    }
  }
  // Starting over silently would throw away hours of training: when all are damaged, say so.
  if (damage) throw damage;
  return null;
}

async function readFolder(folder: string): Promise<Checkpoint> {
  const manifest = await readManifest(folder);
  const files = new Map<string, Uint8Array>();
  for (const [file, entry] of Object.entries(manifest.files)) {
    const bytes = await readFile(join(folder, file)).catch((error: Error) => {
      throw damaged(folder, `${file}: ${error.message}`);
    });
    if (sha256([bytes]) !== entry.sha256) throw damaged(folder, `${file} differs from its SHA-256`);
    files.set(file, bytes);
  }
  return { folder, manifest, files };
}

async function readManifest(folder: string): Promise<CheckpointManifest> {
  let json: unknown;
  try {
    json = JSON.parse(await readFile(join(folder, MANIFEST), 'utf8'));
  } catch (error) {
    throw damaged(folder, `${MANIFEST}: ${(error as Error).message}`);
  }
  const parsed = checkpointManifest.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw damaged(folder, `${MANIFEST}: ${issue.path.join('.')}: ${issue.message}`);
}

interface Ranked {
  step: number;
  folder: string;
  loss: number;
  bridges: boolean;
}

/** Evaluated ones by rising loss, then the others, newest first. Unreadable manifests come last: their loss is unknown. */
async function rankedByLoss(stageFolder: string): Promise<Ranked[]> {
  const found = await Promise.all(
    (await folders(stageFolder)).map(async (folder) => {
      const manifest = await readManifest(folder).catch(() => null);
      const { valLoss = null, bridges = false } = manifest ?? {};
      return { step: Number(basename(folder)), folder, loss: valLoss ?? Infinity, bridges };
    }),
  );
  return found.toSorted((a, b) => (a.loss === b.loss ? 0 : a.loss - b.loss));
}

/** Checkpoint folders of a stage, newest first. */
async function folders(stageFolder: string): Promise<string[]> {
  const names = (await namesIn(stageFolder)).filter((name) => STEP_NAME.test(name));
  return names
    .toSorted()
    .reverse()
    .map((name) => join(stageFolder, name));
}

/** Moved aside first: a half-removed checkpoint must not look like a damaged one. */
async function removeCheckpoint(stageFolder: string, name: string): Promise<void> {
  const doomed = join(stageFolder, `${UNFINISHED}${name}.old`);
  await rm(doomed, { recursive: true, force: true });
  try {
    await rename(join(stageFolder, name), doomed);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return;
    throw error;
  }
  await rm(doomed, { recursive: true, force: true });
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  }
}

async function writeSynced(path: string, parts: readonly Uint8Array[]): Promise<void> {
  const file = await open(path, 'w');
  try {
    for (const part of parts) await file.writeFile(part);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes the names in a folder durable. Windows cannot open folders, and needs no sync for renames. */
async function sync(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const STEP_DIGITS = 9;
const STEP_NAME = /^\d{9}$/;
const stepName = (step: number) => String(step).padStart(STEP_DIGITS, '0');
function sha256(parts: readonly Uint8Array[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}
const damaged = (path: string, detail: string) => new AppError('checkpoint-damaged', { path, detail });
const hasCode = (error: unknown, code: string) => (error as NodeJS.ErrnoException).code === code;
