/** What the shell needs of an engine, wherever it runs: ports connected to it, and a way to its media. */
import type { MessagePortMain } from 'electron';

export interface EngineLink {
  /** Joins a port of a window to the engine; it is closed when the engine cannot be reached any more. */
  connect(port: MessagePortMain): void;
  /** Resolves once the engine serves: the base of its HTTP server, and the token that opens it. */
  media(): Promise<{ base: URL; token: string }>;
  /** Ends an engine that belongs to this shell and waits for it; leaves any other alone. */
  stop(): Promise<void>;
}
