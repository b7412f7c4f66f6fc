/** Shipped files are found from source, and in both places where a packager may put them. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { appFolder, findResources, resourcesFolder } from '#main/engine/app-paths.ts';

describe('the folder of shipped files', () => {
  let electronResources: string;
  beforeEach(async () => {
    electronResources = await mkdtemp(join(tmpdir(), 'reelwright-packaged-'));
    await mkdir(join(electronResources, 'app'));
  });
  afterEach(() => rm(electronResources, { recursive: true, force: true }));

  it('lies beside our package.json', () => {
    expect(resourcesFolder).toBe(join(appFolder, 'resources'));
    expect(existsSync(join(resourcesFolder, 'text-encoder', 'manifest.json'))).toBe(true);
  });

  it('is found inside a packaged app', async () => {
    await mkdir(join(electronResources, 'resources'));
    await mkdir(join(electronResources, 'app', 'resources'));
    expect(findResources(join(electronResources, 'app'))).toBe(join(electronResources, 'app', 'resources'));
  });

  it('is found beside a packaged app', async () => {
    await mkdir(join(electronResources, 'resources'));
    expect(findResources(join(electronResources, 'app'))).toBe(join(electronResources, 'resources'));
  });

  it('is named where it should be when it is nowhere', () => {
    expect(findResources(join(electronResources, 'app'))).toBe(join(electronResources, 'app', 'resources'));
  });
});
