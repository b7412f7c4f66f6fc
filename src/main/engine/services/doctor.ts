/** Judges what was found on this machine, and says what to do about what is missing. Pure. */
import type { Settings } from '#shared/contract/settings.ts';
import type { DoctorCheck, SystemInfo } from '#shared/contract/system.ts';
import type { ResolvedTools } from '../media/tools.ts';

const GIB = 1024 ** 3;
/** A run with its checkpoints and the decoded windows of some hundred clips takes about this much. */
const COMFORTABLE_DISK = 5 * GIB;
const LEAST_DISK = 0.5 * GIB;
const COMFORTABLE_MEMORY = 4 * GIB;

export function examine(info: SystemInfo, settings: Settings, tools: ResolvedTools | Error): DoctorCheck[] {
  return [
    { id: 'node', status: 'ok', found: `Node ${info.node} on ${info.platform}`, fix: '' },
    { id: 'sqlite', status: 'ok', found: `SQLite ${info.sqlite}`, fix: '' },
    ...mediaTools(tools),
    chosenDevice(info, settings),
    graphics(info),
    disk(info),
    memory(info),
  ];
}

function mediaTools(tools: ResolvedTools | Error): DoctorCheck[] {
  if (tools instanceof Error) {
    const fix =
      'Install ffmpeg (with libx264), or set its path in the settings or in FFMPEG_PATH and FFPROBE_PATH.';
    return [{ id: 'ffmpeg', status: 'fail', found: tools.message, fix }];
  }
  return (['ffmpeg', 'ffprobe'] as const).map((id) => ({
    id,
    status: 'ok',
    found: `${id} ${tools.versions[id]} at ${tools[id]}`,
    fix: '',
  }));
}

function chosenDevice(info: SystemInfo, settings: Settings): DoctorCheck {
  const device = info.devices.find(({ id }) => id === settings.device);
  const found = `ONNX Runtime ${info.onnxruntime}, device ${settings.device}`;
  if (device?.available) return { id: 'device', status: 'ok', found: `${found} (${device.name})`, fix: '' };
  const fix = device?.reason || 'Choose another device in the settings.';
  return { id: 'device', status: 'fail', found: `${found}: not available`, fix };
}

function graphics(info: SystemInfo): DoctorCheck {
  const others = info.devices.filter(({ id }) => id !== 'cpu');
  const usable = others.filter(({ available }) => available);
  if (usable.length > 0) {
    const found = usable.map(({ id, name }) => `${id} (${name})`).join(', ');
    return { id: 'graphics', status: 'ok', found, fix: '' };
  }
  const fix = others.map(({ id, reason }) => `${id}: ${reason}`).join(' ');
  return { id: 'graphics', status: 'warn', found: 'none that can compute; training uses the CPU', fix };
}

function disk(info: SystemInfo): DoctorCheck {
  const found = `${gib(info.freeDiskBytes)} free at ${info.workspace}`;
  if (info.freeDiskBytes >= COMFORTABLE_DISK) return { id: 'disk', status: 'ok', found, fix: '' };
  const status = info.freeDiskBytes < LEAST_DISK ? 'fail' : 'warn';
  return {
    id: 'disk',
    status,
    found,
    fix: `Free some space: a training run is at ease with ${gib(COMFORTABLE_DISK)}.`,
  };
}

function memory(info: SystemInfo): DoctorCheck {
  const found = `${gib(info.memoryBytes)} of memory, ${info.cores} cores`;
  if (info.memoryBytes >= COMFORTABLE_MEMORY) return { id: 'memory', status: 'ok', found, fix: '' };
  return {
    id: 'memory',
    status: 'warn',
    found,
    fix: 'Close other programs while training, and train with a smaller batch.',
  };
}

function gib(bytes: number): string {
  return `${(bytes / GIB).toFixed(1)} GiB`;
}
