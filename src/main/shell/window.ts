/** The one window: a sandboxed page that can go nowhere else and open nothing. */
import { BrowserWindow, nativeTheme, screen, session, shell } from 'electron';
import { join } from 'node:path';
import { appOrigin } from './protocol.ts';
import { readWindowState, writeWindowState } from './window-state.ts';

export function openWindow(stateFolder: string): BrowserWindow {
  const statePath = join(stateFolder, 'window.json');
  const state = readWindowState(
    statePath,
    screen.getAllDisplays().map((display) => display.workArea),
  );
  const window = new BrowserWindow({
    width: state?.width ?? 1280,
    height: state?.height ?? 820,
    ...(state ? { x: state.x, y: state.y } : {}),
    minWidth: 800,
    minHeight: 560,
    show: false,
    title: 'Reelwright',
    backgroundColor: nativeTheme.shouldUseDarkColors ? '#16171a' : '#fafaf8',
    webPreferences: {
      preload: join(import.meta.dirname, '../preload/index.cjs'),
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webviewTag: false,
      spellcheck: false,
    },
  });
  if (state?.maximized) window.maximize();
  window.once('ready-to-show', () => window.show());
  window.on('close', () => {
    writeWindowState(statePath, { ...window.getNormalBounds(), maximized: window.isMaximized() });
  });
  // electron-vite serves the page itself while developing.
  void window.loadURL(process.env.ELECTRON_RENDERER_URL ?? `${appOrigin}/`);
  return window;
}

/** No page of this app leads elsewhere: links to the web open in the system's browser, all else is refused. */
export function confine(contents: Electron.WebContents): void {
  contents.on('will-navigate', (event) => {
    if (new URL(event.url).origin !== new URL(contents.getURL()).origin) event.preventDefault();
  });
  contents.on('will-attach-webview', (event) => event.preventDefault());
  contents.setWindowOpenHandler(({ url }) => {
    if (url.startsWith('https://')) void shell.openExternal(url);
    return { action: 'deny' };
  });
}

/** Camera, microphone, location and the like: the studio needs none of them. */
export function denyPermissions(): void {
  session.defaultSession.setPermissionRequestHandler((_contents, _permission, answer) => answer(false));
  session.defaultSession.setPermissionCheckHandler(() => false);
}
