/** The words of the studio in one language: messages with plurals, and numbers, durations and dates by Intl. */
import type { Language } from '../errors/app-error.ts';
import { en, type MessageKey } from './en.ts';
import type { Message } from './message.ts';
import { zh } from './zh.ts';

export type { MessageKey };
export type MessageParams = Readonly<Record<string, string | number>>;

const catalogues: Record<Language, Readonly<Record<MessageKey, Message>>> = { en, zh };
const locales: Record<Language, string> = { en: 'en', zh: 'zh-CN' };

export interface Words {
  readonly language: Language;
  /** The message, its `{name}`s filled in; numbers are grouped as the language does. */
  t(key: MessageKey, params?: MessageParams): string;
  number(value: number, options?: Intl.NumberFormatOptions): string;
  percent(share: number): string;
  /** Bytes in the largest fitting unit: `1.4 GB`. */
  bytes(value: number): string;
  /** Length of a clip: `4.2 s`, `1 min 20 s`. */
  duration(seconds: number): string;
  /** Time to wait, rounded as people say it: `3 min`. */
  wait(seconds: number): string;
  list(items: readonly string[]): string;
  dateTime(timestamp: number): string;
}

/** Chinese for any Chinese tag, English for the rest. */
export function languageOf(setting: 'system' | Language, systemTags: readonly string[]): Language {
  if (setting !== 'system') return setting;
  return systemTags[0]?.toLowerCase().startsWith('zh') ? 'zh' : 'en';
}

export function isMessageKey(key: string): key is MessageKey {
  return Object.hasOwn(en, key);
}

export function createWords(language: Language): Words {
  const locale = locales[language];
  const messages = catalogues[language];
  const plurals = new Intl.PluralRules(locale);
  const dates = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' });

  const lists = new Intl.ListFormat(locale, { style: 'narrow' });

  const number = (value: number, options?: Intl.NumberFormatOptions): string =>
    new Intl.NumberFormat(locale, options).format(value);

  const unit = (value: number, name: string, digits = 0): string =>
    number(value, { style: 'unit', unit: name, unitDisplay: 'short', maximumFractionDigits: digits });

  const t = (key: MessageKey, params: MessageParams = {}): string => {
    const message = messages[key];
    const text = typeof message === 'string' ? message : pluralForm(message, Number(params.count ?? 0));
    return text.replace(/\{(\w+)\}/g, (_, name: string) => {
      const value = params[name];
      return typeof value === 'number' ? number(value) : (value ?? '');
    });
  };

  const pluralForm = (message: Exclude<Message, string>, count: number): string =>
    (plurals.select(count) === 'one' ? message.one : undefined) ?? message.other;

  const duration = (seconds: number): string => {
    if (seconds < 60) return unit(seconds, 'second', seconds < 10 ? 1 : 0);
    const whole = Math.round(seconds);
    if (whole < 3600) return join(unit(Math.floor(whole / 60), 'minute'), whole % 60, 'second');
    const minutes = Math.round(whole / 60);
    return join(unit(Math.floor(minutes / 60), 'hour'), minutes % 60, 'minute');
  };

  const join = (large: string, small: number, smallUnit: string): string =>
    small === 0 ? large : [large, unit(small, smallUnit)].join(language === 'zh' ? '' : ' ');

  return {
    language,
    t,
    number,
    duration,
    percent: (share) => number(share, { style: 'percent', maximumFractionDigits: 0 }),
    bytes: (value) => {
      const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'];
      const power = Math.min(Math.floor(Math.log10(Math.max(value, 1)) / 3), units.length - 1);
      return unit(value / 1000 ** power, units[power] ?? 'byte', power < 2 ? 0 : 1);
    },
    wait: (seconds) => duration(roundedWait(seconds)),
    list: (items) => lists.format(items),
    dateTime: (timestamp) => dates.format(timestamp),
  };
}

/** Nobody wants to hear that 1,327 seconds are left. */
function roundedWait(seconds: number): number {
  const grain = seconds < 10 ? 1 : seconds < 60 ? 5 : seconds < 3600 ? 60 : 300;
  return Math.max(grain, Math.round(seconds / grain) * grain);
}
