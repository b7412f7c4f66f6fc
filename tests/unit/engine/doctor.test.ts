/** What the doctor makes of a machine: each finding has a status, and what is not well comes with a message in both languages. */
import { describe, expect, test } from 'vitest';
import { examine } from '#main/engine/services/doctor.ts';
import { settings as settingsSchema } from '#shared/contract/settings.ts';
import type { BaseModel } from '#shared/contract/models.ts';
import { trainingConfig } from '#shared/domain/training-config.ts';
import type { DoctorCheck, SystemInfo } from '#shared/contract/system.ts';
import { AppError, errorMessage } from '#shared/errors/app-error.ts';

const GB = 1e9;
const settings = settingsSchema.parse({});
const tools = { ffmpeg: '/bin/ffmpeg', ffprobe: '/bin/ffprobe', versions: { ffmpeg: '7.1', ffprobe: '7.1' } };

const baseModel: BaseModel = {
  ...{ name: 'Base', version: '1.0.0', sha256: '0123456789abcdef', licence: 'MIT', createdAt: 1 },
  ...{ bytes: 31_000_000, weights: 14_200_000, frameRate: 12, config: trainingConfig.parse({}) },
};
const found = { tools, baseModel };

const ofWindows = new AppError('device-other-system', { device: 'DirectML', systems: 'Windows' }).toWire();

const healthy: SystemInfo = {
  version: '0.1.0',
  workspace: '/clips',
  platform: 'linux x64',
  node: '24.0.0',
  onnxruntime: '1.30.0',
  sqlite: '3.50.0',
  ffmpeg: '7.1',
  cores: 4,
  memoryBytes: 16 * GB,
  freeDiskBytes: 80 * GB,
  devices: [
    { id: 'cpu', name: 'CPU', available: true, reason: null },
    { id: 'webgpu', name: 'WebGPU', available: true, reason: null },
    { id: 'cuda', name: 'CUDA', available: false, reason: new AppError('cuda-not-installed').toWire() },
    { id: 'dml', name: 'DirectML', available: false, reason: ofWindows },
  ],
};

function check(checks: readonly DoctorCheck[], id: string): DoctorCheck {
  return checks.find((one) => one.id === id)!;
}

test('a healthy machine needs nothing', () => {
  const checks = examine(healthy, settings, found);
  expect(checks.filter(({ status, fix }) => status !== 'ok' || fix !== null)).toEqual([]);
  // Devices of other systems are nothing that this machine lacks.
  expect(check(checks, 'graphics').found).toBe('webgpu ✓ · cuda ✗');
  expect(check(checks, 'base-model').found).toBe('Base 1.0.0 · 14.2 M weights · 31.0 MB · 01234567');
});

describe('what is not well', () => {
  const reason = new AppError('device-not-working', { detail: 'no adapter' }).toWire();
  const poor: SystemInfo = {
    ...healthy,
    memoryBytes: 2 * GB,
    freeDiskBytes: GB,
    devices: healthy.devices.map((device) => ({ ...device, available: false, reason })),
  };
  const missing = new AppError('ffmpeg-missing', {}, '/nowhere/ffmpeg: ENOENT');
  const noModel = new AppError('base-model-missing', { path: '/nowhere' });
  const checks = examine(poor, settings, { tools: missing, baseModel: noModel });

  test('is judged', () => {
    const found = Object.fromEntries(checks.map(({ id, status, fix }) => [id, [status, fix?.code]]));
    expect(found).toEqual({
      node: ['ok', undefined],
      sqlite: ['ok', undefined],
      ffmpeg: ['fail', 'ffmpeg-missing'],
      device: ['fail', 'device-not-working'],
      graphics: ['warn', 'no-graphics'],
      'base-model': ['warn', 'base-model-missing'],
      disk: ['warn', 'disk-low'],
      memory: ['warn', 'memory-low'],
    });
  });

  test('says what to do in both languages, with its values', () => {
    for (const { fix } of checks.filter(({ status }) => status !== 'ok')) {
      expect(errorMessage(fix!, 'en')).not.toContain('{');
      expect(errorMessage(fix!, 'zh')).toMatch(/[\u4e00-\u9fff]/);
    }
    expect(errorMessage(check(checks, 'disk').fix!, 'zh')).toContain('5.0 GB');
    expect(check(checks, 'ffmpeg').found).toBe('/nowhere/ffmpeg: ENOENT');
  });

  test('with hardly any space left, nothing can be trained', () => {
    const full = examine({ ...healthy, freeDiskBytes: GB / 4 }, settings, found);
    expect(check(full, 'disk')).toMatchObject({ status: 'fail', fix: { code: 'disk-low' } });
  });
});
