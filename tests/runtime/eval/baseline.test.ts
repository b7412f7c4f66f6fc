/** The entry that measures another program's clips, on files as Python would write them. */
import { execa } from 'execa';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../fixtures/temporary-folder.ts';

const entry = fileURLToPath(new URL('../../../bench/baseline/evaluate.ts', import.meta.url));
const [clips, frames, height, width] = [2, 3, 4, 5];
const frameBytes = height * width * 3;

/** Each clip stands still on its own grey, and is given back with one value more, in the last frame with three more. */
function writeFolder(bits: number[]): string {
  const folder = temporaryFolder();
  const original = Uint8Array.from({ length: clips * frames * frameBytes }, (_, i) =>
    i < frames * frameBytes ? 40 : 90,
  );
  const copy = original.map((value, i) => value + (Math.floor(i / frameBytes) % frames === 2 ? 3 : 1));
  writeFileSync(join(folder, 'original.u8'), original);
  writeFileSync(join(folder, 'reconstructed.u8'), copy);
  writeFileSync(
    join(folder, 'eval.json'),
    JSON.stringify({ name: 'peer', clips, frames, height, width, bits }),
  );
  return folder;
}

const evaluate = (folder: string, ...options: string[]) =>
  execa(process.execPath, [entry, folder, ...options], { reject: false });

test('gives the measures of our own runs', async () => {
  const folder = writeFolder([30, 90]);
  const { stdout } = await evaluate(folder, '--json');
  const report = JSON.parse(stdout) as Record<string, number | null>;
  expect(report).toMatchObject({
    name: 'peer',
    clips: 2,
    bitsPerPixelUncaptioned: null,
    motionDistance: null,
  });
  // 120 bits for 2 · 3 · 4 · 5 pixels.
  expect(report['bitsPerPixel']).toBeCloseTo(1, 12);
  // Squared errors 1, 1, 9; differences of errors 0 and 2.
  expect(report['psnr']).toBeCloseTo(-10 * Math.log10(11 / 3 / 255 ** 2), 9);
  expect(report['temporalPsnr']).toBeCloseTo(-10 * Math.log10(2 / 255 ** 2), 9);
  expect(report['ssim']).toBeGreaterThan(0.99);

  // Samples that change by 51 of 255 once, in a clip of three frames, beside clips that stand still.
  const sample = new Uint8Array(frames * frameBytes).fill(51, 2 * frameBytes);
  writeFileSync(join(folder, 'generated.u8'), sample);
  const moved = JSON.parse((await evaluate(folder, '--json')).stdout) as Record<string, number>;
  expect(moved['motionDistance']).toBeCloseTo(0.1, 9);
  expect(moved['spectrumDistance']).toBeGreaterThan(10);
  expect((await evaluate(folder)).stdout).toMatch(/bits per pixel +1\.0000/);
});

test('refuses files that do not fit together', async () => {
  expect((await evaluate(writeFolder([30]))).exitCode).not.toBe(0);
  const folder = writeFolder([30, 90]);
  writeFileSync(join(folder, 'reconstructed.u8'), new Uint8Array(frames * frameBytes));
  const { exitCode, stderr } = await evaluate(folder);
  expect(exitCode).not.toBe(0);
  expect(stderr).toContain('fewer clips');
});
