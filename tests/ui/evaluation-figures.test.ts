import { expect, test } from 'vitest';
import { evaluationFigures } from '../../src/renderer/src/features/training/evaluation-figures.ts';
import { evalReport } from '#shared/contract/evaluation.ts';
import { createWords } from '#shared/i18n/index.ts';
import { sampleId } from './samples.ts';

const older = evalReport.parse({
  ...{ runId: sampleId(1), split: 'test', clips: 4, tokenLoss: 3, perplexity: 20 },
  ...{ captionLoss: null, psnr: 27.31, ssim: 0.92, codebookUse: 0.5 },
});

test('a report of an older version shows what it has', () => {
  const sections = evaluationFigures(older, createWords('en'));
  expect(sections.map(({ name }) => name)).toEqual(['predictions', 'pictures']);
  const shown = sections.flatMap(({ figures }) => figures.map(({ name, value }) => [name, value]));
  expect(shown).toEqual([
    ['perplexity', '20'],
    ['tokenLoss', '3'],
    ['psnr', '27.3 dB'],
    ['ssim', '0.92'],
    ['codebookUse', '50%'],
  ]);
});

test('retrieval is shown by lift, with the number of candidates in its explanation', () => {
  const retrieval = {
    candidates: 50,
    total: { top1: 0.1, top5: 0.2 },
    perToken: { top1: 0.3, top5: 0.4 },
    lift: { top1: 0.62, top5: 0.9 },
  };
  const captions = (report: typeof older) =>
    evaluationFigures(report, createWords('zh')).find(({ name }) => name === 'captions')!.figures;
  const figures = captions({ ...older, captionLoss: 1.25, retrieval });
  expect(figures.map(({ value }) => value)).toEqual(['1.25', '62%', '90%']);
  expect(figures[1]!.hint).toContain('50');
  expect(captions({ ...older, retrieval: { ...retrieval, lift: null } })[0]!.value).toBe('30%');
});
