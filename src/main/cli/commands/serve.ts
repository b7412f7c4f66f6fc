/** `reelwright serve`: an engine for the studio in a browser, or for a desktop app at the other end of a tunnel. */
import type { Command } from 'commander';
import { once } from 'node:events';
import { exitCode } from '../exit-codes.ts';
import type { RunEngine } from '../command-context.ts';
import { openInBrowser } from '../open-in-browser.ts';
import { wholeNumber } from '../option-parsers.ts';

interface ServeOptions {
  port: number;
  open?: true;
}

export function addServe(program: Command, runEngine: RunEngine): void {
  program
    .command('serve')
    .description('serve the studio to a browser on this machine, until Ctrl-C')
    .option('--port <number>', 'port on 127.0.0.1; 0 takes a free one', wholeNumber, 0)
    .option('--open', 'open the studio in the browser')
    .action(({ port, open }: ServeOptions) =>
      runEngine(port, async ({ url, terminal, interrupt }) => {
        terminal.result(
          { url },
          `Reelwright is at\n\n  ${url}\n\nThe address opens your library: keep it to yourself. Ctrl-C ends it.`,
        );
        if (open) openInBrowser(url);
        if (!interrupt.aborted) await once(interrupt, 'abort');
        return exitCode.ok;
      }),
    );
}
