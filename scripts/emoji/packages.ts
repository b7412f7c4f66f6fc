/** The npm packages that animated emoji and their names come from: fetched by `npm pack` into a cache, checked, unpacked. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { execa } from 'execa';

export interface Package {
  name: string;
  version: string;
  integrity: string;
  /** What is unpacked of it. */
  members: string[];
}

const emojiPackage = (part: number, integrity: string): Package => ({
  name: `@lobehub/fluent-emoji-anim-${part}`,
  version: '1.0.0',
  integrity,
  members: ['package/assets', 'package/package.json', 'package/README.md'],
});

/** MIT; about 165 MB each, taken one after the other until there are enough emoji. */
export const emojiPackages: readonly Package[] = [
  emojiPackage(
    1,
    'sha512-/4m31vAuZEQ4aUJ5pxcOU5PVkuJya55GRxUZL7+zgLlxZXpzzE8jPqpDyhZICE3n47nS/Y9M5/vLdizi8201QA==',
  ),
  emojiPackage(
    2,
    'sha512-S6yzf0RZXrQbXdxCWuHA9BAoLdBRk2flX+ne4TPGEH/qApwisCAKHoAAGjKSlTY3OVeZ9b7t/NEbmpjawnQYJA==',
  ),
  emojiPackage(
    3,
    'sha512-UzRSUDMjdfdt9vER5bhjHkPqgc3EEgfGtYs6ndvizOTvQOxYQ57ow2RTkWSDZxwW30X4EYBi2eWTS7CXDDoFsg==',
  ),
  emojiPackage(
    4,
    'sha512-IIkl5ztSd1HrzvIDt/uGsFoC1WODXRdYq5uROrnkyqi9DbToEcJ1nlY86PnoUXeFS9nBCnHfiYk3ouSEGThFmA==',
  ),
];

/** MIT; names and tags of emoji in English and Chinese. */
export const namesPackage: Package = {
  name: 'emojibase-data',
  version: '17.0.0',
  integrity:
    'sha512-Yvgb5AWoHViHV/gq1qr5ZAarcBip+B27/ZLRsUJkbgAEaLlZ/fof9g882LTpmEpyhBNEC0m2SEmItljHsTygjA==',
  members: ['package/en/data.json', 'package/zh/data.json', 'package/LICENSE'],
};

/** Returns the folder of the unpacked package; what an earlier call fetched is not fetched again. */
export async function fetchPackage(source: Package, say: (sentence: string) => void): Promise<string> {
  const { name, version, integrity, members } = source;
  const cache = join(cacheFolder(), 'emoji');
  const folder = join(cache, `${name.replace('/', '-').replace('@', '')}-${version}`);
  const wanted = members.map((member) => join(folder, member.slice('package/'.length)));
  if ((await Promise.all(wanted.map(exists))).every(Boolean)) return folder;

  await mkdir(cache, { recursive: true });
  const temporary = await mkdtemp(join(cache, 'fetching-'));
  try {
    say(`Fetching ${name} ${version} …`);
    await execa('npm', ['pack', `${name}@${version}`, '--pack-destination', temporary, '--silent']);
    const tarball = (await readdir(temporary)).find((file) => file.endsWith('.tgz'));
    if (!tarball) throw new Error(`npm pack left no file for ${name}`);
    const found = await sha512(join(temporary, tarball));
    if (found !== integrity) throw new Error(`${name} ${version} is not what it should be (${found})`);
    await execa('tar', ['-xzf', tarball, ...members], { cwd: temporary });
    // What an older version of this script fetched may lack files.
    await rm(folder, { recursive: true, force: true });
    await rename(join(temporary, 'package'), folder);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  return folder;
}

function cacheFolder(): string {
  const { env, platform } = process;
  if (env['XDG_CACHE_HOME']) return join(env['XDG_CACHE_HOME'], 'reelwright');
  if (platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'reelwright');
  if (platform === 'win32' && env['LOCALAPPDATA']) return join(env['LOCALAPPDATA'], 'reelwright', 'cache');
  return join(homedir(), '.cache', 'reelwright');
}

async function sha512(path: string): Promise<string> {
  const hash = createHash('sha512');
  await pipeline(createReadStream(path), hash);
  return `sha512-${hash.digest('base64')}`;
}

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );
