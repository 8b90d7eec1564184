/**
 * What goes wrong, and how a person is told.
 *
 * Invariants: whatever is thrown in the worker reaches the screens as a `WardError` with a stable code and plain words. The text of an
 * unexpected error is never shown or passed on: it may quote what somebody wrote.
 */
import { Refusal } from '../crypto/refusal.ts';
import type { WardError } from './contract.ts';
import { wordsFor } from './words.ts';

/** An expected failure. */
export class Fault extends Error implements WardError {
  override readonly name = 'Fault';
  readonly code: string;
  readonly hint?: string;

  constructor(code: string, words: Partial<Omit<WardError, 'code'>> = {}) {
    const { message, hint } = { ...wordsFor(code), ...words };
    super(message);
    this.code = code;
    if (hint !== undefined) this.hint = hint;
  }
}

/** An answer of the server that is not what was asked for: a problem document (RFC 9457). */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  /** The members of the document beside the standard ones. */
  readonly details: Readonly<Record<string, unknown>>;
  readonly retryAfterMs: number | undefined;

  constructor(
    problem: Pick<Problem, 'status' | 'code' | 'detail' | 'details'> & { retryAfterMs?: number | undefined },
  ) {
    super(problem.code);
    this.status = problem.status;
    this.code = problem.code;
    this.detail = problem.detail;
    this.details = problem.details;
    this.retryAfterMs = problem.retryAfterMs;
  }
}

/** No answer, or none that can be relied on: what was asked may or may not have happened. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';
}

export const isProblem = (thrown: unknown, ...codes: string[]): thrown is Problem =>
  thrown instanceof Problem && codes.includes(thrown.code);

export function codeOf(thrown: unknown): string {
  if (thrown instanceof Fault || thrown instanceof Problem || thrown instanceof Refusal) return thrown.code;
  return thrown instanceof Unreachable ? 'offline' : 'unexpected';
}

/** Whatever was thrown, in plain words. */
export function wardErrorOf(thrown: unknown): WardError {
  if (thrown instanceof Fault) return wardError(thrown.code, thrown.message, thrown.hint);
  if (thrown instanceof Problem) {
    const own = wordsFor(thrown.code);
    // The server's sentence is made for people too; ours wins where there is one, because it can say what to do in this app.
    const message = own.known || thrown.detail === '' ? own.message : thrown.detail;
    return wardError(
      thrown.code,
      message,
      thrown.code === 'too_many_tries' ? waitWords(thrown.retryAfterMs) : own.hint,
    );
  }
  const { message, hint } = wordsFor(codeOf(thrown));
  return wardError(codeOf(thrown), message, hint);
}

function wardError(code: string, message: string, hint: string | undefined): WardError {
  return { code, message, ...(hint ? { hint } : {}) };
}

function waitWords(ms: number | undefined): string {
  if (ms === undefined) return 'Wait a little, then try again.';
  const seconds = Math.ceil(ms / 1000);
  if (seconds < 90) return `Try again in ${seconds} seconds.`;
  return `Try again in ${Math.ceil(seconds / 60)} minutes.`;
}
