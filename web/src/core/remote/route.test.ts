// @vitest-environment node
/** What the compiler must refuse stands here under `@ts-expect-error`: a line that it would let through fails the type check. */
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { TestClock } from '../testing/clock.ts';
import { Http } from './http.ts';
import { Routes } from './route.ts';
import * as s from './shapes.ts';

function routesTo(answer: unknown) {
  const asked: { request: string; body: unknown }[] = [];
  const http = new Http({
    origin: 'https://wardline.test',
    clock: new TestClock(),
    fetch: async (request) => {
      const text = await request.text();
      const body: unknown = text === '' ? undefined : JSON.parse(text);
      asked.push({ request: `${request.method} ${request.url.slice('https://wardline.test'.length)}`, body });
      return new Response(JSON.stringify(answer), { headers: { 'content-type': 'application/json' } });
    },
  });
  return { routes: new Routes(http), asked };
}

const page = v.object({ entries: s.list(s.bytes), more: v.boolean() });

test('a request is what the document says, with bytes as base64', async () => {
  const { routes, asked } = routesTo({ entries: ['AQI='], more: false });
  const thread = 'a/b';
  const { entries } = await routes.call('GET', '/v1/threads/{thread}/log', page, {
    path: { thread },
    query: { after: 3, limit: undefined },
  });
  expect(entries).toEqual([Uint8Array.of(1, 2)]);
  await routes.call('POST', '/v1/threads/{thread}/grants', s.nothing, {
    path: { thread },
    body: { grant: Uint8Array.of(1), envelopes: [Uint8Array.of(2)] },
  });
  await routes.call('POST', '/v1/session/lock', s.nothing);
  expect(asked).toEqual([
    { request: 'GET /v1/threads/a%2Fb/log?after=3', body: undefined },
    { request: 'POST /v1/threads/a%2Fb/grants', body: { grant: 'AQ==', envelopes: ['Ag=='] } },
    { request: 'POST /v1/session/lock', body: undefined },
  ]);
});

test('an answer that the document does not declare is refused when it arrives', async () => {
  const { routes } = routesTo({ entries: [7], more: false });
  const call = routes.call('GET', '/v1/threads/{thread}/log', page, { path: { thread: 'x' } });
  await expect(call).rejects.toMatchObject({ code: 'answer_unreadable' });
});

/** Never run: the compiler is what is tested. */
export function refusedByTheCompiler({ routes }: ReturnType<typeof routesTo>): unknown[] {
  const path = { thread: 'x' };
  return [
    // @ts-expect-error no such path
    routes.call('GET', '/v1/thread', s.nothing),
    // @ts-expect-error no such method
    routes.call('PUT', '/v1/session/lock', s.nothing),
    // @ts-expect-error a part of the path is missing
    routes.call('GET', '/v1/threads/{thread}/log', page),
    // @ts-expect-error no such parameter
    routes.call('GET', '/v1/threads/{thread}/log', page, { path, query: { since: 3 } }),
    // @ts-expect-error a field of the request is missing
    routes.call('POST', '/v1/threads/{thread}/grants', s.nothing, { path, body: { grant: '' } }),
    // @ts-expect-error no such field of the request
    routes.call('POST', '/v1/threads/{thread}/seen', s.nothing, { path, body: { seq: 1, at: 2 } }),
    // @ts-expect-error a shape that refuses what the server declares
    routes.call('GET', '/v1/threads/{thread}/log', v.object({ entries: v.string() }), { path }),
    // @ts-expect-error a shape that hopes for a field that the server never sends
    routes.call('GET', '/v1/threads/{thread}/log', v.object({ total: v.optional(v.number()) }), { path }),
  ];
}
