/** Model packages: what is exported is what is read, and what is damaged, foreign or hostile is refused by name. */
import { createHash } from 'node:crypto';
import { appendFile, readdir, readFile, rm, truncate, utimes, writeFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { modelPackageManifest, type ModelPackageManifest } from '#main/ml/format/model-package.ts';
import { readSafetensors, writeSafetensors, type SafeTensor } from '#main/ml/format/safetensors.ts';
import { generateTakes } from '#main/workers/generate/generate-take.ts';
import { loadModel, readModel } from '#main/workers/runtime/load-checkpoint.ts';
import { resolveTools } from '#main/engine/media/tools.ts';
import { sampling } from '#shared/contract/generation.ts';
import { Random } from '#shared/domain/random.ts';
import { temporaryFolder } from '../../fixtures/temporary-folder.ts';
import { failOnDamage, tinyPackage } from './package-fixture.ts';
import { quietContext } from '../quiet-context.ts';

const compute = { device: 'cpu', threads: 1 } as const;
const open = (folder: string) => loadModel(folder, compute, failOnDamage);
const read = (folder: string) => readModel(folder, failOnDamage);

const manifestOf = async (folder: string): Promise<ModelPackageManifest> =>
  modelPackageManifest.parse(JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')));

const hash = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

async function filesOf(folder: string): Promise<Map<string, string>> {
  const names = (await readdir(folder)).toSorted();
  return new Map(
    await Promise.all(
      names.map(async (name): Promise<[string, string]> => [name, hash(await readFile(join(folder, name)))]),
    ),
  );
}

/** Writes a file of a package together with the hash that it then has: only its contents are wrong. */
async function forge(folder: string, name: keyof ModelPackageManifest['files'], bytes: Uint8Array) {
  const manifest = await manifestOf(folder);
  const files = { ...manifest.files, [name]: { bytes: bytes.length, sha256: hash(bytes) } };
  await writeFile(join(folder, name), bytes);
  await writeFile(join(folder, 'manifest.json'), JSON.stringify({ ...manifest, files }));
}

async function changeManifest(folder: string, changes: object) {
  const manifest = await manifestOf(folder);
  await writeFile(join(folder, 'manifest.json'), JSON.stringify({ ...manifest, ...changes }));
}

describe('what is exported', () => {
  test('is the run: same weights, same tokens of a clip, and of the same seed the same take', async () => {
    const { runFolder, folder } = await tinyPackage(temporaryFolder());
    const [run, shipped] = [await open(runFolder), await open(folder)];
    expect(shipped.gptWeights).toEqual(run.gptWeights);
    expect(shipped.tokenizerWeights).toEqual(run.tokenizerWeights);
    expect(shipped.textEncoding.merges).toEqual(run.textEncoding.merges);
    expect(shipped.valLoss).toBe(run.valLoss);

    const random = Random.seeded(1, 'window');
    const window = Uint8Array.from({ length: 9 * 16 * 16 * 3 }, () => random.integer(256));
    expect(await shipped.tokenizer.encode(window)).toEqual(await run.tokenizer.encode(window));
    await Promise.all([run.tokenizer.dispose(), shipped.tokenizer.dispose()]);

    const take = async (runFolder: string) => {
      const takeFolder = temporaryFolder();
      const tools = await resolveTools({ ffmpegPath: '', ffprobePath: '' });
      const { seed, ...steered } = sampling.parse({ steps: 2, seed: 7 });
      const takes = [{ folder: takeFolder, seed }];
      const spec = { ...compute, tools, runFolder, takes, prompt: 'a turtle', sampling: steered };
      const task = { kind: 'generate' } as const;
      await generateTakes({ ...spec, task, frameRate: 8 }, quietContext({ notice: failOnDamage }));
      return JSON.parse(await readFile(join(takeFolder, 'tokens.json'), 'utf8')) as Record<string, unknown>;
    };
    const { checkpoint, ...byRun } = await take(runFolder);
    const { model, ...byPackage } = await take(folder);
    expect(byPackage).toEqual(byRun);
    expect(checkpoint).toEqual({ stage: 'gpt', step: 1 });
    const sha256 = (await filesOf(folder)).get('manifest.json');
    expect(model).toEqual({ name: 'Tiny base', version: '1.2.3', sha256 });
  });

  test.each([
    ['float16', 2 ** -11, 0.55],
    ['int8', 1 / 254 + 1e-6, 0.42],
  ] as const)('as %s is close to the run, and smaller', async (precision, off, size) => {
    const parent = temporaryFolder();
    const { runFolder, folder } = await tinyPackage(parent);
    const small = await tinyPackage(parent, { runFolder, precision, folder: join(parent, precision) });
    const [run, shipped] = [await read(runFolder), await read(small.folder)];
    for (const part of ['gptWeights', 'tokenizerWeights'] as const) {
      for (const [name, exact] of run[part]) {
        const largest = exact.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
        const found = shipped[part].get(name)!;
        expect(found).not.toBe(exact);
        const error = found.reduce((most, value, i) => Math.max(most, Math.abs(value - exact[i]!)), 0);
        expect(error, name).toBeLessThanOrEqual(off * largest);
      }
    }
    const [whole, less] = [(await manifestOf(folder)).files, (await manifestOf(small.folder)).files];
    expect(less['gpt.safetensors'].bytes).toBeLessThan(size * whole['gpt.safetensors'].bytes);
  });

  test('is the same bytes again, says where it came from, and brings a card', async () => {
    const parent = temporaryFolder();
    const { runFolder, folder } = await tinyPackage(parent);
    await tinyPackage(parent, { runFolder, folder: join(parent, 'again') });
    expect(await filesOf(join(parent, 'again'))).toEqual(await filesOf(folder));
    expect([...(await filesOf(folder)).keys()]).toEqual(
      ['MODEL_CARD.md', 'gpt.safetensors', 'manifest.json', 'text.json', 'tokenizer.safetensors'].toSorted(),
    );
    const manifest = await manifestOf(folder);
    const gpt = await readFile(join(runFolder, 'checkpoints', 'gpt', '000000001', 'weights.safetensors'));
    expect(manifest.provenance).toMatchObject({
      snapshot: { id: 'snapshot', hash: 'hash' },
      gpt: { step: 1, epoch: 1, sha256: hash(gpt) },
      startedFrom: null,
    });
    const card = await readFile(join(folder, 'MODEL_CARD.md'), 'utf8');
    expect(card).toContain('# Tiny base 1.2.3');
    expect(card).toContain(manifest.files['gpt.safetensors'].sha256);
  });

  test('replaces a package when told to, and never anything else', async () => {
    const parent = temporaryFolder();
    const { runFolder, folder } = await tinyPackage(parent);
    await expect(tinyPackage(parent, { runFolder })).rejects.toMatchObject({ code: 'file-exists' });
    await tinyPackage(parent, { runFolder, overwrite: true, version: '2.0.0' });
    expect(await manifestOf(folder)).toMatchObject({ version: '2.0.0' });

    const precious = join(parent, 'precious');
    await mkdir(precious);
    await writeFile(join(precious, 'novel.txt'), 'years of work');
    const over = () => tinyPackage(parent, { runFolder, overwrite: true, folder: precious });
    await expect(over()).rejects.toMatchObject({ code: 'file-exists', params: { path: precious } });
    // Not even beside a manifest, or what a package left of itself.
    await writeFile(join(precious, 'manifest.json'), '{}');
    await expect(over()).rejects.toMatchObject({ code: 'file-exists' });
    expect(await readdir(precious)).toEqual(['manifest.json', 'novel.txt']);
    expect((await readdir(parent)).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  test('needs no optimizer state, damaged or not', async () => {
    const parent = temporaryFolder();
    const { runFolder } = await tinyPackage(parent);
    const optimizer = join(runFolder, 'checkpoints', 'gpt', '000000001', 'optimizer.safetensors');
    await truncate(optimizer, 100);
    await utimes(join(runFolder, 'checkpoints', 'gpt', '000000001', 'manifest.json'), 1, 1);
    await tinyPackage(parent, { runFolder, folder: join(parent, 'again') });
    expect(await manifestOf(join(parent, 'again'))).toMatchObject({ created: '1970-01-01T00:00:01.000Z' });
    await rm(optimizer);
    expect((await read(runFolder)).valLoss).toBe(1);
  });

  test('says what cannot be put into a manifest', async () => {
    const parent = temporaryFolder();
    const wrong = tinyPackage(parent, { name: ' ' });
    await expect(wrong).rejects.toMatchObject({ code: 'invalid-input', params: { field: 'name' } });
    const nowhere = { runFolder: join(parent, 'none'), folder: join(parent, 'package') };
    await expect(tinyPackage(parent, nowhere)).rejects.toMatchObject({ code: 'checkpoint-missing' });
  });
});

describe('a package is refused, and the file named,', () => {
  const flip = async (path: string) => {
    const bytes = await readFile(path);
    bytes[bytes.length - 5]! ^= 1;
    await writeFile(path, bytes);
  };
  const cut = async (path: string) => truncate(path, (await readFile(path)).length - 1);
  const files = ['tokenizer.safetensors', 'gpt.safetensors', 'text.json'];
  const damages = files.flatMap((name): [string, (folder: string) => Promise<unknown>, RegExp][] => [
    [`${name} with a flipped bit`, (folder) => flip(join(folder, name)), /differs from its SHA-256/],
    [`${name} cut short`, (folder) => cut(join(folder, name)), /bytes instead of/],
    [`${name} with more at its end`, (folder) => appendFile(join(folder, name), ' '), /at most are expected/],
    [`${name} missing`, (folder) => rm(join(folder, name)), /no such file/],
  ]);

  test.each(damages)('%s', async (damage, act, problem) => {
    const { folder } = await tinyPackage(temporaryFolder());
    await act(folder);
    const refusal = await read(folder).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'model-damaged', params: { path: folder } });
    const { detail } = (refusal as { params: { detail: string } }).params;
    expect(detail).toMatch(problem);
    expect(detail).toContain(damage.split(' ')[0]);
  });

  test.each<[string, (folder: string) => Promise<unknown>, RegExp]>([
    ['a manifest that is no JSON', (f) => writeFile(join(f, 'manifest.json'), '{"kind":'), /manifest\.json/],
    ['a manifest of another kind', (f) => changeManifest(f, { kind: 'cake' }), /manifest\.json: kind/],
    ['a manifest as large as a film', (f) => truncate(join(f, 'manifest.json'), 2 ** 21), /at most/],
    [
      'a setting out of range',
      (f) => changeManifest(f, { config: { window: { size: 9e9 } } }),
      /config\.window/,
    ],
    [
      'sizes that do not go together',
      (f) => changeManifest(f, { config: { window: { frames: 8, size: 16 } } }),
      /8 frames are not/,
    ],
    [
      'a file that it names beside its own',
      async (f) => {
        const { files } = await manifestOf(f);
        await changeManifest(f, { files: { ...files, '../elsewhere.json': files['text.json'] } });
      },
      /manifest\.json: files/,
    ],
    [
      'weights of another model',
      async (f) => {
        const { config } = await manifestOf(f);
        await changeManifest(f, {
          config: { ...config, gpt: { model: { ...config.gpt.model, width: 64 } } },
        });
      },
      /gpt\.safetensors: "embedding\.task" has the shape/,
    ],
    [
      'a file larger than the model can be',
      async (f) => {
        const { files } = await manifestOf(f);
        const gpt = { ...files['gpt.safetensors'], bytes: 0xffffffff };
        await truncate(join(f, 'gpt.safetensors'), 0xffffffff);
        await changeManifest(f, { files: { ...files, 'gpt.safetensors': gpt } });
      },
      /gpt\.safetensors has 4294967295 bytes, \d{6} at most/,
    ],
    [
      'a header that claims more than there is',
      async (f) => {
        const bytes = await readFile(join(f, 'gpt.safetensors'));
        bytes.writeBigUInt64LE(2n ** 62n, 0);
        await forge(f, 'gpt.safetensors', bytes);
      },
      /gpt\.safetensors: header length/,
    ],
    [
      'a shape that claims more than there is',
      async (f) => {
        const header = JSON.stringify({
          w: { dtype: 'F32', shape: [2 ** 40, 2 ** 12], data_offsets: [0, 4] },
        });
        const bytes = Buffer.alloc(8 + header.length + 4);
        bytes.writeBigUInt64LE(BigInt(header.length), 0);
        bytes.write(header, 8);
        await forge(f, 'gpt.safetensors', bytes);
      },
      /gpt\.safetensors: "w"\.data_offsets/,
    ],
    [
      'merges whose tokens would fill the memory',
      (f) => {
        const merges = Array.from({ length: 40 }, (_, i) => (i === 0 ? [10, 10] : [259 + i, 259 + i]));
        const text = JSON.stringify({ kind: 'byte-pair-encoding', merges });
        return forge(f, 'text.json', new TextEncoder().encode(text));
      },
      /text\.json.*tokens too long/s,
    ],
  ])('%s', async (_, act, problem) => {
    const { folder } = await tinyPackage(temporaryFolder());
    await act(folder);
    const refusal = await read(folder).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'model-damaged', params: { path: folder } });
    expect((refusal as { params: { detail: string } }).params.detail).toMatch(problem);
  });

  type Tensors = Map<string, SafeTensor>;
  test.each<[string, (tensors: Tensors) => void, RegExp]>([
    ['a tensor missing', (t) => t.delete('norm'), /"norm": expected/],
    ['a tensor too many', (t) => t.set('virus', t.get('norm')!), /"virus" is no part of the model/],
    [
      'a tensor transposed',
      (t) => {
        const { shape, ...rest } = t.get('head.video')!;
        t.set('head.video', { ...rest, shape: shape.toReversed() });
      },
      /"head\.video" has the shape/,
    ],
    [
      'a tensor of whole numbers',
      (t) => t.set('norm', { dtype: 'I32', shape: [32], data: new Int32Array(32) }),
      /"norm": expected F32, F16, BF16, or I8 with its scale/,
    ],
    [
      'bytes without a scale',
      (t) => t.set('head.video', { dtype: 'I8', shape: [32, 1000], data: new Int8Array(32_000) }),
      /"head\.video": expected/,
    ],
  ])('%s', async (_, change, problem) => {
    const { folder } = await tinyPackage(temporaryFolder());
    const { tensors } = readSafetensors(await readFile(join(folder, 'gpt.safetensors')));
    change(tensors);
    await forge(folder, 'gpt.safetensors', writeSafetensors(tensors));
    const refusal = await read(folder).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'model-damaged' });
    expect((refusal as { params: { detail: string } }).params.detail).toMatch(problem);
  });

  test('a newer format, even if nothing else of it is understood', async () => {
    const { folder } = await tinyPackage(temporaryFolder());
    const future = { kind: 'reelwright-model', format: 2, everything: 'different' };
    await writeFile(join(folder, 'manifest.json'), JSON.stringify(future));
    await expect(read(folder)).rejects.toMatchObject({
      code: 'model-newer',
      params: { path: folder, found: 2, known: 1 },
    });
  });

  test('but other files beside its own harm nobody', async () => {
    const { folder } = await tinyPackage(temporaryFolder());
    await writeFile(join(folder, 'README.txt'), 'hello');
    expect((await read(folder)).config.window.frames).toBe(9);
  });
});
