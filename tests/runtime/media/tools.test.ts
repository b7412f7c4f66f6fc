/** Tools are really run before they are trusted, and a tool that hangs or is not wanted any more is ended. */
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readRawFrames, runTool, writeRawFrames } from '#main/engine/media/run-ffmpeg.ts';
import { resolveTools } from '#main/engine/media/tools.ts';
import { temporaryFolder } from '../../fixtures/temporary-folder.ts';

async function script(name: string, lines: string): Promise<string> {
  const path = join(temporaryFolder(), name);
  await writeFile(path, `#!/bin/sh\n${lines}\n`);
  await chmod(path, 0o755);
  return path;
}

test('a setting that works goes first; one that does not is passed over', async () => {
  const carried = await resolveTools({ ffmpegPath: '', ffprobePath: '' });
  expect(carried.versions.ffmpeg).not.toBe('');
  const wrapper = await script('ffmpeg', `exec "${carried.ffmpeg}" "$@"`);
  expect((await resolveTools({ ffmpegPath: wrapper, ffprobePath: '' })).ffmpeg).toBe(wrapper);
  const liar = await script('ffmpeg', 'echo "ffmpeg version 99"');
  for (const ffmpegPath of ['/no/such/ffmpeg', liar]) {
    expect((await resolveTools({ ffmpegPath, ffprobePath: '' })).ffmpeg).toBe(carried.ffmpeg);
  }
});

test('a tool that hangs is ended after its time', async () => {
  const hanging = await script('hanging', 'exec sleep 600');
  await expect(runTool(hanging, [], { timeoutMs: 200 })).rejects.toThrow('hung');
  const frames = readRawFrames(hanging, [], 10, { timeoutMs: 200 });
  await expect(frames.next()).rejects.toThrow('hung');
  const endless = (async function* () {
    for (;;) yield new Uint8Array(65_536);
  })();
  await expect(writeRawFrames(hanging, [], endless, { timeoutMs: 200 })).rejects.toThrow('hung');
});

test('cancelling ends a tool', async () => {
  const hanging = await script('hanging', 'exec sleep 600');
  const stop = new AbortController();
  const running = runTool(hanging, [], { timeoutMs: 60_000, signal: stop.signal });
  stop.abort();
  await expect(running).rejects.toMatchObject({ code: 'cancelled' });
});

test('a reader that stops early ends the tool, and a tool that fails says why', async () => {
  const endless = await script('endless', 'exec yes');
  for await (const frame of readRawFrames(endless, [], 4, { timeoutMs: 60_000 })) {
    expect(Buffer.from(frame).toString()).toBe('y\ny\n');
    break;
  }
  const failing = await script('failing', 'echo "[mov @ 0x1] the disk is on fire" >&2; exit 1');
  await expect(runTool(failing, [], { timeoutMs: 60_000 })).rejects.toThrow('the disk is on fire');
});
