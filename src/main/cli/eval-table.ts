/** An evaluation as a table: predictions, captions, pictures, takes; what was not measured is left out. */
import type { EvalReport } from '#shared/contract/evaluation.ts';
import { formatLoss, table } from './format.ts';

export function evalTable(report: EvalReport): string {
  const rows: [measure: string, value: string | null][] = [
    ['clips', String(report.clips)],
    ...predictions(report),
    ...captions(report),
    ...pictures(report),
    ...takes(report),
  ];
  return table(
    ['measure', report.split],
    rows.filter((row): row is [string, string] => row[1] !== null),
  );
}

type Rows = [measure: string, value: string | null][];

function predictions(report: EvalReport): Rows {
  return [
    ['token loss (nats)', formatLoss(report.tokenLoss)],
    ['perplexity', report.perplexity.toFixed(1)],
    ['bits per pixel', fixed(report.bitsPerPixel, 4)],
    ['bits per pixel, no caption', fixed(report.bitsPerPixelUncaptioned, 4)],
    ['token loss, last picture given', fixed(report.inbetweenLoss, 3)],
    ['token loss, as a loop', fixed(report.loopLoss, 3)],
  ];
}

function captions({ captionLoss, retrieval }: EvalReport): Rows {
  if (retrieval === null) return [['caption loss (nats)', formatLoss(captionLoss)]];
  const { candidates, lift, perToken, total } = retrieval;
  const accuracy = (found: { top1: number; top5: number } | null) =>
    found && `${percent(found.top1)}, among five ${percent(found.top5)}`;
  return [
    ['caption loss (nats)', formatLoss(captionLoss)],
    [`caption found among ${candidates}, by lift`, accuracy(lift)],
    ['… by likelihood per token', accuracy(perToken)],
    ['… by likelihood', accuracy(total)],
  ];
}

function pictures(report: EvalReport): Rows {
  return [
    ['PSNR (dB)', report.psnr.toFixed(2)],
    ['SSIM', report.ssim.toFixed(3)],
    ['PSNR of frame differences (dB)', fixed(report.temporalPsnr, 2)],
    ['codebook in use', percent(report.codebookUse)],
  ];
}

function takes({ takes: made }: EvalReport): Rows {
  if (made === null) return [];
  const { ofTakes, ofRealClips, copyScore, seedDiversity } = made;
  const compared = (name: 'motionDistance' | 'spectrumDistance', digits: number) => {
    const real = fixed(ofRealClips?.[name] ?? null, digits);
    const own = fixed(ofTakes?.[name] ?? null, digits);
    return own && (real === null ? own : `${own} (real clips: ${real})`);
  };
  return [
    ['takes', `${made.takesOfEach} of each of ${made.prompts} prompts`],
    ['motion distance', compared('motionDistance', 4)],
    ['spectrum distance (dB)', compared('spectrumDistance', 2)],
    [
      'copy score',
      copyScore && `${copyScore.mean.toFixed(2)} on average, ${copyScore.highest.toFixed(2)} at most`,
    ],
    ['seed diversity', fixed(seedDiversity, 2)],
  ];
}

const fixed = (value: number | null, digits: number): string | null => value?.toFixed(digits) ?? null;
const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
