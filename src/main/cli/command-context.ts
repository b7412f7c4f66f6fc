/** What every command is given: the engine, the terminal, and the signal of Ctrl-C. */
import type { Contract } from '#shared/contract/index.ts';
import type { Client } from '#shared/rpc/client.ts';
import type { ExitCode } from './exit-codes.ts';
import type { Terminal } from './terminal.ts';

export interface CommandContext {
  engine: Client<Contract>;
  terminal: Terminal;
  /** Aborts at the first Ctrl-C. */
  interrupt: AbortSignal;
}

/** Options that hold for all commands. */
export interface GlobalOptions {
  workspace?: string;
  engineUrl?: string;
  json?: true;
}

/** Joins an engine, or opens one, runs the body with it, closes, and sets the exit code. */
export type RunCommand = (body: (context: CommandContext) => Promise<ExitCode>) => Promise<void>;

/** Opens an engine that serves HTTP on `port`, and runs the body until it returns. */
export type RunEngine = (
  port: number,
  body: (context: Omit<CommandContext, 'engine'> & { url: string }) => Promise<ExitCode>,
) => Promise<void>;
