/** The database's tables as kysely sees them; the truth is in the migrations. Flags are 0 or 1, JSON is text. */
import type { Generated } from 'kysely';
import type { SplitName } from '#shared/contract/common.ts';
import type { JobKind, JobStatus } from '#shared/contract/jobs.ts';
import type { TrainingStage } from '#shared/contract/training.ts';

export interface AssetsTable {
  id: string;
  content_hash: string;
  path: string;
  name: string;
  bytes: number;
  modified_at: number;
  kind: 'video' | 'animation' | 'image';
  format: string;
  width: number;
  height: number;
  duration: number;
  frame_rate: number;
  frame_count: number;
  has_alpha: number;
  has_audio: number;
  variable_frame_rate: number;
  rotation: number;
  created_at: number;
}

export interface ClipsTable {
  key: Generated<number>;
  id: string;
  asset_id: string;
  start: number;
  end: number;
  frame_count: number;
  thumbnail: string;
  strip: string;
  perceptual_hashes: string;
  caption: string;
  group_id: string;
  created_at: number;
  removed_at: number | null;
}

export interface ClipSearchTable {
  rowid: number;
  clip_search: string;
  name: string;
  caption: string;
}

export interface JobsTable {
  id: string;
  kind: JobKind;
  status: JobStatus;
  title: string;
  request: string;
  created_at: number;
  started_at: number | null;
  finished_at: number | null;
  error: string | null;
  notices: Generated<string>;
}

export interface AttemptsTable {
  id: string;
  job_id: string;
  pid: number | null;
  status: Exclude<JobStatus, 'queued'>;
  started_at: number;
  finished_at: number | null;
  error: string | null;
}

export interface ImportItemsTable {
  job_id: string;
  path: string;
  outcome: 'imported' | 'duplicate' | 'skipped' | 'failed';
  reason: string | null;
  clips: number;
}

export interface SnapshotsTable {
  id: string;
  name: string;
  created_at: number;
  seed: number;
  ratio: string;
  parts: string;
  hash: string;
}

export interface SnapshotMembersTable {
  snapshot_id: string;
  clip_id: string;
  name: string;
  caption: string;
  split: SplitName;
}

export interface RunsTable {
  id: string;
  name: string;
  snapshot_id: string;
  job_id: string;
  created_at: number;
  config: string;
  deleted_at: number | null;
  base_model: string | null;
}

export interface CheckpointsTable {
  run_id: string;
  stage: TrainingStage;
  step: number;
  val_loss: number | null;
  best: number;
  created_at: number;
}

export interface MetricsTable {
  run_id: string;
  stage: TrainingStage;
  name: string;
  step: number;
  epoch: number;
  value: number;
}

export interface EvalReportsTable {
  job_id: string;
  run_id: string;
  report: string;
}

export interface ModelsTable {
  sha256: string;
  name: string;
  version: string;
  first_used_at: number;
}

export interface TakesTable {
  id: string;
  run_id: string | null;
  model: string | null;
  job_id: string;
  prompt: string;
  task: Generated<string>;
  sampling: string;
  created_at: number;
  status: 'running' | 'done' | 'stopped' | 'failed';
  frames_done: number;
  frame_count: number;
  width: number;
  height: number;
  frame_rate: number;
  has_video: number;
  removed_at: number | null;
}

export interface CaptionSuggestionsTable {
  job_id: string;
  clip_id: string;
  text: string;
  log_probability: number;
}

export interface RunCostsTable {
  key: string;
  costs: string;
  measured_at: number;
}

export interface SettingsTable {
  key: string;
  value: string;
}

export interface Tables {
  assets: AssetsTable;
  clips: ClipsTable;
  clip_search: ClipSearchTable;
  jobs: JobsTable;
  attempts: AttemptsTable;
  import_items: ImportItemsTable;
  snapshots: SnapshotsTable;
  snapshot_members: SnapshotMembersTable;
  runs: RunsTable;
  checkpoints: CheckpointsTable;
  metrics: MetricsTable;
  eval_reports: EvalReportsTable;
  models: ModelsTable;
  takes: TakesTable;
  caption_suggestions: CaptionSuggestionsTable;
  run_costs: RunCostsTable;
  settings: SettingsTable;
}
