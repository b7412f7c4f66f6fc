/** A measured process: started on the cores that all share, asked for something, answering when it is done. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Readable, Writable } from 'node:stream';

export interface SideOptions {
  /** The program and its arguments. */
  command: readonly string[];
  /** For `taskset`, such as `0,1`; undefined where processes cannot be bound to cores. */
  cores: string | undefined;
  threads: number;
}

export class Side {
  readonly name: string;
  /** From the start of the process until it was ready, in milliseconds. */
  readonly startMs: number;
  /** What it said of itself when it was ready. */
  readonly ready: Readonly<Record<string, unknown>>;
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;

  private constructor(
    name: string,
    process: ChildProcessByStdio<Writable, Readable, null>,
    lines: AsyncIterator<string>,
    ready: { startMs: number; said: Record<string, unknown> },
  ) {
    this.name = name;
    this.#process = process;
    this.#lines = lines;
    this.startMs = ready.startMs;
    this.ready = ready.said;
  }

  /** Throws when the process ends before it is ready; what it wrote to stderr is on ours. */
  static async start(name: string, { command, cores, threads }: SideOptions): Promise<Side> {
    const [program, ...rest] = cores === undefined ? command : ['taskset', '--cpu-list', cores, ...command];
    const start = performance.now();
    const child = spawn(program!, rest, {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, OMP_NUM_THREADS: String(threads) },
    });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const said = await nextAnswer(name, lines);
    return new Side(name, child, lines, { startMs: performance.now() - start, said });
  }

  async ask<Answer>(what: string, options: object = {}): Promise<Answer> {
    this.#process.stdin.write(`${JSON.stringify({ do: what, ...options })}\n`);
    return (await nextAnswer(this.name, this.#lines)) as Answer;
  }

  /** Until it is gone, so that what comes next has the machine to itself. */
  async stop(): Promise<void> {
    const gone = this.#process.exitCode === null ? once(this.#process, 'exit') : undefined;
    this.#process.stdin.end();
    await gone;
  }
}

/** A file of this folder. */
export const peerFile = (name: string) => fileURLToPath(new URL(name, import.meta.url));

async function nextAnswer(name: string, lines: AsyncIterator<string>): Promise<Record<string, unknown>> {
  const { value, done } = await lines.next();
  if (done) throw new Error(`${name} ended without an answer; its last words are above`);
  return JSON.parse(value) as Record<string, unknown>;
}
