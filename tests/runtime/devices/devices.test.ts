/** What is said of the devices of this machine. */
import { expect, it } from 'vitest';
import { probeDevices } from '#main/workers/runtime/devices.ts';

it('says of each device whether it can be used, and why not', async () => {
  const devices = await probeDevices();
  expect(devices.map(({ id }) => id)).toEqual(['cpu', 'webgpu', 'cuda']);
  expect(devices[0]).toMatchObject({ available: true, reason: null });
  for (const { available, reason } of devices) expect(available).toBe(reason === null);
});
