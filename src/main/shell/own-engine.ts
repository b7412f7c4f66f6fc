/** The engine of this app: a utility process that is started, watched, and started again once when it dies. */
import { utilityProcess, type MessagePortMain, type UtilityProcess } from 'electron';
import { join } from 'node:path';
import { ENGINE_CLOSES_WITHIN_MS, engineMessage, type ShellMessage } from '#shared/contract/engine-host.ts';
import type { WireError } from '#shared/contract/common.ts';
import type { EngineLink } from './engine-link.ts';

/** An engine that lived this long and died is started again as often as it takes. */
const stableAfterMs = 60_000;

interface Ready {
  base: URL;
  token: string;
}

interface Options {
  workspace: string | null;
  /** The engine is gone and stays gone until the app is started again. */
  onFailure: (error: WireError) => void;
}

/** Starts the engine at once. */
export function ownEngine({ workspace, onFailure }: Options): EngineLink {
  let child: UtilityProcess;
  let ready: PromiseWithResolvers<Ready>;
  let stopping = false;
  let restarted = false;

  const start = () => {
    const startedAt = performance.now();
    let failure: WireError | null = null;
    ready = Promise.withResolvers<Ready>();
    // Whoever waits for it gets the failure; a wait that nobody holds must not end the app.
    ready.promise.catch(() => {});
    const args = workspace === null ? [] : ['--workspace', workspace];
    child = utilityProcess.fork(join(import.meta.dirname, 'engine.js'), args, {
      serviceName: 'Reelwright engine',
    });
    child.on('message', (message: unknown) => {
      const parsed = engineMessage.safeParse(message);
      if (!parsed.success) return;
      if (parsed.data.type === 'ready')
        ready.resolve({ base: new URL(parsed.data.url), token: parsed.data.token });
      else failure = parsed.data.error;
    });
    child.on('exit', (code) => {
      if (stopping) return;
      const error = failure ?? { code: 'worker-exited', params: { code, detail: '' } };
      ready.reject(new Error(error.code));
      // A failure that the engine explained itself (a locked workspace, say) comes again: starting anew helps nobody.
      if (failure || (restarted && performance.now() - startedAt < stableAfterMs)) return onFailure(error);
      restarted = true;
      start();
    });
  };
  start();

  const send = (message: ShellMessage, ports: MessagePortMain[] = []) => child.postMessage(message, ports);
  return {
    connect: (port) => {
      ready.promise.then(
        () => send({ type: 'connect' }, [port]),
        () => port.close(),
      );
    },
    media: () => ready.promise,
    stop: async () => {
      stopping = true;
      if (child.pid === undefined) return;
      const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
      const timer = setTimeout(() => child.kill(), ENGINE_CLOSES_WITHIN_MS);
      send({ type: 'close' });
      await gone;
      clearTimeout(timer);
    },
  };
}
