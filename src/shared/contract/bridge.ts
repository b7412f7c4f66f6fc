/** What the preload puts on `window.reelwright` of an Electron window; in a plain browser it is not there. */

export interface StudioBridge {
  /** `darwin`, `win32` or `linux`. */
  readonly platform: string;
  /** Where pixels and video come from, without a slash at the end: `reelwright://engine`. */
  readonly mediaBase: string;
  /**
   * Asks for a port to the engine. A MessagePort cannot pass through contextBridge, so it arrives as the one port of
   * a window message whose data is `bridgePortMessage`. Ask again after the port closed.
   */
  connect(): void;
  /** The path on disk of a file that was dropped or picked; the empty string when it has none. */
  pathForFile(file: File): string;
  /** The system's dialogs; an empty list or null when the user cancels. */
  pickPaths(kind: 'files' | 'folder'): Promise<string[]>;
  pickSavePath(suggestedName: string): Promise<string | null>;
}

export const bridgePortMessage = 'reelwright:port';
