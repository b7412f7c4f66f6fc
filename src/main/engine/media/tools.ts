/** Finds a working ffmpeg and ffprobe: what the settings name, the environment, the carried ones, then the PATH. */
import { createRequire } from 'node:module';
import type { MediaTools } from '#shared/contract/workers.ts';
import { AppError } from '#shared/errors/app-error.ts';
import { runTool } from './run-ffmpeg.ts';

export interface ResolvedTools extends MediaTools {
  /** Version words as the tools print them, e.g. `7.1` or `N-47683-g0e8eb07980-static`. */
  versions: { ffmpeg: string; ffprobe: string };
}

export interface ToolSettings {
  /** Empty for none. */
  ffmpegPath: string;
  ffprobePath: string;
}

type ToolName = 'ffmpeg' | 'ffprobe';
const TRY_MS = 20_000;
const requireHere = createRequire(import.meta.url);

/** Each candidate is really run; the first that works is taken. Throws AppError `ffmpeg-missing`. */
export async function resolveTools(settings: ToolSettings): Promise<ResolvedTools> {
  const [ffmpeg, ffprobe] = await Promise.all([
    firstWorking('ffmpeg', settings.ffmpegPath),
    firstWorking('ffprobe', settings.ffprobePath),
  ]);
  return {
    ffmpeg: ffmpeg.path,
    ffprobe: ffprobe.path,
    versions: { ffmpeg: ffmpeg.version, ffprobe: ffprobe.version },
  };
}

async function firstWorking(tool: ToolName, setting: string): Promise<{ path: string; version: string }> {
  const failures: string[] = [];
  for (const path of candidates(tool, setting)) {
    try {
      return { path, version: await tryTool(tool, path) };
    } catch (error) {
      failures.push(
        `${path}: ${error instanceof AppError ? (error.detail ?? '') : (error as Error).message}`,
      );
    }
  }
  throw new AppError('ffmpeg-missing', {}, failures.join('\n'));
}

function* candidates(tool: ToolName, setting: string): Generator<string> {
  if (setting) yield setting;
  const fromEnvironment = process.env[tool === 'ffmpeg' ? 'FFMPEG_PATH' : 'FFPROBE_PATH'];
  if (fromEnvironment) yield fromEnvironment;
  if (tool === 'ffmpeg') yield* carriedPath('ffmpeg-static', (module) => module);
  yield* carriedPath(`@${tool}-installer/${tool}`, (module) => (module as { path?: unknown }).path);
  yield tool;
}

/** The binary that a package carries; none when the package is not installed or has none for this platform. */
function* carriedPath(name: string, pick: (module: unknown) => unknown): Generator<string> {
  let path: unknown;
  try {
    path = pick(requireHere(name));
  } catch {
    return;
  }
  // Inside a packaged app, binaries lie beside the archive, not in it: nothing can be executed from an .asar file.
  if (typeof path === 'string') yield path.replace(/app\.asar([\\/])/, 'app.asar.unpacked$1');
}

async function tryTool(tool: ToolName, path: string): Promise<string> {
  const limits = { timeoutMs: TRY_MS };
  const { stdout } = await runTool(path, ['-version'], limits);
  const version = new RegExp(`^${tool} version (\\S+)`).exec(stdout)?.[1];
  if (!version) throw new Error('does not introduce itself');
  if (tool === 'ffmpeg') {
    // Builds without x264 exist (LGPL distributions); they could not write the results.
    const { stdout: encoders } = await runTool(path, ['-hide_banner', '-encoders'], limits);
    if (!encoders.includes(' libx264 ')) throw new Error('has no H.264 encoder (libx264)');
  }
  return version;
}
