/** A workspace on a disk of one megabyte: everything that meets the end of it says so. Needs the right to mount. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { newId } from '#main/engine/ids.ts';
import { startEngine } from '#main/engine/engine.ts';
import { jobEnds, testEngine } from '../../fixtures/engine.ts';
import { mayMount } from '../../fixtures/may-mount.ts';
import { temporaryFolder } from '../../fixtures/temporary-folder.ts';

const fixtureClips = fileURLToPath(new URL('../../fixtures/clips', import.meta.url));

test.skipIf(!mayMount)('import, upload, settings and start on a full disk', async () => {
  const disk = join(temporaryFolder(), 'disk');
  mkdirSync(disk);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk]);
  onTestFinished(() => void execFileSync('umount', [disk]));
  const full = { code: 'disk-full' };
  const { engine, client, workspace } = await testEngine({ workspace: join(disk, 'workspace') });

  const { id } = await client.call('imports.start', { paths: [fixtureClips] });
  const job = await jobEnds(client, id);
  const report = await client.call('imports.report', { jobId: id });
  const reasons = [job.error?.code, ...report.items.map((item) => item.reason?.code)];
  expect(reasons).toContain('disk-full');
  expect((await client.call('library.stats', {})).assets).toBe(report.imported);

  const uploaded = await fetch(`${engine.url}/upload/${newId()}/a.mp4`, {
    method: 'PUT',
    headers: { Authorization: `Bearer ${engine.token}` },
    body: Buffer.alloc(2_000_000),
  });
  expect(uploaded.status).toBe(507);
  expect(await uploaded.json()).toMatchObject(full);
  expect(readdirSync(join(workspace, 'uploads'))).toEqual([]);

  expect(() => writeFileSync(join(disk, 'rest'), Buffer.alloc(2_000_000))).toThrow('ENOSPC');
  const long = 'x'.repeat(200_000);
  await expect(client.call('settings.set', { ffmpegPath: long })).rejects.toMatchObject(full);
  await expect(startEngine({ workspace: join(disk, 'another') })).rejects.toMatchObject(full);
  await engine.close();
});
