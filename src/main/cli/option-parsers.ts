/** Turns option texts into values; a text that does not fit is a usage error that names the option. */
import { InvalidArgumentError, Option } from 'commander';
import type { SplitRatio } from '#shared/contract/splits.ts';
import { device } from '#shared/contract/system.ts';

/** `--device`, for every command that computes. */
export const deviceOption = () =>
  new Option(
    '--device <device>',
    'what computes (default: as in the settings; `doctor` says what is there)',
  ).choices(device.options);

export function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('a whole number is expected.');
  return Number(text);
}

export function decimal(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('a number is expected.');
  return value;
}

/** A length in pixels, or in percent of the picture. */
export interface Measure {
  value: number;
  isPercent: boolean;
}

/** `16,0,32,64` or `25%,0,50%,100%`: left edge, top edge, width, height. */
export function measures(text: string): Measure[] {
  const parts = text.split(',').map((part) => /^\s*(\d+(?:\.\d+)?)(%?)\s*$/.exec(part));
  if (parts.length !== 4 || parts.includes(null))
    throw new InvalidArgumentError(
      'x,y,width,height is expected, in pixels or percent, e.g. 25%,0,50%,100%.',
    );
  return parts.map((part) => ({ value: Number(part![1]), isPercent: part![2] === '%' }));
}

/** `80/10/10` or `0.8/0.1/0.1`. */
export function ratio(text: string): SplitRatio {
  const parts = text.split('/').map(Number);
  if (parts.length !== 3 || parts.some((part) => !Number.isFinite(part) || part < 0) || parts[0] === 0) {
    throw new InvalidArgumentError('train/val/test is expected, e.g. 80/10/10.');
  }
  const [train, val, test] = parts as [number, number, number];
  return { train, val, test };
}

/** `gpt.optimizer.learningRate=0.001`, gathered into one nested object. Values are JSON, or else text. */
export function setting(text: string, previous: Record<string, unknown> = {}): Record<string, unknown> {
  const match = /^([a-zA-Z0-9]+(?:\.[a-zA-Z0-9]+)*)=(.*)$/.exec(text);
  if (!match) throw new InvalidArgumentError('name=value is expected, e.g. gpt.epochs=20.');
  return setPath(previous, match[1]!.split('.'), parseValue(match[2]!));
}

/** A copy of `target` with `value` at `path`. */
function setPath(
  target: Record<string, unknown>,
  path: readonly string[],
  value: unknown,
): Record<string, unknown> {
  const [name, ...rest] = path as [string, ...string[]];
  if (rest.length === 0) return { ...target, [name]: value };
  const inner = target[name];
  const child = typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>) : {};
  return { ...target, [name]: setPath(child, rest, value) };
}

function parseValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
