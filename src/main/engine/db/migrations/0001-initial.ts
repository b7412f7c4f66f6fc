/** The first schema: library, jobs, splits, runs, takes, settings. */
export const initial = `
CREATE TABLE assets (
  id TEXT PRIMARY KEY,
  content_hash TEXT NOT NULL UNIQUE,
  path TEXT NOT NULL,
  name TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  modified_at INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('video', 'animation', 'image')),
  format TEXT NOT NULL,
  width INTEGER NOT NULL,
  height INTEGER NOT NULL,
  duration REAL NOT NULL,
  frame_rate REAL NOT NULL,
  frame_count INTEGER NOT NULL,
  has_alpha INTEGER NOT NULL,
  has_audio INTEGER NOT NULL,
  variable_frame_rate INTEGER NOT NULL,
  rotation INTEGER NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

-- An explicit integer key, because the search index refers to it and VACUUM may renumber hidden ones.
CREATE TABLE clips (
  key INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  asset_id TEXT NOT NULL REFERENCES assets (id),
  start REAL NOT NULL,
  "end" REAL NOT NULL,
  frame_count INTEGER NOT NULL,
  thumbnail TEXT NOT NULL,
  strip TEXT NOT NULL,
  perceptual_hashes TEXT NOT NULL,
  caption TEXT NOT NULL,
  group_id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  removed_at INTEGER
) STRICT;
CREATE INDEX clips_by_asset ON clips (asset_id);
CREATE INDEX clips_by_group ON clips (group_id);
CREATE INDEX clips_by_age ON clips (created_at, id) WHERE removed_at IS NULL;

-- Trigrams, because Chinese has no spaces between words.
CREATE VIRTUAL TABLE clip_search USING fts5 (name, caption, tokenize = 'trigram remove_diacritics 1');
CREATE TRIGGER clips_search_insert AFTER INSERT ON clips BEGIN
  INSERT INTO clip_search (rowid, name, caption)
  VALUES (new.key, (SELECT name FROM assets WHERE id = new.asset_id), new.caption);
END;
CREATE TRIGGER clips_search_caption AFTER UPDATE OF caption ON clips BEGIN
  UPDATE clip_search SET caption = new.caption WHERE rowid = new.key;
END;
CREATE TRIGGER clips_search_delete AFTER DELETE ON clips BEGIN
  DELETE FROM clip_search WHERE rowid = old.key;
END;

CREATE TABLE jobs (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('import', 'train', 'eval', 'generate', 'caption')),
  status TEXT NOT NULL
    CHECK (status IN ('queued', 'running', 'done', 'failed', 'cancelled', 'interrupted')),
  title TEXT NOT NULL,
  request TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  started_at INTEGER,
  finished_at INTEGER,
  error TEXT
) STRICT;
CREATE INDEX jobs_by_status ON jobs (status, id);

CREATE TABLE attempts (
  id TEXT PRIMARY KEY,
  job_id TEXT NOT NULL REFERENCES jobs (id),
  pid INTEGER,
  status TEXT NOT NULL CHECK (status IN ('running', 'done', 'failed', 'cancelled', 'interrupted')),
  started_at INTEGER NOT NULL,
  finished_at INTEGER,
  error TEXT
) STRICT;
CREATE INDEX attempts_by_job ON attempts (job_id, id);

CREATE TABLE import_items (
  job_id TEXT NOT NULL REFERENCES jobs (id),
  path TEXT NOT NULL,
  outcome TEXT NOT NULL CHECK (outcome IN ('imported', 'duplicate', 'skipped', 'failed')),
  reason TEXT,
  clips INTEGER NOT NULL,
  PRIMARY KEY (job_id, path)
) STRICT, WITHOUT ROWID;

CREATE TABLE snapshots (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  seed INTEGER NOT NULL,
  ratio TEXT NOT NULL,
  parts TEXT NOT NULL,
  hash TEXT NOT NULL
) STRICT;
CREATE TABLE snapshot_members (
  snapshot_id TEXT NOT NULL REFERENCES snapshots (id),
  clip_id TEXT NOT NULL REFERENCES clips (id),
  name TEXT NOT NULL,
  caption TEXT NOT NULL,
  split TEXT NOT NULL CHECK (split IN ('train', 'val', 'test')),
  PRIMARY KEY (snapshot_id, clip_id)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER snapshots_are_immutable BEFORE UPDATE ON snapshots BEGIN
  SELECT RAISE (ABORT, 'snapshots are immutable');
END;
CREATE TRIGGER snapshot_members_are_immutable BEFORE UPDATE ON snapshot_members BEGIN
  SELECT RAISE (ABORT, 'snapshots are immutable');
END;

-- A deleted run keeps its row, so that its takes still say where they came from.
CREATE TABLE runs (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  snapshot_id TEXT NOT NULL REFERENCES snapshots (id),
  job_id TEXT NOT NULL UNIQUE REFERENCES jobs (id),
  created_at INTEGER NOT NULL,
  config TEXT NOT NULL,
  deleted_at INTEGER
) STRICT;
CREATE TABLE checkpoints (
  run_id TEXT NOT NULL REFERENCES runs (id),
  stage TEXT NOT NULL CHECK (stage IN ('tokenizer', 'gpt')),
  step INTEGER NOT NULL,
  val_loss REAL,
  best INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (run_id, stage, step)
) STRICT, WITHOUT ROWID;
CREATE TABLE metrics (
  run_id TEXT NOT NULL REFERENCES runs (id),
  stage TEXT NOT NULL CHECK (stage IN ('tokenizer', 'gpt')),
  name TEXT NOT NULL,
  step INTEGER NOT NULL,
  epoch REAL NOT NULL,
  value REAL NOT NULL,
  PRIMARY KEY (run_id, stage, name, step)
) STRICT, WITHOUT ROWID;
CREATE TABLE eval_reports (
  job_id TEXT PRIMARY KEY REFERENCES jobs (id),
  run_id TEXT NOT NULL REFERENCES runs (id),
  report TEXT NOT NULL
) STRICT;

CREATE TABLE takes (
  id TEXT PRIMARY KEY,
  run_id TEXT NOT NULL REFERENCES runs (id),
  job_id TEXT NOT NULL UNIQUE REFERENCES jobs (id),
  prompt TEXT NOT NULL,
  sampling TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('running', 'done', 'stopped', 'failed')),
  frames_done INTEGER NOT NULL,
  frame_count INTEGER NOT NULL,
  width INTEGER NOT NULL,
  height INTEGER NOT NULL,
  frame_rate REAL NOT NULL,
  has_video INTEGER NOT NULL,
  removed_at INTEGER
) STRICT;
CREATE INDEX takes_by_run ON takes (run_id, id);

CREATE TABLE caption_suggestions (
  job_id TEXT NOT NULL REFERENCES jobs (id),
  clip_id TEXT NOT NULL REFERENCES clips (id),
  text TEXT NOT NULL,
  log_probability REAL NOT NULL,
  PRIMARY KEY (job_id, clip_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE settings (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
`;
