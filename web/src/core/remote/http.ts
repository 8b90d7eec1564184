/**
 * One request to the server: same origin, the session's cookie and the proof of its key, JSON both ways, a time after which it is given up, a size that an answer
 * may not exceed, and a schema that it must fit.
 *
 * What went wrong is a `Problem` (the server said no, and nothing was done) or `Unreachable` (nobody knows).
 */
import * as v from 'valibot';
import type { Clock } from '../../platform/types.ts';
import { Fault, Problem, Unreachable, isProblem } from '../fault.ts';
import { Prover, type ReadKey } from './prover.ts';

export type Fetch = (request: Request) => Promise<Response>;
export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

export type HttpOptions = {
  fetch: Fetch;
  /** Of the server, such as `https://wardline.example.nhs.uk`. */
  origin: string;
  clock: Clock;
  /** The key of the session that this browser may have; none proves nothing. */
  readKey?: ReadKey;
  /** How far this device's clock is ahead of the server's, each time an answer tells. */
  onSkew?: (ms: number) => void;
  /** The session is locked or over, whatever was asked. */
  onSession?: (code: 'session_locked' | 'not_signed_in') => void;
};

/** The session is over, or it is another browser's. */
export const sessionGone = ['not_signed_in', 'proof_wrong', 'proof_missing', 'proof_malformed'] as const;

const timeout = 30_000;
/** A page of the largest log entries. */
const maxAnswer = 200 * 1024 * 1024;

const problemShape = v.looseObject({
  code: v.pipe(v.string(), v.maxLength(100)),
  detail: v.optional(v.pipe(v.string(), v.maxLength(2000)), ''),
});

export class Http {
  readonly prover: Prover;
  readonly #options: HttpOptions;

  constructor(options: HttpOptions) {
    this.#options = options;
    this.prover = new Prover(options.clock, options.readKey ?? (() => Promise.resolve(undefined)));
  }

  async call<S extends v.GenericSchema>(
    shape: S,
    method: Method,
    path: string,
    body?: unknown,
  ): Promise<v.InferOutput<S>> {
    let response = await this.#send(method, path, body);
    let value = await readJson(response);
    if (this.#mended(response, value)) {
      response = await this.#send(method, path, body);
      value = await readJson(response);
    }
    if (!response.ok) {
      const refused = problemOf(response, value);
      const { onSession } = this.#options;
      if (isProblem(refused, 'session_locked')) onSession?.('session_locked');
      if (isProblem(refused, ...sessionGone)) onSession?.('not_signed_in');
      throw refused;
    }
    const parsed = v.safeParse(shape, value);
    if (!parsed.success) throw new Fault('answer_unreadable');
    return parsed.output;
  }

  /** The server asked for its nonce or told its time. Nothing was done yet, and the next proof is right. */
  #mended(response: Response, value: unknown): boolean {
    if (response.status !== 401) return false;
    const refused = problemOf(response, value);
    if (!isProblem(refused, 'use_dpop_nonce', 'proof_time')) return false;
    this.prover.heardTime(refused.details['serverTime']);
    return true;
  }

  async #send(method: Method, path: string, body: unknown): Promise<Response> {
    const { fetch, origin, clock, onSkew } = this.#options;
    const url = `${origin}${path}`;
    const proof = await this.prover.header(method, url.replace(/\?.*/, ''));
    const request = new Request(url, {
      method,
      credentials: 'same-origin',
      cache: 'no-store',
      redirect: 'error',
      signal: AbortSignal.timeout(timeout),
      headers: {
        ...(proof ? { dpop: proof } : {}),
        ...(body === undefined ? {} : { 'content-type': 'application/json', accept: 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    let response: Response;
    try {
      response = await fetch(request);
    } catch {
      throw new Unreachable(path);
    }
    this.prover.heardNonce(response.headers.get('dpop-nonce'));
    const date = Date.parse(response.headers.get('date') ?? '');
    if (!Number.isNaN(date)) onSkew?.(clock.now() - date);
    return response;
  }
}

function problemOf(response: Response, value: unknown): Error {
  const parsed = v.safeParse(problemShape, value);
  const said = response.headers.get('content-type')?.includes('problem+json') === true && parsed.success;
  // Without a problem document it is not our server that answers, or it is in trouble.
  if (!said) return new Unreachable(`status ${response.status}`);
  const { code, detail, ...details } = parsed.output;
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  const retryAfterMs = Number.isFinite(seconds) ? seconds * 1000 : undefined;
  const problem = new Problem({ status: response.status, code, detail, details, retryAfterMs });
  return response.status >= 500 && !spoken.has(code) ? new Unreachable(code) : problem;
}

/** Refusals with a status of 500 and above that are answers all the same. */
const spoken: ReadonlySet<string> = new Set(['index_unavailable']);

async function readJson(response: Response): Promise<unknown> {
  let text: string;
  try {
    text = await readText(response);
  } catch (thrown) {
    if (thrown instanceof Fault) throw thrown;
    throw new Unreachable('the answer broke off');
  }
  if (text === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    if (!response.ok) return undefined;
    throw new Fault('answer_unreadable');
  }
}

async function readText(response: Response): Promise<string> {
  if (!response.body) return '';
  const decoder = new TextDecoder();
  let text = '';
  let size = 0;
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    size += value.length;
    if (size > maxAnswer) {
      await reader.cancel();
      throw new Fault('answer_unreadable');
    }
    text += decoder.decode(value, { stream: true });
  }
}
