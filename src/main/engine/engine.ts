/** One engine: a workspace with its database, jobs and loopback server, serving the contract to any number of clients. */
import { contract, type Contract } from '#shared/contract/index.ts';
import type { JobKind } from '#shared/contract/jobs.ts';
import { explainDiskFull } from '#shared/errors/disk-full.ts';
import { createEventHub } from '#shared/rpc/event-hub.ts';
import { serve } from '#shared/rpc/server.ts';
import type { Transport } from '#shared/rpc/transport.ts';
import { createHandlers } from './api/handlers.ts';
import { baseModelFolder, builtRenderer, workerEntry } from './app-paths.ts';
import type { EngineContext } from './context.ts';
import { openDatabase, type OpenDatabase } from './db/open-database.ts';
import { JobQueue } from './jobs/job-queue.ts';
import { startServer, type LoopbackServer } from './server/server.ts';
import { shippedModel } from './services/base-model.ts';
import { captionJob } from './services/caption-job.ts';
import { createCompute } from './services/compute.ts';
import { evalJob } from './services/eval-job.ts';
import { exportJob } from './services/export-job.ts';
import { forecastJob } from './services/forecast-job.ts';
import { createForecasts } from './services/forecasts.ts';
import { generateJob } from './services/generate-job.ts';
import { importJob } from './services/import-job.ts';
import { trainJob } from './services/train-job.ts';
import { openWorkspace } from './workspace.ts';

/** A worker may be busy in one step of a large model, or swap, without being dead. */
const SILENT_AFTER_MS = 120_000;

export interface EngineOptions {
  workspace: string;
  /** Of the loopback server; 0, the default, takes any free one. */
  port?: number | undefined;
  /** The built studio, for a browser. */
  rendererFolder?: string | undefined;
  /** The model package that is the base model; default: the one that ships. */
  baseModelFolder?: string | undefined;
  /** A worker without a sign of life for so long is ended. */
  silentAfterMs?: number | undefined;
  /** Entry modules of the workers. */
  workerEntry?: ((kind: JobKind) => string) | undefined;
}

export interface Engine {
  /** Of the loopback server, e.g. `http://127.0.0.1:4711`. */
  url: string;
  token: string;
  /** Serves the contract over a transport until it closes. */
  connect(transport: Transport): void;
  /** Stops the workers gracefully (their jobs can be resumed), writes out the database, frees the workspace. */
  close(): Promise<void>;
}

/** Throws workspace-locked, workspace-unwritable, workspace-newer or disk-full. */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  const workspace = openWorkspace(options.workspace);
  let database: OpenDatabase | undefined;
  let server: LoopbackServer | undefined;
  try {
    database = openDatabase(workspace.database);
    const context: EngineContext = {
      workspace,
      db: database.db,
      events: createEventHub<Contract>(),
      baseModel: shippedModel(options.baseModelFolder ?? baseModelFolder),
    };
    const compute = createCompute(context.db);
    const forecasts = createForecasts(context, compute);
    const kinds = [
      importJob(context, compute),
      forecastJob(context, compute, forecasts),
      trainJob(context, compute, forecasts),
      evalJob(context, compute),
      generateJob(context, compute),
      captionJob(context, compute),
      exportJob(context),
    ];
    const queue = new JobQueue(context, kinds, {
      workerEntry: options.workerEntry ?? workerEntry,
      silentAfterMs: options.silentAfterMs ?? SILENT_AFTER_MS,
    });
    const handlers = createHandlers({
      context,
      queue,
      compute,
      forecasts,
      facts: { sqlite: database.version },
    });
    const connections = new Set<Transport>();
    const connect = (transport: Transport) => {
      connections.add(transport);
      serve(contract, handlers, context.events, transport);
      transport.onClose(() => connections.delete(transport));
    };
    server = await startServer({
      context,
      connect,
      port: options.port ?? 0,
      rendererFolder: options.rendererFolder ?? builtRenderer,
    });
    const { url, token, close: closeServer } = server;
    workspace.announce(url, token);
    await queue.start();

    const { close: closeDatabase } = database;
    let closing: Promise<void> | undefined;
    const close = async () => {
      await queue.close();
      for (const transport of connections) transport.close();
      await closeServer();
      await closeDatabase();
      workspace.release();
    };
    return { url, token, connect, close: () => (closing ??= close()) };
  } catch (error) {
    await server?.close();
    await database?.close();
    workspace.release();
    throw explainDiskFull(error, workspace.root);
  }
}
