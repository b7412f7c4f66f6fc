/** What is said of the devices of this machine, and what happens when one is used that does not work. */
import { expect, it } from 'vitest';
import { probeDevices, requireDevice } from '#main/workers/runtime/devices.ts';
import { device, type Device } from '#shared/contract/system.ts';
import { AppError, errorMessage } from '#shared/errors/app-error.ts';

const ownedBy: Partial<Record<Device, (system: string) => boolean>> = {
  cuda: (system) => system === 'linux x64',
  dml: (system) => system.startsWith('win32'),
  coreml: (system) => system.startsWith('darwin'),
};

it('says of each device whether it can be used, and in both languages why not', async () => {
  const devices = await probeDevices();
  expect(devices.map(({ id }) => id)).toEqual(device.options);
  expect(devices[0]).toMatchObject({ available: true, reason: null });
  for (const { id, available, reason } of devices) {
    expect(available).toBe(reason === null);
    const isOfThisSystem = ownedBy[id]?.(`${process.platform} ${process.arch}`) ?? true;
    expect(reason?.code === 'device-other-system', id).toBe(!isOfThisSystem);
    if (reason === null) continue;
    await expect(requireDevice(id)).rejects.toThrow(AppError);
    for (const language of ['en', 'zh'] as const)
      expect(errorMessage(reason, language)).toMatch(/WebGPU|CPU/);
  }
});
