/** What `reelwright eval` reads and prints. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { evalTable } from '#main/cli/eval-table.ts';
import { readPrompts } from '#main/cli/prompts-file.ts';
import { evalReport } from '#shared/contract/evaluation.ts';
import { temporaryFolder } from '../../fixtures/temporary-folder.ts';

test('a file of prompts has one a line, remarks and empty lines aside', async () => {
  const path = join(temporaryFolder(), 'prompts.txt');
  writeFileSync(path, '\uFEFF# English\r\na red apple\r\n\r\n  # 中文\n  一只猫  \na #hashtag');
  expect(await readPrompts(path)).toEqual(['a red apple', '一只猫', 'a #hashtag']);
  writeFileSync(path, Uint8Array.of(0x61, 0xff, 0xfe));
  await expect(readPrompts(path)).rejects.toMatchObject({ code: 'file-unreadable' });
  await expect(readPrompts(`${path}.missing`)).rejects.toMatchObject({ code: 'file-unreadable' });
});

const quick = evalReport.parse({
  ...{ runId: '01ARZ3NDEKTSV4RRFFQ69G5FAV', split: 'test', clips: 4, tokenLoss: 3, perplexity: 20.09 },
  ...{
    bitsPerPixel: 0.0199,
    captionLoss: 1.5,
    psnr: 27.31,
    ssim: 0.92,
    temporalPsnr: null,
    codebookUse: 0.5,
  },
});

test('the table tells in order what was measured, and nothing of what was not', () => {
  expect(evalTable(quick).split('\n')).toEqual([
    expect.stringMatching(/^measure +test$/),
    expect.stringMatching(/^clips +4$/),
    expect.stringMatching(/^token loss \(nats\) +3\.000$/),
    expect.stringMatching(/^perplexity +20\.1$/),
    expect.stringMatching(/^bits per pixel +0\.0199$/),
    expect.stringMatching(/^caption loss \(nats\) +1\.500$/),
    expect.stringMatching(/^PSNR \(dB\) +27\.31$/),
    expect.stringMatching(/^SSIM +0\.920$/),
    expect.stringMatching(/^codebook in use +50\.0 %$/),
  ]);
});

test('tasks that know where a clip arrives have rows of their own', () => {
  const table = evalTable({ ...quick, inbetweenLoss: 2.5, loopLoss: 2.25 });
  expect(table).toMatch(/token loss, last picture given +2\.500/);
  expect(table).toMatch(/token loss, as a loop +2\.250/);
});

test('takes stand beside real clips', () => {
  const table = evalTable({
    ...quick,
    takes: {
      ...{ prompts: 3, takesOfEach: 2, typicalDistance: 0.1, seedDiversity: 0.456, takes: [] },
      ofTakes: { motionDistance: 0.0123, spectrumDistance: 2.5 },
      ofRealClips: { motionDistance: 0.004, spectrumDistance: 0.75 },
      copyScore: { mean: 0.1, highest: 0.42 },
    },
  });
  expect(table).toMatch(/takes +2 of each of 3 prompts/);
  expect(table).toMatch(/motion distance +0\.0123 \(real clips: 0\.0040\)/);
  expect(table).toMatch(/spectrum distance \(dB\) +2\.50 \(real clips: 0\.75\)/);
  expect(table).toMatch(/copy score +0\.10 on average, 0\.42 at most/);
  expect(table).toMatch(/seed diversity +0\.46/);
});
