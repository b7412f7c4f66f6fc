/**
 * Entry of an engine process. As a plain Node process (`node main.ts --workspace <folder> [--port <n>] [--renderer <folder>]`)
 * it prints one JSON line with url and token; as Electron's utility process it posts the same to its parent and serves
 * every port that it is handed. SIGINT and SIGTERM close it in good order.
 */
import { parseArgs } from 'node:util';
import { shellMessage, type EngineMessage } from '#shared/contract/engine-host.ts';
import { AppError, toWireError } from '#shared/errors/app-error.ts';
import { messagePortTransport, type PortLike } from '#shared/rpc/message-port-transport.ts';
import { startEngine } from './engine.ts';
import { logProblem } from './log.ts';
import { defaultWorkspace } from './workspace.ts';

/** What Electron adds to `process` in a utility process. */
interface ParentPort {
  postMessage(message: unknown): void;
  on(type: 'message', listener: (event: { data: unknown; ports: PortLike[] }) => void): void;
}

const parentPort = (process as { parentPort?: ParentPort }).parentPort;

function greet(greeting: EngineMessage): void {
  if (parentPort) parentPort.postMessage(greeting);
  else process.stdout.write(`${JSON.stringify(greeting)}\n`);
}

const { values } = parseArgs({
  args: process.argv.slice(2),
  options: {
    workspace: { type: 'string', default: process.env.REELWRIGHT_WORKSPACE || defaultWorkspace() },
    port: { type: 'string', default: '0' },
    renderer: { type: 'string' },
  },
});

try {
  const engine = await startEngine({
    workspace: values.workspace,
    port: Number(values.port),
    rendererFolder: values.renderer,
  });
  const leave = () => {
    // A second signal while closing means: now.
    process.once('SIGINT', () => process.exit(130));
    void engine.close().then(() => process.exit(0));
  };
  process.once('SIGINT', leave);
  process.once('SIGTERM', leave);
  parentPort?.on('message', ({ data, ports }) => {
    const message = shellMessage.safeParse(data);
    if (!message.success) return;
    if (message.data.type === 'close') return leave();
    for (const port of ports) engine.connect(messagePortTransport(port));
  });
  greet({ type: 'ready', url: engine.url, token: engine.token });
} catch (error) {
  if (!(error instanceof AppError)) logProblem('Could not start', error);
  greet({ type: 'failed', error: toWireError(error) });
  process.exitCode = 1;
}
