/** The pure parts of reading media: packets, presentation time, first bytes, cuts, captions. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isGifCutOff } from '#main/engine/media/gif-blocks.ts';
import { judgeCadence, parsePackets } from '#main/engine/media/packets.ts';
import { lastReason } from '#main/engine/media/run-ffmpeg.ts';
import { framesOnScreen, sampleGrid } from '#main/engine/media/sample-times.ts';
import { sniff } from '#main/engine/media/sniff.ts';
import { cutClips } from '#main/workers/import/cut-clips.ts';
import { parseCaption } from '#main/workers/import/sidecar.ts';

describe('packets', () => {
  const packet = (time: number, duration = 0) => ({
    stream: 0,
    time,
    end: time + duration,
    discarded: false,
  });

  test('real lines of ffprobe', () => {
    const lines =
      'stream_index=0|pts_time=0.000000|duration_time=0.040000|flags=K__\n' +
      'stream_index=1|pts_time=0.021333|duration_time=0.021333|flags=KD_\n' +
      'side_data|side_data_type=Skip Samples\n' +
      'stream_index=0|pts_time=N/A|duration_time=N/A|flags=___\n';
    expect(parsePackets(lines)).toEqual([
      { stream: 0, time: 0, end: 0.04, discarded: false },
      { stream: 1, time: 0.021333, end: 0.042666, discarded: true },
      { stream: 0, time: NaN, end: NaN, discarded: false },
    ]);
  });

  test('milliseconds of Matroska round 24 frames a second, which stay constant', () => {
    const packets = Array.from({ length: 48 }, (_, i) => packet(Math.round((i * 1000) / 24) / 1000));
    const cadence = judgeCadence(packets, 0.001, 24);
    expect(cadence).toMatchObject({ frameCount: 48, variable: false });
    expect(cadence.frameRate).toBeCloseTo(24, 1);
    expect(cadence.end).toBeCloseTo(2, 1);
  });

  test('B-frames come in decoding order; long and short gaps are a variable rate', () => {
    expect(
      judgeCadence(
        [0, 0.12, 0.04, 0.08].map((t) => packet(t, 0.04)),
        1e-5,
        25,
      ),
    ).toMatchObject({
      frameCount: 4,
      variable: false,
      end: 0.16,
    });
    expect(
      judgeCadence(
        [0, 0.1, 0.2, 0.6, 1].map((t) => packet(t)),
        1e-5,
        10,
      ).variable,
    ).toBe(true);
  });

  test('without times the nominal rate serves', () => {
    const cadence = judgeCadence(
      Array.from({ length: 50 }, () => packet(NaN)),
      0.04,
      25,
    );
    expect(cadence).toEqual({ frameRate: 25, frameCount: 50, end: 2, variable: false });
  });
});

describe('presentation time', () => {
  test('a moment shows the last frame that began', () => {
    expect(framesOnScreen([0, 0.1, 0.4, 0.5], sampleGrid(0, 1, 10))).toEqual([0, 1, 1, 1, 2, 3, 3, 3, 3, 3]);
    expect(framesOnScreen([0], sampleGrid(0, 0, 3))).toEqual([0, 0, 0]);
  });

  test('cuts tile the film', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.01, max: 7200, noNaN: true }),
        fc.integer({ min: 1, max: 1e6 }),
        (duration, frames) => {
          const cuts = cutClips(duration, frames);
          expect(cuts[0]!.start).toBe(0);
          expect(cuts.at(-1)!.end).toBeCloseTo(duration, 6);
          cuts.slice(1).forEach((cut, i) => expect(cut.start).toBe(cuts[i]!.end));
          for (const { start, end, frameCount } of cuts) {
            expect(end - start).toBeLessThanOrEqual(4.1);
            expect(frameCount).toBeGreaterThanOrEqual(1);
          }
        },
      ),
    );
    expect(cutClips(60, 600, Infinity)).toEqual([{ start: 0, end: 60, frameCount: 600 }]);
    expect(cutClips(0, 1, Infinity)).toEqual([{ start: 0, end: 0, frameCount: 1 }]);
  });
});

describe('first bytes', () => {
  const bytes = (text: string) => Buffer.from(text, 'latin1');

  test.each([
    ['GIF89a', 'gif'],
    ['RIFF\0\0\0\0WEBPVP8X', 'webp'],
    ['RIFF\0\0\0\0AVI LIST', 'container'],
    ['RIFF\0\0\0\0WAVEfmt ', 'unknown'],
    ['\xff\xd8\xff\xe0', 'jpeg'],
    ['\0\0\0\x20ftypisom', 'container'],
    ['\0\0\0\x20ftypavif', 'unknown'],
    ['\x1aE\xdf\xa3', 'container'],
    ['Once upon a time', 'unknown'],
    ['', 'unknown'],
  ])('%j is %s', (head, format) => expect(sniff(bytes(head)).format).toBe(format));

  test('a chunk before the pixels makes a PNG move', () => {
    const chunk = (type: string, data: string) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(data.length);
      return length.toString('latin1') + type + data + 'CRC.';
    };
    const header = '\x89PNG\r\n\x1a\n' + chunk('IHDR', '\0\0\0\x01\0\0\0\x01\x08\x02\0\0\0');
    const still = header + chunk('IDAT', 'x') + chunk('acTL', '12345678');
    expect(sniff(bytes(still))).toEqual({ format: 'png', pngAlpha: false });
    const moving = header + chunk('tRNS', 'x') + chunk('acTL', '12345678') + chunk('IDAT', 'x');
    expect(sniff(bytes(moving))).toEqual({ format: 'apng', pngAlpha: true });
  });

  test('a GIF that ends within a block was cut off', () => {
    const gif = bytes('GIF89a\x01\0\x01\0\0\0\0' + ',\0\0\0\0\x01\0\x01\0\0' + '\x02\x03abc\0' + ';');
    expect(isGifCutOff(gif)).toBe(false);
    expect(isGifCutOff(gif.subarray(0, -1))).toBe(false);
    expect(isGifCutOff(gif.subarray(0, -3))).toBe(true);
    expect(isGifCutOff(Buffer.concat([gif, bytes('rubbish')]))).toBe(false);
  });
});

describe('words', () => {
  test('captions are UTF-8, on one line, and short', () => {
    const encode = (text: string) => new TextEncoder().encode(text);
    expect(parseCaption(encode('\ufeff 一只企鹅\r\n走路 \n'), 'a.txt')).toBe('一只企鹅 走路');
    expect(() => parseCaption(Uint8Array.of(0xff, 0xfe), 'a.txt')).toThrow(
      expect.objectContaining({ code: 'caption-unreadable' }),
    );
    expect(() => parseCaption(encode('x'.repeat(2001)), 'a.txt')).toThrow('longer than');
  });

  test('the reason of a failure is the last thing that ffmpeg said', () => {
    const said =
      '[mov,mp4 @ 0x55d0] Format mov,mp4 detected only with low score of 1\n' +
      '[mov,mp4 @ 0x55d0] moov atom not found\nfile:/tmp/a b.mp4: Invalid data found when processing input\n';
    expect(lastReason(said)).toBe('Invalid data found when processing input');
    expect(lastReason('[h264 @ 0x1] [x @ 0x2] no frame!\nConversion failed!\n')).toBe('no frame!');
    expect(lastReason('')).toBe('');
  });
});
