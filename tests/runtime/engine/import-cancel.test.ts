/** An import that is cancelled half-way, with the real worker: it stops, keeps what is whole, and goes on when resumed. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { jobEnds, testEngine } from '../../fixtures/engine.ts';

const fixtureClips = fileURLToPath(new URL('../../fixtures/clips', import.meta.url));

test('a cancelled import keeps the clips that are in, leaves nothing half, and brings in the rest when resumed', async () => {
  const { client, workspace } = await testEngine();
  const oneIsIn = new Promise<void>((resolve) => {
    client.listen('library.changed', ({ clips }) => {
      if (clips > 0) resolve();
    });
  });
  const { id } = await client.call('imports.start', { paths: [fixtureClips] });
  await oneIsIn;
  expect(await client.call('jobs.cancel', { jobId: id })).toMatchObject({
    status: 'cancelled',
    canResume: true,
    error: { code: 'cancelled' },
  });

  const { imported } = await client.call('imports.report', { jobId: id });
  expect(imported).toBeGreaterThan(0);
  expect(imported).toBeLessThan(14);
  expect(await client.call('library.stats', {})).toMatchObject({ assets: imported });
  const stored = readdirSync(join(workspace, 'store'), { recursive: true, encoding: 'utf8' });
  expect(stored.filter((name) => name.endsWith('.tmp'))).toEqual([]);

  await client.call('jobs.resume', { jobId: id });
  expect(await jobEnds(client, id)).toMatchObject({ status: 'done', attempts: 2 });
  expect(await client.call('imports.report', { jobId: id })).toMatchObject({ imported: 14, failed: 0 });
  expect(await client.call('library.stats', {})).toMatchObject({ assets: 14 });
});
