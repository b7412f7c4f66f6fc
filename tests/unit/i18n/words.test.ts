import { expect, test } from 'vitest';
import { en } from '#shared/i18n/en.ts';
import { createWords, languageOf } from '#shared/i18n/index.ts';
import type { Message } from '#shared/i18n/message.ts';
import { zh } from '#shared/i18n/zh.ts';

const english = createWords('en');
const chinese = createWords('zh');

const placeholders = (message: Message): string[] => {
  const text = typeof message === 'string' ? message : message.other;
  return [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!).sort();
};

test('both languages fill in the same values', () => {
  for (const key of Object.keys(en) as (keyof typeof en)[]) {
    expect(placeholders(zh[key]), key).toEqual(placeholders(en[key]));
  }
});

test('Chinese is Chinese and English is English', () => {
  const sameInBoth = new Set(
    Object.keys(en).filter((key) => zh[key as keyof typeof en] === en[key as keyof typeof en]),
  );
  const han = /\p{Script=Han}/u;
  for (const [key, message] of Object.entries(zh)) {
    const text = typeof message === 'string' ? message : message.other;
    const bare = text.replace(/\{\w+\}|[^\p{L}]/gu, '') === '';
    if (!sameInBoth.has(key) && !bare) expect(text, key).toMatch(han);
  }
  for (const [key, message] of Object.entries(en)) expect(JSON.stringify(message), key).not.toMatch(han);
  // Product names only.
  expect([...sameInBoth].every((key) => /^(device|check|step|stage|sampling)\./.test(key))).toBe(true);
});

test('plurals and numbers follow the language', () => {
  expect(english.t('library.clips', { count: 1 })).toBe('1 clip');
  expect(english.t('library.clips', { count: 12345 })).toBe('12,345 clips');
  expect(chinese.t('library.clips', { count: 1 })).toBe('1 个片段');
});

test('durations, waits and sizes read as people say them', () => {
  expect(english.duration(4.26)).toBe('4.3 sec');
  expect(english.duration(80)).toBe('1 min 20 sec');
  expect(english.duration(3600)).toBe('1 hr');
  expect(chinese.duration(80)).toBe('1分钟20秒');
  expect(english.wait(0.2)).toBe('1 sec');
  expect(english.wait(52)).toBe('50 sec');
  expect(english.wait(1327)).toBe('22 min');
  expect(english.bytes(0)).toBe('0 byte');
  expect(english.bytes(1_400_000_000)).toBe('1.4 GB');
  expect(english.percent(0.256)).toBe('26%');
});

test('the system decides the language unless the user did', () => {
  expect(languageOf('system', ['zh-TW', 'en'])).toBe('zh');
  expect(languageOf('system', ['de-DE', 'zh'])).toBe('en');
  expect(languageOf('system', [])).toBe('en');
  expect(languageOf('zh', ['en-US'])).toBe('zh');
});
