/** Where a command's words go: its result to stdout (text or one JSON document), progress and remarks to stderr. */
import cliProgress, { type SingleBar } from 'cli-progress';
import type { JobProgress } from '#shared/contract/jobs.ts';
import type { Language } from '#shared/errors/app-error.ts';
import { formatProgress, phaseName } from './format.ts';

export interface TerminalStreams {
  stdout: { write(text: string): unknown };
  stderr: NodeJS.WriteStream;
}

export interface ProgressView {
  /** `note` is a short remark behind the bar, such as the current loss. */
  update(progress: JobProgress, note: string): void;
  stop(): void;
}

const plainEveryMs = 5000;

export class Terminal {
  readonly json: boolean;
  /** Of error messages. */
  readonly language: Language;
  readonly #streams: TerminalStreams;

  constructor(json: boolean, streams: TerminalStreams, env: NodeJS.ProcessEnv = process.env) {
    this.json = json;
    this.language = (env.LC_ALL || env.LC_MESSAGES || env.LANG || '').startsWith('zh') ? 'zh' : 'en';
    this.#streams = streams;
  }

  /** The outcome of a command: `value` for a script, `text` for a person. Called once. */
  result(value: unknown, text: string): void {
    this.#streams.stdout.write(`${this.json ? JSON.stringify(value) : text}\n`);
  }

  /** A remark that is no result. */
  remark(text: string): void {
    this.#streams.stderr.write(`${text}\n`);
  }

  /** A failure: as JSON it is the result. */
  failure(value: unknown, text: string): void {
    if (this.json) this.#streams.stdout.write(`${JSON.stringify({ error: value })}\n`);
    else this.#streams.stderr.write(`${text}\n`);
  }

  /** Bars on a terminal, a line now and then elsewhere. */
  progress(): ProgressView {
    return this.#streams.stderr.isTTY
      ? barProgress(this.#streams.stderr)
      : plainProgress(this.#streams.stderr);
  }
}

/** One bar a phase; finished phases stay above the current one. */
function barProgress(stream: NodeJS.WriteStream): ProgressView {
  const bars = new cliProgress.MultiBar({
    stream,
    hideCursor: true,
    // Ctrl-C is the command's business: it cancels in good order.
    gracefulExit: false,
    clearOnComplete: false,
    forceRedraw: true,
    format: (options, { progress, total }, payload: { phase: string; state: string; note: string }) =>
      [
        payload.phase.padEnd(22),
        // A phase that does not know how much there is has no share to draw.
        total > 0 ? cliProgress.Format.BarFormat(progress, { ...options, barsize: 24 }) : '…',
        [payload.state, payload.note].filter(Boolean).join('  '),
      ].join(' '),
    barCompleteChar: '█',
    barIncompleteChar: '░',
  });
  const byPhase = new Map<string, SingleBar>();
  return {
    update: (progress, note) => {
      const payload = { phase: phaseName(progress.phase), state: formatProgress(progress), note };
      const bar = byPhase.get(progress.phase);
      if (bar) {
        bar.setTotal(progress.total);
        bar.update(progress.done, payload);
      } else {
        byPhase.set(progress.phase, bars.create(progress.total, progress.done, payload));
      }
    },
    stop: () => bars.stop(),
  };
}

/** For logs: a line when a phase starts or ends, and every few seconds between. */
function plainProgress(stream: NodeJS.WritableStream): ProgressView {
  let phase = '';
  let writtenAt = 0;
  return {
    update: (progress, note) => {
      const now = Date.now();
      const finished = progress.total > 0 && progress.done >= progress.total;
      if (progress.phase === phase && !finished && now - writtenAt < plainEveryMs) return;
      phase = progress.phase;
      writtenAt = now;
      const state = [formatProgress(progress), note].filter(Boolean).join('  ');
      stream.write(`${phaseName(phase)} ${state || '…'}\n`);
    },
    stop: () => {},
  };
}
