/** `reelwright doctor`: what this machine offers, and what to do about what is missing. */
import type { Command } from 'commander';
import type { WireError } from '#shared/contract/common.ts';
import type { SystemInfo } from '#shared/contract/system.ts';
import { errorMessage, type Language } from '#shared/errors/app-error.ts';
import type { RunCommand } from '../command-context.ts';
import { exitCode } from '../exit-codes.ts';
import { formatBytes, table } from '../format.ts';

const marks = { ok: '✓', warn: '!', fail: '✗' } as const;

export function addDoctor(program: Command, runCommand: RunCommand): void {
  program
    .command('doctor')
    .description('show devices, ffmpeg, versions and free space, and what to do about what is missing')
    .action(() =>
      runCommand(async ({ engine, terminal }) => {
        const system = await engine.call('system.info', {});
        const answer = await engine.call('system.doctor', {});
        const devices = system.devices.map((device) => ({
          ...device,
          reason: inWords(device.reason, terminal.language),
        }));
        const info = { ...system, devices };
        const checks = answer.checks.map((check) => ({
          ...check,
          fix: inWords(check.fix, terminal.language),
        }));
        const findings = checks.flatMap(({ id, status, found, fix }) => [
          `${marks[status]} ${id}: ${found.replaceAll('\n', '\n    ')}`,
          ...(fix ? [`    ${fix.message}`] : []),
        ]);
        terminal.result({ info, checks }, [describe(info), '', ...findings].join('\n'));
        return checks.some((check) => check.status === 'fail') ? exitCode.failed : exitCode.ok;
      }),
    );
}

interface ErrorInWords extends WireError {
  message: string;
}

/** With its message beside code and parameters, for people and scripts alike. */
function inWords(error: WireError | null, language: Language): ErrorInWords | null {
  return error && { ...error, message: errorMessage(error, language) };
}

interface DescribedSystem extends Omit<SystemInfo, 'devices'> {
  devices: { id: string; name: string; reason: ErrorInWords | null }[];
}

function describe(info: DescribedSystem): string {
  const devices = info.devices.map(
    ({ id, name, reason }) => `${id} ${reason ? `– ${reason.message}` : `(${name})`}`,
  );
  return table(
    ['what', 'found'],
    [
      ['Reelwright', info.version],
      ['workspace', `${info.workspace}, ${formatBytes(info.freeDiskBytes)} free`],
      ['machine', `${info.platform}, ${info.cores} cores, ${formatBytes(info.memoryBytes)} memory`],
      ['Node', info.node],
      ['ONNX Runtime', info.onnxruntime],
      ['SQLite', info.sqlite],
      ['ffmpeg', info.ffmpeg],
      ...devices.map((text) => ['device', text]),
    ],
  );
}
