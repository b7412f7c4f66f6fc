/** What a take was made from beside its prompt, as JSON. */
export const takeTasks = `
ALTER TABLE takes ADD COLUMN task TEXT NOT NULL DEFAULT '{"kind":"generate"}';
`;
