/** `reelwright doctor`: what this machine offers, and what to do about what is missing. */
import type { Command } from 'commander';
import type { SystemInfo } from '#shared/contract/system.ts';
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
        const info = await engine.call('system.info', {});
        const { checks } = await engine.call('system.doctor', {});
        const findings = checks.flatMap(({ id, status, found, fix }) => [
          `${marks[status]} ${id}: ${found}`,
          ...(fix ? [`    ${fix}`] : []),
        ]);
        terminal.result({ info, checks }, [describe(info), '', ...findings].join('\n'));
        return checks.some((check) => check.status === 'fail') ? exitCode.failed : exitCode.ok;
      }),
    );
}

function describe(info: SystemInfo): string {
  const devices = info.devices.map(
    ({ id, name, available, reason }) => `${id} ${available ? `(${name})` : `– not available: ${reason}`}`,
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
