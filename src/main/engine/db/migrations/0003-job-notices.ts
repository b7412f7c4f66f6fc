/** What a user should know about a job's newest attempt although it goes on: errors as JSON. */
export const jobNotices = `
ALTER TABLE jobs ADD COLUMN notices TEXT NOT NULL DEFAULT '[]';
`;
