/** Several takes may be made by one job. */
export const takesOfAJob = `
CREATE TABLE takes_of_a_job (
  id TEXT PRIMARY KEY,
  run_id TEXT NOT NULL REFERENCES runs (id),
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
  removed_at INTEGER
) STRICT;
INSERT INTO takes_of_a_job
  SELECT id, run_id, job_id, prompt, sampling, created_at, status, frames_done, frame_count, width, height, frame_rate,
    has_video, removed_at FROM takes;
DROP TABLE takes;
ALTER TABLE takes_of_a_job RENAME TO takes;
CREATE INDEX takes_by_run ON takes (run_id, id);
CREATE INDEX takes_by_job ON takes (job_id, id);
`;
