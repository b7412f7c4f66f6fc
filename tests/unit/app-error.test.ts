import { describe, expect, test } from 'vitest';
import { AppError, errorMessage, fromWireError, toWireError } from '#shared/errors/app-error.ts';
import { catalogue } from '#shared/errors/catalogue.ts';

describe('error catalogue', () => {
  test('both languages use the same parameters', () => {
    for (const [code, entry] of Object.entries(catalogue)) {
      const names = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1]).toSorted();
      expect(names(entry.zh), code).toEqual(names(entry.en));
    }
  });

  test('an error survives the wire', () => {
    const sent = new AppError('file-empty', { path: 'a.mp4' });
    const received = fromWireError(JSON.parse(JSON.stringify(toWireError(sent))));
    expect(received.code).toBe('file-empty');
    expect(received.message).toBe('a.mp4 is empty (0 bytes). Copy it again from its source.');
    expect(errorMessage(received, 'zh')).toContain('空文件');
  });

  test('a foreign error becomes internal and keeps its message', () => {
    expect(toWireError(new TypeError('boom'))).toMatchObject({
      code: 'internal',
      params: { detail: 'boom' },
    });
  });

  test('an unknown code from a newer engine is named', () => {
    expect(errorMessage({ code: 'brand-new', params: {} }, 'en')).toContain('brand-new');
  });
});
