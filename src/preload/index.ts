/** Gives the page `window.reelwright` and nothing else: one port to the engine, paths of drops, two dialogs. */
import { contextBridge, ipcRenderer, webUtils } from 'electron';
import { bridgePortMessage, type StudioBridge } from '#shared/contract/bridge.ts';
import { bridgeChannels } from '#shared/contract/bridge-channels.ts';

/** The page's window: this file is compiled without the types of the DOM. */
declare const window: { postMessage(message: unknown, origin: string, transfer: readonly unknown[]): void };

// A port cannot pass through contextBridge; a message to the page's own window can carry it.
ipcRenderer.on(bridgeChannels.port, (event) => window.postMessage(bridgePortMessage, '*', event.ports));

const bridge: StudioBridge = {
  platform: process.platform,
  mediaBase: 'reelwright://engine',
  connect: () => ipcRenderer.send(bridgeChannels.connect),
  pathForFile: (file) => webUtils.getPathForFile(file),
  pickPaths: (kind) => ipcRenderer.invoke(bridgeChannels.pickPaths, kind) as Promise<string[]>,
  pickSavePath: (name) => ipcRenderer.invoke(bridgeChannels.pickSavePath, name) as Promise<string | null>,
};

contextBridge.exposeInMainWorld('reelwright', bridge);
