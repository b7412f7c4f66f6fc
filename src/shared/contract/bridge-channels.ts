/** Names of the few messages between the preload and the shell; the studio sees only `StudioBridge`. */
export const bridgeChannels = {
  connect: 'bridge:connect',
  port: 'bridge:port',
  pickPaths: 'bridge:pick-paths',
  pickSavePath: 'bridge:pick-save-path',
} as const;
