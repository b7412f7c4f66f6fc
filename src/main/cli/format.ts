/** Numbers and tables for people. */
import type { JobProgress } from '#shared/contract/jobs.ts';

/** `train-gpt` → `Train gpt`. */
export function phaseName(phase: string): string {
  const words = phase.replaceAll('-', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** `7 s`, `3 min 20 s`, `1 h 5 min`. */
export function formatDuration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** Units a second; empty while unknown. */
function formatRate(rate: number): string {
  return rate > 0 ? `${rate >= 10 ? Math.round(rate) : rate.toFixed(1)}/s` : '';
}

/** `12/64  3.1/s  17 s left`; a phase that does not know how much there is shows at most what is done. */
export function formatProgress({
  done,
  total,
  rate,
  secondsLeft,
}: Omit<JobProgress, 'jobId' | 'phase' | 'share'>): string {
  const count = total > 0 ? `${done}/${total}` : done > 0 ? String(done) : '';
  const wait = secondsLeft === null ? 0 : Math.round(secondsLeft);
  return [count, formatRate(rate), wait > 0 ? `${formatDuration(wait)} left` : ''].filter(Boolean).join('  ');
}

export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}

export function formatLoss(loss: number | null): string {
  return loss === null ? '–' : loss.toFixed(3);
}

/** Columns as wide as their widest cell; numbers to the right. */
export function table(header: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const cells = [header, ...rows].map((row) => row.map(String));
  const widths = header.map((_, column) => Math.max(...cells.map((row) => (row[column] ?? '').length)));
  const line = (row: string[], source: readonly (string | number)[] | undefined) =>
    row
      .map((cell, column) =>
        typeof source?.[column] === 'number' ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
      )
      .join('  ')
      .trimEnd();
  return cells.map((row, index) => line(row, index === 0 ? rows[0] : rows[index - 1])).join('\n');
}
