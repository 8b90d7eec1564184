/** The HTTP of the test server: a table of routes, one cookie per browser, problem documents. */
import { fromBase64, withBase64 } from '../../api/base64.ts';
import { type Bytes, bytesOf } from '../../crypto/bytes.ts';

export type Body = Readonly<Record<string, unknown>>;
export type Jar = { cookie?: string };
export type Asked = { body: Body; jar: Jar; path: string[]; query: URLSearchParams; key: string; request: Request };
/** The pattern has `:` for a part of the path that may be anything. */
export type Routes = Readonly<Record<string, (asked: Asked) => unknown>>;

class Refused extends Error {
  readonly status: number;
  readonly code: string;
  readonly details: Body;

  constructor(status: number, code: string, details: Body) {
    super(code);
    this.status = status;
    this.code = code;
    this.details = details;
  }
}

export function refuse(status: number, code: string, details: Body = {}): never {
  throw new Refused(status, code, details);
}

export function codeIn(thrown: unknown): { code: string; details: Body } | undefined {
  return thrown instanceof Refused ? thrown : undefined;
}

/** Bytes of a request. A test server need not be polite about what is none. */
export function bytesIn(value: unknown): Bytes {
  return (typeof value === 'string' && fromBase64(value)) || bytesOf(0);
}

export async function answer(routes: Routes, request: Request, jar: Jar): Promise<Response> {
  const { pathname, searchParams } = new URL(request.url);
  const found = Object.entries(routes).find(([pattern]) => matches(pattern, request.method, pathname));
  const text = await request.text();
  const asked: Asked = {
    body: text === '' ? {} : (JSON.parse(text) as Body),
    jar,
    path: pathname.split('/').slice(2),
    query: searchParams,
    key: '',
    request,
  };
  try {
    const result: unknown = found ? await found[1](asked) : refuse(404, 'route_unknown');
    if (result === undefined) return new Response(null, { status: 204 });
    return new Response(JSON.stringify(withBase64(result)), { headers: { 'content-type': 'application/json' } });
  } catch (thrown) {
    if (!(thrown instanceof Refused)) throw thrown;
    const { status, code, details } = thrown;
    const headers = { 'content-type': 'application/problem+json' };
    return new Response(JSON.stringify({ ...details, status, code, detail: '' }), { status, headers });
  }
}

function matches(pattern: string, method: string, pathname: string): boolean {
  const [wanted, path = ''] = pattern.split(' ');
  const [parts, actual] = [path.split('/'), pathname.split('/')];
  return (
    wanted === method &&
    parts.length === actual.length &&
    parts.every((part, at) => part === ':' || part === actual[at])
  );
}
