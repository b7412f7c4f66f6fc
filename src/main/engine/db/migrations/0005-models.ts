/** Model packages that were used here: takes are made by a run or by one of them, and runs may start from one. */
export const models = `
-- Named by the hash of its manifest, which holds those of its files. A row stays when the package has been replaced by a newer one.
CREATE TABLE models (
  sha256 TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  version TEXT NOT NULL,
  first_used_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

ALTER TABLE runs ADD COLUMN base_model TEXT REFERENCES models (sha256);

CREATE TABLE takes_of_any_model (
  id TEXT PRIMARY KEY,
  run_id TEXT REFERENCES runs (id),
  model TEXT REFERENCES models (sha256),
  job_id TEXT NOT NULL REFERENCES jobs (id),
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
  removed_at INTEGER,
  CHECK ((run_id IS NULL) <> (model IS NULL))
) STRICT;
INSERT INTO takes_of_any_model
  SELECT id, run_id, NULL, job_id, prompt, sampling, created_at, status, frames_done, frame_count, width, height,
    frame_rate, has_video, removed_at FROM takes;
DROP TABLE takes;
ALTER TABLE takes_of_any_model RENAME TO takes;
CREATE INDEX takes_by_run ON takes (run_id, id);
CREATE INDEX takes_by_job ON takes (job_id, id);
`;
