/** The one error class that crosses process borders: a catalogue code with the values of its message. */
import type { WireError } from '../contract/common.ts';
import { catalogue, type ErrorCode } from './catalogue.ts';

export type Language = 'en' | 'zh';

export class AppError extends Error {
  readonly code: ErrorCode;
  readonly params: Record<string, string | number>;
  readonly detail: string | undefined;

  constructor(code: ErrorCode, params: Record<string, string | number> = {}, detail?: string) {
    super(errorMessage({ code, params }, 'en'));
    this.name = 'AppError';
    this.code = code;
    this.params = params;
    this.detail = detail;
  }

  toWire(): WireError {
    return {
      code: this.code,
      params: this.params,
      ...(this.detail === undefined ? {} : { detail: this.detail }),
    };
  }
}

/** The message for a user. An unknown code (a newer engine) shows as an internal error that names it. */
export function errorMessage(error: Pick<WireError, 'code' | 'params'>, language: Language): string {
  const entry = isErrorCode(error.code) ? catalogue[error.code] : catalogue.internal;
  const params = isErrorCode(error.code) ? error.params : { detail: error.code };
  return entry[language].replace(/\{(\w+)\}/g, (_, name: string) => String(params[name] ?? ''));
}

/** Anything thrown, as it travels. Errors that are not from the catalogue become `internal`. */
export function toWireError(error: unknown): WireError {
  if (error instanceof AppError) return error.toWire();
  const message = error instanceof Error ? error.message : String(error);
  const detail = error instanceof Error ? error.stack : undefined;
  return { code: 'internal', params: { detail: message }, ...(detail === undefined ? {} : { detail }) };
}

export function fromWireError(error: WireError): AppError {
  return isErrorCode(error.code)
    ? new AppError(error.code, error.params, error.detail)
    : new AppError('internal', { detail: error.code }, error.detail);
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(catalogue, code);
}
