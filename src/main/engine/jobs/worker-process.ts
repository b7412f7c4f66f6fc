/** Runs one attempt in a worker process: starts it, watches its heartbeat, and turns every way to end into a result or a reason. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import type { EventName, Payload } from '#shared/contract/define.ts';
import { workerContract, workerResult } from '#shared/contract/workers.ts';
import type { WorkerContract, WorkerResult, WorkerSpec } from '#shared/contract/workers.ts';
import { AppError } from '#shared/errors/app-error.ts';
import { createClient } from '#shared/rpc/client.ts';
import { processTransport } from '#shared/rpc/process-transport.ts';
import { createTail } from './output-tail.ts';

/** After its result a worker only has to leave. */
const LEAVE_WITHIN_MS = 10_000;
/** Output of a process that has ended may still be in the pipe. */
const DRAIN_MS = 500;

export interface WorkerOptions {
  request: WorkerSpec;
  /** Entry module of the worker. */
  entry: string;
  /** Relative paths and messages without a path refer to this folder. */
  folder: string;
  /** What the worker prints goes here. */
  logPath: string;
  /** A worker that is silent for longer is ended. Generous: a single step of a large model may block its process. */
  silentAfterMs: number;
  /** How long it may take to stop after `cancel`, before it is killed. */
  stopWithinMs: number;
  onEvent<N extends EventName<WorkerContract>>(name: N, payload: Payload<WorkerContract, N>): void;
}

export interface WorkerProcess {
  pid: number | undefined;
  /** Rejects with an AppError that says why. Settles after the process has ended. */
  result: Promise<WorkerResult>;
  /** Asks the worker to stop; kills it if it does not. The result may still come. */
  cancel(): void;
  kill(): void;
}

export function startWorker(options: WorkerOptions): WorkerProcess {
  const child = fork(options.entry, [], {
    execPath: process.execPath,
    execArgv: [],
    cwd: options.folder,
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const log = createWriteStream(options.logPath, { flags: 'a' });
  // A log that cannot be written (disk full) must not bring the engine down.
  log.on('error', () => {});
  const lastLines = createTail();
  child.stdout!.pipe(log, { end: false });
  child.stderr!.pipe(log, { end: false });
  child.stderr!.on('data', lastLines.push);

  const transport = processTransport(child);
  const client = createClient<WorkerContract>(transport);
  const stop = new AbortController();
  const ended = waitForEnd(child);
  let cancelled = false;
  let silent = false;
  let lastSign = performance.now();

  for (const name of Object.keys(workerContract.events) as EventName<WorkerContract>[]) {
    client.listen(name, (payload) => {
      lastSign = performance.now();
      options.onEvent(name, payload);
    });
  }

  const watch = setInterval(
    () => {
      if (performance.now() - lastSign < options.silentAfterMs) return;
      silent = true;
      child.kill('SIGKILL');
    },
    Math.min(1000, options.silentAfterMs / 4),
  );

  const kill = () => void child.kill('SIGKILL');
  let deadline: NodeJS.Timeout | undefined;

  async function run(): Promise<WorkerResult> {
    try {
      return workerResult.parse(await client.call('run', options.request, { signal: stop.signal }));
    } catch (error) {
      if (!(error instanceof AppError && error.code === 'disconnected')) throw error;
      const end = await ended;
      if (cancelled) throw new AppError('cancelled');
      if (silent) throw new AppError('worker-silent', { seconds: Math.round(options.silentAfterMs / 1000) });
      if (end.error) throw end.error;
      if (end.signal) throw new AppError('worker-killed', { signal: end.signal }, lastLines.text());
      throw new AppError('worker-exited', { code: end.code ?? '?', detail: lastLines.text() });
    } finally {
      clearTimeout(deadline);
      transport.close();
      const leaving = setTimeout(kill, LEAVE_WITHIN_MS);
      await ended;
      clearTimeout(leaving);
      clearInterval(watch);
      log.end();
    }
  }

  return {
    pid: child.pid,
    result: run(),
    cancel: () => {
      if (cancelled) return;
      cancelled = true;
      stop.abort();
      deadline = setTimeout(kill, options.stopWithinMs);
    },
    kill,
  };
}

interface ProcessEnd {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** Why it could not even be started. */
  error?: Error;
}

async function waitForEnd(child: ChildProcess): Promise<ProcessEnd> {
  // Not the child's own `close`: that never comes once this side has closed the IPC channel.
  const drained = Promise.all([child.stdout!, child.stderr!].map((pipe) => once(pipe, 'close'))).catch(
    () => {},
  );
  const end = await new Promise<ProcessEnd>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
    // Listens to the end: an error that nobody hears would bring the engine down.
    child.on('error', (error) => {
      if (child.pid === undefined) resolve({ code: null, signal: null, error });
    });
  });
  // A process of the worker's own may have inherited the pipe and keep it open: wait only a moment.
  await Promise.race([drained, new Promise((resolve) => setTimeout(resolve, DRAIN_MS).unref())]);
  return end;
}
