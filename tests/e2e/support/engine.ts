/** A real engine process on a copy of a workspace or a fresh one, as `reelwright serve` starts it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const projectFolder = fileURLToPath(new URL('../../..', import.meta.url));
export const clipsFolder = join(projectFolder, 'tests/fixtures/clips');

export interface EngineProcess extends AsyncDisposable {
  /** Opens the studio in a browser; holds the token. */
  url: string;
  workspace: string;
}

export interface EngineSetup {
  /** A workspace that is copied, so that nothing in it changes; without it the workspace is empty. */
  original?: string;
  /** The model package that is the base model; without it, the one that ships. */
  baseModel?: string;
}

export async function startEngine({ original, baseModel = '' }: EngineSetup = {}): Promise<EngineProcess> {
  const workspace = await mkdtemp(join(tmpdir(), 'reelwright-e2e-'));
  if (original !== undefined) await cp(original, workspace, { recursive: true });
  const child = spawn(
    process.execPath,
    [join(projectFolder, 'src/main/cli/main.ts'), '--workspace', workspace, '--json', 'serve'],
    { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, REELWRIGHT_BASE_MODEL: baseModel } },
  );
  const gone = once(child, 'exit');
  const [line] = (await Promise.race([
    once(createInterface(child.stdout), 'line'),
    gone.then(([code]) => Promise.reject(new Error(`The engine ended at once (exit code ${code})`))),
  ])) as [string];
  const { url } = JSON.parse(line) as { url: string };
  return {
    url,
    workspace,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGTERM');
      await gone;
      await rm(workspace, { recursive: true, force: true });
    },
  };
}
