/** The card of a model: what is known is on it, what is not is said to be missing. */
import { expect, test } from 'vitest';
import { modelCard } from '#main/ml/format/model-card.ts';
import { modelPackageManifest } from '#main/ml/format/model-package.ts';

const file = { bytes: 12_000_000, sha256: 'a'.repeat(64) };
const manifest = modelPackageManifest.parse({
  kind: 'reelwright-model',
  format: 1,
  name: 'Bare',
  version: '0.1.0',
  licence: '',
  created: '2026-01-02T03:04:05.000Z',
  precision: 'int8',
  frameRate: 12,
  config: {},
  weights: { tokenizer: 2_500_000, gpt: 11_000_000 },
  provenance: {
    program: 'Reelwright 0.1.0',
    snapshot: { id: 'S', hash: 'h' },
    tokenizer: { step: 100, epoch: 10, sha256: 'b'.repeat(64) },
    gpt: { step: 200, epoch: 20.125, sha256: 'c'.repeat(64) },
    computedWith: { device: 'cpu', threads: 2, runtime: '1.30.0', processor: 'secret' },
    startedFrom: 'base',
  },
  metrics: { 'gpt/loss/val': 2.345678 },
  files: { 'tokenizer.safetensors': file, 'gpt.safetensors': file, 'text.json': file },
});

test('a bare model says what it does not know', () => {
  const card = modelCard(manifest);
  expect(card).toMatch(/^# Bare 0\.1\.0\n\n/);
  expect(card.match(/Not stated/g)).toHaveLength(3);
  expect(card).toContain('- Stored as int8: 36.0 MB');
  expect(card).toContain('GPT: 200 steps, 20.13 epochs');
  expect(card).toContain('Started from base');
  expect(card).toMatch(/\| gpt\/loss\/val +\| 2\.3457 +\|/);
  expect(card).not.toContain('## Precision');
  expect(card).toMatch(/[^\n]\n$/);
});

test('with notes, an evaluation and a comparison of precisions it holds all of them', () => {
  const card = modelCard(manifest, {
    notes: {
      summary: 'It draws.',
      data: 'Emoji.',
      trainingCost: 'A night.',
      limits: ['No text.', 'No faces.'],
    },
    evaluation: { psnr: 28.123456, retrieval: { total: { top1: 0.62 } }, note: 'not a number', none: null },
    precisions: [{ precision: 'float16', bytes: 25_000_000, tokenLoss: 2.5, psnr: 28, ssim: 0.93 }],
  });
  expect(card).not.toMatch(/Not stated\.\n/);
  for (const line of ['It draws.', 'Emoji.', '- A night.', '- No text.\n- No faces.'])
    expect(card).toContain(line);
  expect(card).toMatch(/\| psnr +\| 28\.123 +\|/);
  expect(card).toMatch(/\| retrieval\/total\/top1 +\| 0\.62 +\|/);
  expect(card).toMatch(/\| float16 +\| 25\.0 MB \| 2\.5000 +\| 28\.00 dB \| 0\.9300 \|/);
});
