/** What the drivers have in common: options of the command line, the cores to share, and what they ran on. */
import { createRequire } from 'node:module';
import { cpus } from 'node:os';
import { z } from 'zod';

/** For `parseArgs`. */
export const commonOptions = {
  python: { type: 'string' },
  rounds: { type: 'string', default: '5' },
  threads: { type: 'string', default: '2' },
  cores: { type: 'string' },
  json: { type: 'string' },
} as const;

/** Names separated by commas. */
export const list = <T extends string>(names: readonly [T, ...T[]]) =>
  z
    .string()
    .transform((value) => value.split(','))
    .pipe(z.array(z.enum(names)));

/** For `taskset`; the first few unless told otherwise. Only Linux can bind processes to cores. */
export function coresFor(threads: number, wanted: string | undefined): string | undefined {
  if (process.platform !== 'linux') return undefined;
  return wanted ?? Array.from({ length: threads }, (_, core) => core).join();
}

/** Processor and versions, for people and for programs; nothing that names the machine. */
export function machineLine(
  peers: readonly Readonly<Record<string, string>>[],
  { threads, cores }: { threads: number; cores: string | undefined },
) {
  const { version } = createRequire(import.meta.url)('onnxruntime-node/package.json') as { version: string };
  const versions: Record<string, string> = Object.assign(
    { node: process.versions.node, 'onnxruntime-node': version },
    ...peers,
  );
  const cpu = { model: cpus()[0]?.model.trim() ?? 'unknown processor', threads, cores };
  const numbers = Object.entries(versions).map(([name, number]) => `${name} ${number}`);
  return {
    line: `${cpu.model}, ${threads} threads; ${numbers.join(', ')}`,
    facts: { cpu, versions },
  };
}
