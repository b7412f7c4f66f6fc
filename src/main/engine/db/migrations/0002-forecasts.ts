/** Jobs of any kind, so that a new kind of worker needs no migration (the contract says which there are); measured costs of runs. */
export const forecasts = `
CREATE TABLE jobs_of_any_kind (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  status TEXT NOT NULL
    CHECK (status IN ('queued', 'running', 'done', 'failed', 'cancelled', 'interrupted')),
  title TEXT NOT NULL,
  request TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  started_at INTEGER,
  finished_at INTEGER,
  error TEXT
) STRICT;
INSERT INTO jobs_of_any_kind
  SELECT id, kind, status, title, request, created_at, started_at, finished_at, error FROM jobs;
DROP TABLE jobs;
ALTER TABLE jobs_of_any_kind RENAME TO jobs;
CREATE INDEX jobs_by_status ON jobs (status, id);

-- What a dry run measured; the key stands for the snapshot, the device and the settings that costs depend on.
CREATE TABLE run_costs (
  key TEXT PRIMARY KEY,
  costs TEXT NOT NULL,
  measured_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`;
