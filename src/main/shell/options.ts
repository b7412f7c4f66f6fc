/** The options that the desktop app takes on its command line. */
import { parseArgs } from 'node:util';

export interface ShellOptions {
  /** An engine that runs already, e.g. through a tunnel: `http://127.0.0.1:7741/?token=…`. */
  engineUrl: URL | null;
  /** The workspace of the app's own engine; null for the default one. */
  workspace: string | null;
  /** Where Electron keeps window state and caches; null for the default folder. */
  userData: string | null;
}

/** `argv` without the program. Chromium's own switches are let through. Throws on an engine URL that is none. */
export function parseShellOptions(argv: readonly string[]): ShellOptions {
  const { values } = parseArgs({
    args: [...argv],
    strict: false,
    options: {
      'engine-url': { type: 'string' },
      workspace: { type: 'string' },
      'user-data-dir': { type: 'string' },
    },
  });
  const text = (value: string | boolean | undefined) => (typeof value === 'string' && value ? value : null);
  const engineUrl = text(values['engine-url']);
  return {
    engineUrl: engineUrl === null ? null : parseEngineUrl(engineUrl),
    workspace: text(values.workspace),
    userData: text(values['user-data-dir']),
  };
}

function parseEngineUrl(value: string): URL {
  const url = URL.canParse(value) ? new URL(value) : null;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new Error(`--engine-url wants an address like http://127.0.0.1:7741/?token=…, not “${value}”.`);
  }
  return url;
}
