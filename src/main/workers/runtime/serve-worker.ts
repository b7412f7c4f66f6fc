/** The frame every worker process stands in: one `run` call from the engine, events back, and no life beyond the engine's. */
import { workerContract, WORKER_STOPS_WITHIN_MS, type WorkerContract } from '#shared/contract/workers.ts';
import type { WorkerResult, WorkerSpec } from '#shared/contract/workers.ts';
import type { JobKind } from '#shared/contract/jobs.ts';
import type { EventName, Payload } from '#shared/contract/define.ts';
import type { AppError } from '#shared/errors/app-error.ts';
import { explainDiskFull } from '#shared/errors/disk-full.ts';
import { createEventHub } from '#shared/rpc/event-hub.ts';
import { processTransport } from '#shared/rpc/process-transport.ts';
import { serve } from '#shared/rpc/server.ts';
import { createProgressMeter, type ProgressReport } from './progress-meter.ts';
import { createTimeLeft, type PlannedWork, type TimeLeft } from './time-left.ts';

const HEARTBEAT_MS = 1000;

export interface WorkerContext {
  /** Aborts when the job is cancelled or the engine is gone: finish the step, write what must not be lost, return. */
  signal: AbortSignal;
  emit<N extends EventName<WorkerContract>>(name: N, payload: Payload<WorkerContract, N>): void;
  /** Tells the user of something that does not end the work; also goes into the log. */
  notice(this: void, error: AppError): void;
  /** Cheap enough to call at every unit of work: reports at most ten times a second. */
  progress(phase: string, done: number, total: number): void;
  /** Says once what the whole job consists of; from then on progress tells the time left of all of it. */
  plan(work: readonly PlannedWork[]): void;
  /** Says that a piece of the plan is done, or several. Without a plan it means nothing. */
  did(activity: string, count?: number): void;
}

export type SpecOf<K extends JobKind> = Extract<WorkerSpec, { kind: K }>['spec'];
/** What a handler returns: the result without its `kind`. */
export type ResultOf<K extends JobKind> = Omit<Extract<WorkerResult, { kind: K }>, 'kind'>;
export type WorkerHandler<K extends JobKind> = (
  spec: SpecOf<K>,
  context: WorkerContext,
) => Promise<ResultOf<K>>;

/** Call once, at the top level of the worker's entry module. */
export function serveWorker<K extends JobKind>(kind: K, handler: WorkerHandler<K>): void {
  if (!process.send) {
    process.stderr.write(`This is the ${kind} worker of Reelwright; the engine starts it.\n`);
    process.exit(2);
  }
  // Ctrl-C in a terminal reaches the whole process group. The engine hears it too and cancels in good order.
  process.on('SIGINT', () => {});
  process.on('SIGHUP', () => {});

  const events = createEventHub<WorkerContract>();
  const now = () => performance.now();
  const meter = createProgressMeter(now);
  let timeLeft: TimeLeft | undefined;
  const transport = processTransport(process);
  let running: Promise<unknown> = Promise.resolve();

  const run = async (spec: SpecOf<K>, signal: AbortSignal): Promise<WorkerResult> => {
    const result = await handler(spec, {
      signal,
      emit: (name, payload) => events.emit(name, payload),
      notice: (error) => {
        process.stderr.write(`${error.message}\n`);
        events.emit('notice', { error: error.toWire() });
      },
      progress: (phase, done, total) => {
        const report = meter.update(phase, done, total);
        if (report) events.emit('progress', { ...report, ...wholeJob(timeLeft, report) });
      },
      plan: (work) => {
        timeLeft = createTimeLeft(work, now);
      },
      did: (activity, count) => timeLeft?.did(activity, count),
    });
    // For the log: what the plan really took.
    if (timeLeft) process.stdout.write(`${JSON.stringify({ took: timeLeft.took() })}\n`);
    return { ...result, kind } as unknown as WorkerResult;
  };

  serve(
    workerContract,
    {
      run: (request, { signal }) => {
        if (request.kind !== kind) throw new Error(`The ${kind} worker was given a ${request.kind} job`);
        const outcome = run(request.spec as SpecOf<K>, signal).catch((error: unknown) => {
          // The engine starts workers in the workspace folder.
          throw explainDiskFull(error, process.cwd());
        });
        running = outcome.catch(() => {});
        return outcome;
      },
    },
    events,
    transport,
  );

  setInterval(() => events.emit('alive', {}), HEARTBEAT_MS).unref();

  transport.onClose(() => {
    setTimeout(() => process.exit(1), WORKER_STOPS_WITHIN_MS).unref();
    void running.then(() => process.exit(0));
  });
}

/** What is true of the whole job where there is a plan of it; else the phase must stand for it. */
function wholeJob(
  timeLeft: TimeLeft | undefined,
  { phase, rate, secondsLeft }: ProgressReport,
): { rate: number; secondsLeft: number | null; share: number | null } {
  if (!timeLeft) return { rate, secondsLeft, share: null };
  return { rate: timeLeft.rate(phase) ?? rate, secondsLeft: timeLeft.seconds(), share: timeLeft.share() };
}
