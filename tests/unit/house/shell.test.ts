/** The pure parts of the desktop shell: options, window state, and which files its protocol gives out. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { parseShellOptions } from '#main/shell/options.ts';
import { rendererFile } from '#main/shell/renderer-file.ts';
import { readWindowState, writeWindowState } from '#main/shell/window-state.ts';

describe('options', () => {
  test('are read beside switches of Chromium and a path', () => {
    const options = parseShellOptions([
      '--no-sandbox',
      '.',
      '--workspace=/clips',
      '--engine-url',
      'http://127.0.0.1:1/?token=x',
    ]);
    expect(options.workspace).toBe('/clips');
    expect(options.engineUrl?.href).toBe('http://127.0.0.1:1/?token=x');
    expect(options.userData).toBeNull();
  });

  test('an engine address that is none is refused by name', () => {
    expect(() => parseShellOptions(['--engine-url=banana'])).toThrow('--engine-url');
    expect(() => parseShellOptions(['--engine-url=file:///etc/passwd'])).toThrow('--engine-url');
  });
});

describe('window state', () => {
  const folder = mkdtempSync(join(tmpdir(), 'reelwright-window-'));
  const path = join(folder, 'window.json');
  afterAll(() => rmSync(folder, { recursive: true }));
  const screens = [{ x: 0, y: 0, width: 1920, height: 1080 }];
  const state = { x: 100, y: 50, width: 1200, height: 800, maximized: false };

  test('comes back as it was written', () => {
    writeWindowState(path, state);
    expect(readWindowState(path, screens)).toEqual(state);
  });

  test('is forgotten when its screen is gone, or the file is damaged', () => {
    writeWindowState(path, { ...state, x: 4000 });
    expect(readWindowState(path, screens)).toBeNull();
    writeFileSync(path, '{"x": 1');
    expect(readWindowState(path, screens)).toBeNull();
    expect(readWindowState(join(folder, 'none.json'), screens)).toBeNull();
  });
});

test.each([
  ['/', 'index.html'],
  ['/assets/index.js', 'assets/index.js'],
  ['/with%20space.png', 'with space.png'],
])('%s is a file of the studio', (address, file) => {
  expect(rendererFile('/app/renderer', address)).toBe(resolve('/app/renderer', file));
});

test.each([
  '/../main/shell.js',
  '/%2e%2e/main/shell.js',
  '/..%2f..%2fetc/passwd',
  '/%',
  '/../renderer-other/x',
])('%s is none', (address) => {
  expect(rendererFile('/app/renderer', address)).toBeNull();
});
