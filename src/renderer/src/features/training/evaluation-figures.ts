/** The figures of an evaluation as they are shown: in sections, with the words that explain each; what was not measured is left out. */
import type { EvalReport } from '#shared/contract/evaluation.ts';
import type { Words } from '#shared/i18n/index.ts';

const names = {
  predictions: [
    'perplexity',
    'tokenLoss',
    'bitsPerPixel',
    'bitsPerPixelUncaptioned',
    'inbetweenLoss',
    'loopLoss',
  ],
  captions: ['captionLoss', 'found', 'foundAmongFive'],
  pictures: ['psnr', 'ssim', 'temporalPsnr', 'codebookUse'],
  takes: ['motionDistance', 'spectrumDistance', 'copyScore', 'seedDiversity'],
} as const;

type SectionName = keyof typeof names;
type FigureName = (typeof names)[SectionName][number];

export interface Figure {
  readonly name: FigureName;
  readonly label: string;
  readonly value: string;
  /** A line that says what it means. */
  readonly hint: string;
}

export interface FigureSection {
  readonly name: SectionName;
  readonly figures: readonly Figure[];
}

export function evaluationFigures(report: EvalReport, words: Words): FigureSection[] {
  const values = valuesOf(report, words);
  const real = report.takes?.ofRealClips;
  const params = {
    count: report.retrieval?.candidates ?? 0,
    motion: figureOf(real?.motionDistance ?? null, 4, words) ?? '–',
    spectrum: decibelsOf(real?.spectrumDistance ?? null, words) ?? '–',
  };
  return (Object.keys(names) as SectionName[])
    .map((section) => ({
      name: section,
      figures: names[section].flatMap((name) => {
        const value = values[name];
        if (value === null) return [];
        return [{ name, value, label: words.t(`eval.${name}`), hint: words.t(`eval.${name}Text`, params) }];
      }),
    }))
    .filter(({ figures }) => figures.length > 0);
}

function valuesOf(report: EvalReport, words: Words): Record<FigureName, string | null> {
  const figure = (value: number | null, digits: number) => figureOf(value, digits, words);
  const decibels = (value: number | null) => decibelsOf(value, words);
  const share = (value: number | undefined) => (value === undefined ? null : words.percent(value));
  const { retrieval, takes } = report;
  const found = retrieval?.lift ?? retrieval?.perToken;
  return {
    perplexity: figure(report.perplexity, 1),
    tokenLoss: figure(report.tokenLoss, 3),
    bitsPerPixel: figure(report.bitsPerPixel, 4),
    bitsPerPixelUncaptioned: figure(report.bitsPerPixelUncaptioned, 4),
    inbetweenLoss: figure(report.inbetweenLoss, 3),
    loopLoss: figure(report.loopLoss, 3),
    captionLoss: figure(report.captionLoss, 3),
    found: share(found?.top1),
    foundAmongFive: share(found?.top5),
    psnr: decibels(report.psnr),
    ssim: figure(report.ssim, 3),
    temporalPsnr: decibels(report.temporalPsnr),
    codebookUse: words.percent(report.codebookUse),
    motionDistance: figure(takes?.ofTakes?.motionDistance ?? null, 4),
    spectrumDistance: decibels(takes?.ofTakes?.spectrumDistance ?? null),
    copyScore: figure(takes?.copyScore?.highest ?? null, 2),
    seedDiversity: figure(takes?.seedDiversity ?? null, 2),
  };
}

function figureOf(value: number | null, digits: number, words: Words): string | null {
  return value === null ? null : words.number(value, { maximumFractionDigits: digits });
}

function decibelsOf(value: number | null, words: Words): string | null {
  return value === null ? null : `${figureOf(value, 1, words)} dB`;
}
