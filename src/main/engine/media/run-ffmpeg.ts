/** Runs ffmpeg and ffprobe: cancellable, bounded in time, with the end of what they said on stderr as the reason of a failure. */
import { execa } from 'execa';
import { AppError } from '#shared/errors/app-error.ts';

export interface RunLimits {
  signal?: AbortSignal | undefined;
  /** A tool that takes longer hangs and is ended. */
  timeoutMs: number;
}

/** A tool that ran and failed. Callers turn it into the error of the catalogue that fits what they were doing. */
export class ToolFailure extends Error {
  readonly stderr: string;

  constructor(reason: string, stderr: string) {
    super(reason);
    this.name = 'ToolFailure';
    this.stderr = stderr;
  }
}

/**
 * Arguments that go before `-i`: only local files, and only containers that hold film. Without them a text file renamed
 * to .mp4 could be a playlist that makes ffmpeg read other files or open connections.
 */
export function inputArguments(path: string): string[] {
  const containers = 'mov,mp4,matroska,webm,avi,mpegts,mpeg,mpegvideo,flv,asf,ogg,apng';
  return ['-protocol_whitelist', 'file', '-format_whitelist', containers, '-i', `file:${path}`];
}

const STDERR_TAIL = 16_384;
const KILL_AFTER_MS = 2000;
/** ffprobe lists a line a packet: hours of film are some tens of megabytes. */
const MAX_TEXT = 512 * 2 ** 20;

const commonOptions = ({ signal, timeoutMs }: RunLimits) =>
  ({
    reject: false,
    timeout: timeoutMs,
    forceKillAfterDelay: KILL_AFTER_MS,
    ...(signal ? { cancelSignal: signal } : {}),
    windowsHide: true,
  }) as const;

/** Runs a tool to its end and returns what it printed. Throws ToolFailure, or AppError `cancelled`. */
export async function runTool(
  file: string,
  args: readonly string[],
  limits: RunLimits,
): Promise<{ stdout: string; stderr: string }> {
  const result = await execa(file, args, {
    ...commonOptions(limits),
    stdin: 'ignore',
    maxBuffer: MAX_TEXT,
    stripFinalNewline: false,
  });
  throwIfFailed(result, result.stderr, file, limits);
  return { stdout: result.stdout, stderr: result.stderr };
}

/**
 * Runs ffmpeg with raw frames on its standard output and yields them as they come; a consumer that stops early ends
 * ffmpeg. The generator returns the end of stderr. Throws ToolFailure, or AppError `cancelled`.
 */
export async function* readRawFrames(
  ffmpeg: string,
  args: readonly string[],
  bytesPerFrame: number,
  limits: RunLimits,
): AsyncGenerator<Uint8Array, string> {
  const child = execa(ffmpeg, ['-nostdin', '-hide_banner', '-nostats', ...args], {
    ...commonOptions(limits),
    stdin: 'ignore',
    buffer: false,
    encoding: 'buffer',
  });
  const stderr = keepTail(child.stderr);
  let finished = false;
  try {
    let frame = new Uint8Array(bytesPerFrame);
    let filled = 0;
    for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
      for (let from = 0; from < chunk.length;) {
        const count = Math.min(chunk.length - from, bytesPerFrame - filled);
        frame.set(chunk.subarray(from, from + count), filled);
        from += count;
        filled += count;
        if (filled < bytesPerFrame) continue;
        yield frame;
        frame = new Uint8Array(bytesPerFrame);
        filled = 0;
      }
    }
    finished = true;
  } finally {
    if (!finished) child.kill('SIGKILL');
    const result = await child;
    // When the consumer has stopped there is nobody left to tell.
    if (finished || result.isCanceled || result.timedOut) throwIfFailed(result, stderr(), ffmpeg, limits);
  }
  return stderr();
}

/** Runs ffmpeg with `frames` on its standard input. Throws ToolFailure, AppError `cancelled`, or what `frames` throws. */
export async function writeRawFrames(
  ffmpeg: string,
  args: readonly string[],
  frames: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  limits: RunLimits,
): Promise<void> {
  const child = execa(ffmpeg, ['-hide_banner', '-nostats', ...args], {
    ...commonOptions(limits),
    stdout: 'ignore',
    buffer: false,
    encoding: 'buffer',
  });
  const stderr = keepTail(child.stderr);
  // A write after ffmpeg died fails with EPIPE; its own words below are the better reason.
  let closed = false;
  const gone = new Promise<void>((resolve) => {
    const close = () => {
      closed = true;
      resolve();
    };
    child.stdin.on('error', close).on('close', close);
  });
  let thrown: { error: unknown } | undefined;
  try {
    for await (const frame of frames) {
      if (closed) break;
      if (!child.stdin.write(frame)) {
        await Promise.race([gone, new Promise((resolve) => child.stdin.once('drain', resolve))]);
      }
    }
    child.stdin.end();
  } catch (error) {
    thrown = { error };
    child.kill('SIGKILL');
  }
  const result = await child;
  if (thrown) throw thrown.error;
  throwIfFailed(result, stderr(), ffmpeg, limits);
}

/** Collects the last lines of a stream without letting it grow. */
function keepTail(stream: NodeJS.ReadableStream): () => string {
  let tail = '';
  stream.on('data', (chunk: Buffer | string) => {
    tail = (tail + chunk.toString()).slice(-STDERR_TAIL);
  });
  return () => tail;
}

interface Outcome {
  failed: boolean;
  timedOut: boolean;
  isCanceled: boolean;
  exitCode?: number | undefined;
  code?: string | undefined;
  shortMessage?: string | undefined;
}

function throwIfFailed(
  outcome: Outcome,
  stderr: string,
  file: string,
  { signal, timeoutMs }: RunLimits,
): void {
  if (!outcome.failed) return;
  if (outcome.isCanceled || signal?.aborted) throw new AppError('cancelled');
  if (outcome.code === 'ENOENT' || outcome.code === 'EACCES') {
    throw new AppError('ffmpeg-missing', {}, `${file}: ${outcome.code}`);
  }
  if (outcome.timedOut) {
    throw new ToolFailure(`the decoder hung and was ended after ${Math.round(timeoutMs / 1000)} s`, stderr);
  }
  throw new ToolFailure(lastReason(stderr) || (outcome.shortMessage ?? 'the tool failed'), stderr);
}

/** The last line of stderr that tells something, without the `[mov @ 0x55d0]` of the component that said it. */
export function lastReason(stderr: string): string {
  const lines = stderr
    .split(/[\r\n]+/)
    .map((line) => line.replace(/^(\[[^\]]* @ [^\]]*\] ?)+/, '').trim())
    .filter((line) => line !== '' && !/^(Conversion failed|Error opening input files?|frame=)/.test(line));
  return (lines.at(-1) ?? '').replace(/^file:.*: /, '').slice(0, 200);
}
