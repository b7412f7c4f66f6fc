/** The bridge of an Electron window; undefined in a browser. */
import type { StudioBridge } from '#shared/contract/bridge.ts';

declare global {
  interface Window {
    readonly reelwright?: StudioBridge;
  }
}

export const bridge: StudioBridge | undefined = window.reelwright;
