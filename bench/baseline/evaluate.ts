/**
 * Measures what another program made of held-out clips, by the code that measures our own runs:
 *
 *     node bench/baseline/evaluate.ts FOLDER [--json]
 *
 * The folder holds what any language can write:
 * - `eval.json`: `{"name": "…", "clips": N, "frames": T, "height": H, "width": W, "bits": [N numbers]}`; `bits` is −log2 p of
 *   all tokens of a clip, given its caption. `"bitsUncaptioned": [N numbers]` is the same without captions, where there is one.
 * - `original.u8`: the clips, N·T·H·W·3 bytes: frames in order, rows from the top, RGB 0 … 255.
 * - `reconstructed.u8`: the same clips, encoded to tokens and decoded.
 * - `generated.u8`, if there are samples: any number of clips of the same size, made from captions of these clips.
 */
import { open, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { table } from '#main/cli/format.ts';
import { bitsPerPixel } from '#main/ml/eval/bits-per-pixel.ts';
import { createReconstructionMeter } from '#main/ml/eval/reconstruction.ts';
import { createMotionComparison } from '#main/ml/eval/motion-comparison.ts';

const count = z.number().int().min(1);
const evalFile = z
  .object({
    name: z.string(),
    ...{ clips: count, frames: count, height: count, width: count },
    bits: z.array(z.number().min(0)),
    bitsUncaptioned: z.array(z.number().min(0)).optional(),
  })
  .refine(({ clips, bits, bitsUncaptioned }) =>
    [bits, bitsUncaptioned ?? bits].every(({ length }) => length === clips),
  );

const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: 'boolean' } } });
const [folder] = positionals;
if (folder === undefined) throw new Error('Which folder? node bench/baseline/evaluate.ts FOLDER [--json]');

const { name, clips, frames, height, width, bits, bitsUncaptioned } = evalFile.parse(
  JSON.parse(await readFile(join(folder, 'eval.json'), 'utf8')),
);
const clipBytes = frames * height * width * 3;

/** The clips of a file, one after the other. Throws when it does not hold whole ones. */
async function* clipsOf(file: string): AsyncGenerator<Uint8Array> {
  const handle = await open(join(folder!, file));
  try {
    const { size } = await handle.stat();
    if (size === 0 || size % clipBytes !== 0)
      throw new Error(`${file}: ${size} bytes are not clips of ${frames}×${height}×${width}×3`);
    for (let at = 0; at < size; at += clipBytes) {
      const clip = new Uint8Array(clipBytes);
      await handle.read(clip, 0, clipBytes, at);
      yield clip;
    }
  } finally {
    await handle.close();
  }
}

const quality = createReconstructionMeter({ width, height });
const motion = createMotionComparison({ width, height }, frames);
const reconstructed = clipsOf('reconstructed.u8');
let measured = 0;
for await (const original of clipsOf('original.u8')) {
  const copy = await reconstructed.next();
  if (copy.done) throw new Error('reconstructed.u8 has fewer clips than original.u8');
  quality.add(original, copy.value);
  motion.addReference(original);
  measured++;
}
if (measured !== clips || !(await reconstructed.next()).done)
  throw new Error(`eval.json speaks of ${clips} clips; the files hold another number`);
const hasSamples = await stat(join(folder, 'generated.u8')).then(
  () => true,
  () => false,
);
if (hasSamples) for await (const clip of clipsOf('generated.u8')) motion.addCompared(clip);

const perPixel = (all: readonly number[]) =>
  bitsPerPixel(
    all.reduce((sum, one) => sum + one * Math.LN2, 0),
    clips * frames * height * width,
  );
const report = {
  ...{ name, clips },
  bitsPerPixel: perPixel(bits),
  bitsPerPixelUncaptioned: bitsUncaptioned ? perPixel(bitsUncaptioned) : null,
  ...quality.result(),
  ...motion.result(),
};
const shown = (value: number | null, digits: number) => value?.toFixed(digits) ?? '–';
console.log(
  values.json
    ? JSON.stringify(report)
    : table(
        ['measure', name],
        [
          ['clips', String(clips)],
          ['bits per pixel', shown(report.bitsPerPixel, 4)],
          ['bits per pixel, no caption', shown(report.bitsPerPixelUncaptioned, 4)],
          ['PSNR (dB)', shown(report.psnr, 2)],
          ['SSIM', shown(report.ssim, 3)],
          ['PSNR of frame differences (dB)', shown(report.temporalPsnr, 2)],
          ['motion distance', shown(report.motionDistance, 4)],
          ['spectrum distance (dB)', shown(report.spectrumDistance, 2)],
        ],
      ),
);
