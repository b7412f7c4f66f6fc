/** The main process's side of `window.reelwright`: hands out ports to the engine and shows the system's dialogs. */
import { BrowserWindow, dialog, ipcMain, MessageChannelMain, type WebContents } from 'electron';
import { z } from 'zod';
import { bridgeChannels } from '#shared/contract/bridge-channels.ts';
import type { EngineLink } from './engine-link.ts';

const pickKind = z.enum(['files', 'folder']);
const suggestedName = z.string().max(255);

export function handleBridge(engine: EngineLink): void {
  ipcMain.on(bridgeChannels.connect, (event) => {
    const { port1, port2 } = new MessageChannelMain();
    engine.connect(port1);
    event.sender.postMessage(bridgeChannels.port, null, [port2]);
  });

  ipcMain.handle(bridgeChannels.pickPaths, async (event, kind: unknown) => {
    const wanted = pickKind.parse(kind);
    const { canceled, filePaths } = await dialog.showOpenDialog(windowOf(event.sender), {
      properties:
        wanted === 'folder' ? ['openDirectory', 'multiSelections'] : ['openFile', 'multiSelections'],
    });
    return canceled ? [] : filePaths;
  });

  ipcMain.handle(bridgeChannels.pickSavePath, async (event, name: unknown) => {
    const { canceled, filePath } = await dialog.showSaveDialog(windowOf(event.sender), {
      defaultPath: suggestedName.parse(name),
    });
    return canceled || !filePath ? null : filePath;
  });
}

function windowOf(contents: WebContents): BrowserWindow {
  const window = BrowserWindow.fromWebContents(contents);
  if (!window) throw new Error('A dialog was asked for by a page without a window.');
  return window;
}
