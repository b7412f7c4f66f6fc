/** How sure the model was, read back from the tokens of a take. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readConfidence } from '#main/engine/services/take-confidence.ts';
import { temporaryFolder } from '../../fixtures/temporary-folder.ts';

function tokensFile(contents: string): string {
  const path = join(temporaryFolder(), 'tokens.json');
  writeFileSync(path, contents);
  return path;
}

test('each latent frame has the frames that it stands for', async () => {
  const grid = { T: 5, H: 1, W: 2 };
  const path = tokensFile(JSON.stringify({ grid, confidence: [0.1, 0.2, 0.3, 0.4, 0.5, 0.6] }));
  expect(await readConfidence(path, 9)).toEqual({
    rows: 1,
    columns: 2,
    latentFrames: [
      { firstFrame: 0, frameCount: 1, confidence: [0.1, 0.2] },
      { firstFrame: 1, frameCount: 4, confidence: [0.3, 0.4] },
      { firstFrame: 5, frameCount: 4, confidence: [0.5, 0.6] },
    ],
  });
});

test('a file that is missing, broken or without confidence gives none', async () => {
  expect(await readConfidence(join(temporaryFolder(), 'tokens.json'), 9)).toBeNull();
  expect(await readConfidence(tokensFile('{"grid"'), 9)).toBeNull();
  expect(await readConfidence(tokensFile('{"grid":{"H":1,"W":2},"confidence":[2]}'), 9)).toBeNull();
});
