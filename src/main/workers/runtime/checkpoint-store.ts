/**
 * Checkpoints on disk: `<checkpoints>/<stage>/<step>/` holds a manifest and the files it names. A folder appears whole or
 * not at all; what was damaged later is recognised by its hashes, and the checkpoint before it is used.
 */
import { readdir, readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { CHECKPOINT_FORMAT, checkpointManifest, type CheckpointManifest } from '#main/ml/format/manifest.ts';
import type { TrainingStage } from '#shared/contract/training.ts';
import { AppError } from '#shared/errors/app-error.ts';
import { explainDiskFull } from '#shared/errors/disk-full.ts';
import {
  describeFiles,
  removeFolder,
  sha256,
  UNFINISHED,
  writeFolder,
  type FileContents,
} from './write-folder.ts';

const MANIFEST = 'manifest.json';

export interface Checkpoint {
  readonly folder: string;
  readonly manifest: CheckpointManifest;
  /** Contents by file name; they match the manifest's hashes. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** Files of a checkpoint that its reader has no use for: they are neither read nor checked. */
export interface Leaving {
  without?: readonly string[];
}

/** Called for each checkpoint that had to be passed over. */
export type ReportDamage = (error: AppError) => void;

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
  try {
    const entries = describeFiles(files);
    const manifest = checkpointManifest.parse({ ...draft, format: CHECKPOINT_FORMAT, files: entries });
    const manifestFile = Buffer.from(JSON.stringify(manifest, null, 2));
    const folder = join(checkpoints, draft.stage, stepName(draft.step));
    await writeFolder(folder, new Map([...files, [MANIFEST, manifestFile]]));
  } catch (error) {
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
  leaving: Leaving = {},
): Promise<Checkpoint | null> {
  const ranked = await rankedByLoss(join(checkpoints, stage));
  return firstWhole(
    ranked.map(({ folder }) => folder),
    report,
    leaving,
  );
}

/** Reads one checkpoint. Throws AppError `checkpoint-damaged` or, when there is nothing, `checkpoint-missing`. */
export async function readCheckpoint(
  checkpoints: string,
  stage: TrainingStage,
  step: number,
  leaving: Leaving = {},
): Promise<Checkpoint> {
  return readFolder(join(checkpoints, stage, stepName(step)), leaving);
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
    if (!kept.includes(step)) await removeFolder(join(stageFolder, stepName(step)));
  for (const name of await namesIn(stageFolder)) {
    if (name.startsWith(UNFINISHED)) await rm(join(stageFolder, name), { recursive: true, force: true });
  }
}

async function firstWhole(
  candidates: string[],
  report: ReportDamage,
  leaving: Leaving = {},
): Promise<Checkpoint | null> {
  let damage: AppError | undefined;
  for (const folder of candidates) {
    try {
      return await readFolder(folder, leaving);
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

async function readFolder(folder: string, { without = [] }: Leaving): Promise<Checkpoint> {
  const manifest = await readManifest(folder);
  const files = new Map<string, Uint8Array>();
  for (const [file, entry] of Object.entries(manifest.files)) {
    if (without.includes(file)) continue;
    const bytes = await readFile(join(folder, file)).catch((error: Error) => {
      throw damaged(folder, `${file}: ${error.message}`);
    });
    if (sha256(bytes) !== entry.sha256) throw damaged(folder, `${file} differs from its SHA-256`);
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

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  }
}

const STEP_DIGITS = 9;
const STEP_NAME = /^\d{9}$/;
const stepName = (step: number) => String(step).padStart(STEP_DIGITS, '0');
const damaged = (path: string, detail: string) => new AppError('checkpoint-damaged', { path, detail });
const hasCode = (error: unknown, code: string) => (error as NodeJS.ErrnoException).code === code;
