/** The figures of an evaluation as they are shown: in sections, with the words that explain each; what was not measured is left out. */
import type { EvalReport } from '#shared/contract/evaluation.ts';
import type { Words } from '#shared/i18n/index.ts';

const names = {
  predictions: ['perplexity', 'tokenLoss', 'bitsPerPixel', 'bitsPerPixelUncaptioned'],
  captions: ['captionLoss', 'found', 'foundAmongFive'],
  pictures: ['psnr', 'ssim', 'temporalPsnr', 'codebookUse'],
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
  const count = report.retrieval?.candidates ?? 0;
  return (Object.keys(names) as SectionName[])
    .map((section) => ({
      name: section,
      figures: names[section].flatMap((name) => {
        const value = values[name];
        if (value === null) return [];
        return [
          { name, value, label: words.t(`eval.${name}`), hint: words.t(`eval.${name}Text`, { count }) },
        ];
      }),
    }))
    .filter(({ figures }) => figures.length > 0);
}

function valuesOf(report: EvalReport, words: Words): Record<FigureName, string | null> {
  const figure = (value: number | null, digits: number) =>
    value === null ? null : words.number(value, { maximumFractionDigits: digits });
  const decibels = (value: number | null) => (value === null ? null : `${figure(value, 1)} dB`);
  const share = (value: number | undefined) => (value === undefined ? null : words.percent(value));
  const { retrieval } = report;
  const found = retrieval?.lift ?? retrieval?.perToken;
  return {
    perplexity: figure(report.perplexity, 1),
    tokenLoss: figure(report.tokenLoss, 3),
    bitsPerPixel: figure(report.bitsPerPixel, 4),
    bitsPerPixelUncaptioned: figure(report.bitsPerPixelUncaptioned, 4),
    captionLoss: figure(report.captionLoss, 3),
    found: share(found?.top1),
    foundAmongFive: share(found?.top5),
    psnr: decibels(report.psnr),
    ssim: figure(report.ssim, 3),
    temporalPsnr: decibels(report.temporalPsnr),
    codebookUse: words.percent(report.codebookUse),
  };
}
