/** Finds the engine for a command: the one that is named, the one that has the workspace open, or a new one in this process. */
import { connectInProcess, connectToUrl, type EngineClient } from '#main/engine/engine-client.ts';
import { startEngine } from '#main/engine/engine.ts';
import { defaultWorkspace, findRunningEngine } from '#main/engine/workspace.ts';
import { AppError } from '#shared/errors/app-error.ts';
import type { GlobalOptions } from './command-context.ts';

export interface Session extends AsyncDisposable {
  client: EngineClient;
}

/** Throws what starting an engine throws, or `disconnected` where nobody answers. */
export async function joinEngine(options: GlobalOptions): Promise<Session> {
  const running =
    options.engineUrl === undefined
      ? findRunningEngine(workspaceOf(options))
      : parseEngineUrl(options.engineUrl);
  if (running) {
    const client = await connectToUrl(running.url, running.token);
    return { client, [Symbol.asyncDispose]: async () => client.close() };
  }
  const engine = await startEngine({ workspace: workspaceOf(options) });
  const client = connectInProcess(engine);
  return {
    client,
    [Symbol.asyncDispose]: async () => {
      client.close();
      await engine.close();
    },
  };
}

export interface ServedEngine extends AsyncDisposable {
  /** Opens the studio in a browser: holds the token. */
  url: string;
}

/** Throws workspace-locked where another engine has the workspace open. */
export async function serveEngine(options: GlobalOptions, port: number): Promise<ServedEngine> {
  const engine = await startEngine({ workspace: workspaceOf(options), port });
  return {
    url: `${engine.url}/?token=${engine.token}`,
    [Symbol.asyncDispose]: () => engine.close(),
  };
}

function workspaceOf({ workspace }: GlobalOptions): string {
  return workspace ?? (process.env.REELWRIGHT_WORKSPACE || defaultWorkspace());
}

/** An address as `reelwright serve` prints it. */
function parseEngineUrl(text: string): { url: string; token: string } {
  const url = URL.parse(text);
  const token = url?.searchParams.get('token');
  if (!url || !token) {
    throw new AppError('invalid-input', {
      field: '--engine-url',
      problem: 'an address with a token is expected, as `reelwright serve` prints it',
    });
  }
  return { url: url.origin, token };
}
