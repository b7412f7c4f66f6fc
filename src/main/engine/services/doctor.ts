/** Judges what was found on this machine, and says what to do about what is missing. Pure. */
import type { BaseModel } from '#shared/contract/models.ts';
import type { Settings } from '#shared/contract/settings.ts';
import type { DoctorCheck, SystemInfo } from '#shared/contract/system.ts';
import { AppError, toWireError } from '#shared/errors/app-error.ts';
import type { ResolvedTools } from '../media/tools.ts';

const GB = 1e9;
/** A run with its checkpoints and the decoded windows of some hundred clips takes about this much. */
const COMFORTABLE_DISK = 5 * GB;
const LEAST_DISK = 0.5 * GB;
const COMFORTABLE_MEMORY = 4 * GB;

/** What was found of each thing that may be missing: itself, or why it cannot be used. */
export interface Found {
  tools: ResolvedTools | Error;
  baseModel: BaseModel | Error;
}

export function examine(info: SystemInfo, settings: Settings, { tools, baseModel }: Found): DoctorCheck[] {
  return [
    { id: 'node', status: 'ok', found: `Node ${info.node} · ${info.platform}`, fix: null },
    { id: 'sqlite', status: 'ok', found: `SQLite ${info.sqlite}`, fix: null },
    ...mediaTools(tools),
    chosenDevice(info, settings),
    graphics(info),
    shipped(baseModel),
    disk(info),
    memory(info),
  ];
}

function mediaTools(tools: ResolvedTools | Error): DoctorCheck[] {
  if (tools instanceof Error) {
    // What was tried belongs to what was found; the fix says what to do.
    const { detail, ...fix } = toWireError(tools);
    return [{ id: 'ffmpeg', status: 'fail', found: detail ?? '–', fix }];
  }
  return (['ffmpeg', 'ffprobe'] as const).map((id) => ({
    id,
    status: 'ok',
    found: `${id} ${tools.versions[id]} · ${tools[id]}`,
    fix: null,
  }));
}

function chosenDevice(info: SystemInfo, settings: Settings): DoctorCheck {
  const { available, reason } = info.devices.find(({ id }) => id === settings.device)!;
  const found = `${settings.device} · ONNX Runtime ${info.onnxruntime}`;
  return { id: 'device', status: available ? 'ok' : 'fail', found, fix: reason };
}

function graphics(info: SystemInfo): DoctorCheck {
  const cards = info.devices.filter(
    ({ id, reason }) => id !== 'cpu' && reason?.code !== 'device-other-system',
  );
  const found = cards.map(({ id, available }) => `${id} ${available ? '✓' : '✗'}`).join(' · ');
  if (cards.some(({ available }) => available)) return { id: 'graphics', status: 'ok', found, fix: null };
  return { id: 'graphics', status: 'warn', found, fix: new AppError('no-graphics').toWire() };
}

/** Without it everything else goes on: what is missing is only what to begin with. */
function shipped(model: BaseModel | Error): DoctorCheck {
  const id = 'base-model';
  if (model instanceof Error) return { id, status: 'warn', found: '–', fix: toWireError(model) };
  const { name, version, sha256, weights, bytes } = model;
  const sizes = `${(weights / 1e6).toFixed(1)} M weights · ${(bytes / 1e6).toFixed(1)} MB`;
  return { id, status: 'ok', found: `${name} ${version} · ${sizes} · ${sha256.slice(0, 8)}`, fix: null };
}

function disk(info: SystemInfo): DoctorCheck {
  const found = `${gb(info.freeDiskBytes)} · ${info.workspace}`;
  if (info.freeDiskBytes >= COMFORTABLE_DISK) return { id: 'disk', status: 'ok', found, fix: null };
  const fix = new AppError('disk-low', { wanted: gb(COMFORTABLE_DISK) }).toWire();
  return { id: 'disk', status: info.freeDiskBytes < LEAST_DISK ? 'fail' : 'warn', found, fix };
}

function memory(info: SystemInfo): DoctorCheck {
  const found = gb(info.memoryBytes);
  if (info.memoryBytes >= COMFORTABLE_MEMORY) return { id: 'memory', status: 'ok', found, fix: null };
  return { id: 'memory', status: 'warn', found, fix: new AppError('memory-low').toWire() };
}

function gb(bytes: number): string {
  return `${(bytes / GB).toFixed(1)} GB`;
}
