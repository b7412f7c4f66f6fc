/** Puts the results of a duel into a table to read. */
import { median } from '#shared/domain/median.ts';
import { TRACE_STEPS, type DuelResult, type SideResult } from './duel.ts';

export const best = (times: readonly number[]) => Math.min(...times);

/** Largest difference of a side's losses from ours over the first steps. */
export function lossDifference(side: SideResult, ours: SideResult): number {
  return Math.max(...side.losses.map((loss, i) => Math.abs(loss - ours.losses[i]!)));
}

export function printDuel(duel: DuelResult): void {
  const { model, order, sides, clips, flops, ceiling } = duel;
  const ours = sides[0]!;
  const name = order === undefined ? 'tokenizer' : `GPT ${model}, ${order} order`;
  console.log(
    `\n${name}: ${(duel.parameters / 1e6).toFixed(1)}M parameters, a step of ${clips} clips, ` +
      `${(flops / 1e9).toFixed(1)} GFLOP; bare matrix products ${ceiling.toFixed(0)} GFLOP/s`,
  );
  printTable(
    [
      '',
      'step',
      'median',
      'gradient',
      'update',
      'clips/s',
      'GFLOP/s',
      'ours ×',
      'median ×',
      'peak MB',
      'start',
      '1st step',
      'max Δloss',
    ],
    sides.map((side) => {
      const step = best(side.stepMs);
      const isOurs = side === ours;
      return [
        side.name,
        ms(step),
        ms(median(side.stepMs)),
        ms(best(side.gradientMs)),
        ms(best(side.updateMs)),
        ((1000 * clips) / step).toFixed(2),
        isOurs ? (flops / step / 1e6).toFixed(0) : '',
        isOurs ? '' : (step / best(ours.stepMs)).toFixed(2),
        isOurs ? '' : (median(side.stepMs) / median(ours.stepMs)).toFixed(2),
        side.peakMb.toFixed(0),
        seconds(side.startMs),
        seconds(side.firstStepMs),
        isOurs ? '' : lossDifference(side, ours).toExponential(1),
      ];
    }),
  );
  const share = (100 * flops) / best(ours.gradientMs) / 1e6 / ceiling;
  const shareOfStep = (100 * flops) / best(ours.stepMs) / 1e6 / ceiling;
  console.log(
    `ours: graph built in ${ms(ours.graphMs!)}, sessions opened in ${ms(ours.sessionMs!)}; ` +
      `${share.toFixed(0)} % of the bare products in the gradient, ${shareOfStep.toFixed(0)} % in the whole step; ` +
      `losses compared over ${TRACE_STEPS} steps`,
  );
}

export function printTable(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]!.length)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join(' | ')} |`;
  console.log(line(head));
  console.log(
    `| ${widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`,
  );
  for (const row of rows) console.log(line(row));
}

const ms = (time: number) => `${time.toFixed(time < 20 ? 1 : 0)} ms`;
const seconds = (time: number) => `${(time / 1000).toFixed(1)} s`;
