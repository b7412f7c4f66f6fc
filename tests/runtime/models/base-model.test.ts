/** An engine with a base model: it generates and describes without any run, and new runs start from it. */
import { cp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { EngineClient } from '#main/engine/engine-client.ts';
import { readModel } from '#main/workers/runtime/load-checkpoint.ts';
import { BASE_MODEL } from '#shared/contract/models.ts';
import { jobEnds, testEngine } from '../../fixtures/engine.ts';
import { temporaryFolder } from '../../fixtures/temporary-folder.ts';
import { failOnDamage, tinyPackage } from './package-fixture.ts';

const clips = ['turtle', 'penguin', 'eyes'].map((name) =>
  fileURLToPath(new URL(`../../fixtures/clips/${name}.webp`, import.meta.url)),
);

async function engineWithBase() {
  const parent = temporaryFolder();
  const { folder } = await tinyPackage(parent);
  return { baseFolder: folder, ...(await testEngine({ baseModelFolder: folder })) };
}

async function snapshotOf(client: EngineClient): Promise<string> {
  await jobEnds(client, (await client.call('imports.start', { paths: clips })).id);
  const request = { ratio: { train: 1, val: 1, test: 1 } };
  return (await client.call('splits.createSnapshot', { name: 'three', request })).id;
}

/** What a run from the tiny base model has in common with it. */
async function settingsOfBase(client: EngineClient) {
  const { model } = await client.call('models.base', {});
  const { window, tokenizer, gpt } = model!.config;
  return {
    initFrom: BASE_MODEL,
    window,
    tokenizer: { model: tokenizer.model, epochs: 0 },
    gpt: { model: gpt.model, epochs: 4, batch: 1, microBatch: 1 },
  };
}

describe('without any run', () => {
  test('a prompt gives a clip, which says which package made it', async () => {
    const { client, workspace } = await engineWithBase();
    const { model, problem } = await client.call('models.base', {});
    expect(problem).toBeNull();
    expect(model).toMatchObject({ name: 'Tiny base', version: '1.2.3', licence: 'MIT', frameRate: 8 });

    const sampling = { seed: 3, steps: 2 };
    const started = await client.call('generation.start', { runId: BASE_MODEL, prompt: 'a cat', sampling });
    const [{ id: takeId, jobId }] = started.takes as [(typeof started.takes)[0]];
    expect((await jobEnds(client, jobId)).error).toBeNull();
    const take = await client.call('generation.getTake', { takeId });
    const provenance = { name: 'Tiny base', version: '1.2.3', sha256: model!.sha256 };
    expect(take).toMatchObject({ runId: BASE_MODEL, model: provenance, status: 'done', framesDone: 9 });
    const tokens: unknown = JSON.parse(
      await readFile(join(workspace, 'takes', takeId, 'tokens.json'), 'utf8'),
    );
    expect(tokens).toMatchObject({ model: provenance });
    expect((await client.call('generation.listTakes', { runId: BASE_MODEL })).takes).toHaveLength(1);
    expect((await client.call('training.listRuns', {})).runs).toEqual([]);
  });

  test('clips are described', async () => {
    const { client } = await engineWithBase();
    await jobEnds(client, (await client.call('imports.start', { paths: [clips[0]!] })).id);
    const { clips: listed } = await client.call('library.list', { limit: 10 });
    const clipIds = listed.map(({ id }) => id);
    const job = await client.call('captions.suggest', { runId: BASE_MODEL, clipIds });
    expect((await jobEnds(client, job.id)).error).toBeNull();
    const { suggestions } = await client.call('captions.suggestions', { jobId: job.id });
    expect(suggestions).toMatchObject([{ clipId: clipIds[0] }]);
  });
});

describe('a run from the base model', () => {
  test.each([
    ['whole', {}],
    ['by adapters', { lora: { rank: 2 } }],
  ])(
    '%s starts at its weights with its tokenizer and its text, and remembers which it was',
    async (_, gpt) => {
      const { client, workspace, baseFolder } = await engineWithBase();
      const snapshotId = await snapshotOf(client);
      const base = await settingsOfBase(client);
      const config = { ...base, gpt: { ...base.gpt, ...gpt } };
      const run = await client.call('training.start', { snapshotId, config, force: true });
      expect((await jobEnds(client, run.jobId)).error).toBeNull();
      const trained = await client.call('training.getRun', { runId: run.id });
      expect(trained).toMatchObject({ canGenerate: true, base: { name: 'Tiny base', version: '1.2.3' } });

      const [before, after] = await Promise.all(
        [baseFolder, join(workspace, 'runs', run.id)].map((folder) => readModel(folder, failOnDamage)),
      );
      expect(after!.tokenizerWeights).toEqual(before!.tokenizerWeights);
      expect(after!.textEncoding.merges).toEqual(before!.textEncoding.merges);
      expect([...after!.gptWeights.keys()]).toEqual([...before!.gptWeights.keys()]);

      // And back: the run as a package, of which a take is made in another workspace.
      const folder = join(temporaryFolder(), 'shared');
      const asked = { runId: run.id, folder, version: '2.0.0', precision: 'float32' } as const;
      expect((await jobEnds(client, (await client.call('models.export', asked)).id)).error).toBeNull();
      const shared = await readModel(folder, failOnDamage);
      expect(shared.gptWeights).toEqual(after!.gptWeights);
      const elsewhere = await testEngine({ baseModelFolder: folder });
      const { model } = await elsewhere.client.call('models.base', {});
      expect(model).toMatchObject({ name: 'three', version: '2.0.0', config: { initFrom: null } });
    },
  );

  test('is refused where its model would be another', async () => {
    const { client } = await engineWithBase();
    const snapshotId = await snapshotOf(client);
    const base = await settingsOfBase(client);
    const config = { ...base, gpt: { ...base.gpt, model: { ...base.gpt.model, depth: 3 } } };
    await expect(client.call('training.start', { snapshotId, config, force: true })).rejects.toMatchObject({
      code: 'invalid-input',
      params: { field: 'gpt.model' },
    });
  });
});

describe('a base model that', () => {
  const generate = (client: EngineClient) =>
    client.call('generation.start', { runId: BASE_MODEL, prompt: 'a cat' });

  test('is absent is missed only by what needs it', async () => {
    const { client } = await testEngine();
    const missing = { code: 'base-model-missing' };
    expect(await client.call('models.base', {})).toMatchObject({ model: null, problem: missing });
    await expect(generate(client)).rejects.toMatchObject(missing);
    const { checks } = await client.call('system.doctor', {});
    expect(checks.find(({ id }) => id === 'base-model')).toMatchObject({ status: 'warn', fix: missing });
    await jobEnds(client, (await client.call('imports.start', { paths: [clips[0]!] })).id);
    expect((await client.call('library.list', { limit: 10 })).total).toBe(1);
  });

  test('was cut short is refused at once, and one with a wrong byte when it is read', async () => {
    const { client, baseFolder } = await engineWithBase();
    const weights = join(baseFolder, 'gpt.safetensors');
    const bytes = await readFile(weights);
    await truncate(weights, 1000);
    const { problem } = await client.call('models.base', {});
    expect(problem).toMatchObject({ code: 'model-damaged', params: { path: baseFolder } });
    expect(String(problem!.params.detail)).toContain('gpt.safetensors has 1000 bytes instead of');
    await expect(generate(client)).rejects.toMatchObject({ code: 'model-damaged' });

    bytes[bytes.length - 1]! ^= 1;
    await writeFile(weights, bytes);
    const { takes } = await generate(client);
    expect(await jobEnds(client, takes[0]!.jobId)).toMatchObject({
      status: 'failed',
      error: { code: 'model-damaged', params: { detail: 'gpt.safetensors differs from its SHA-256' } },
    });
  });

  test('has been replaced does not finish what another began', async () => {
    const { client, baseFolder } = await engineWithBase();
    const { takes } = await generate(client);
    const { jobId } = takes[0]!;
    await client.call('jobs.cancel', { jobId });
    const newer = await tinyPackage(temporaryFolder(), { version: '9.0.0' });
    await rm(baseFolder, { recursive: true });
    await cp(newer.folder, baseFolder, { recursive: true });
    await client.call('jobs.resume', { jobId });
    expect(await jobEnds(client, jobId)).toMatchObject({
      status: 'failed',
      error: { code: 'model-replaced', params: { name: 'Tiny base', version: '1.2.3' } },
    });
    // What was made keeps its name.
    const take = await client.call('generation.getTake', { takeId: takes[0]!.id });
    expect(take.model).toMatchObject({ version: '1.2.3' });
  });
});
