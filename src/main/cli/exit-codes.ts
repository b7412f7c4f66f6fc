/** How a command says to a script what became of it. */
export const exitCode = {
  ok: 0,
  failed: 1,
  /** The command line itself was wrong. */
  usage: 2,
  /** Some of it went well, e.g. a few files of a folder could not be read. */
  partial: 3,
  interrupted: 130,
} as const;
export type ExitCode = (typeof exitCode)[keyof typeof exitCode];
