// @vitest-environment node
import * as v from 'valibot';
import { describe, expect, test, vi } from 'vitest';
import { Browser, World, password, refusalOf, until } from '../testing/world.ts';
import { TestClock } from '../testing/clock.ts';
import { provenKey } from '../testing/proof.ts';
import { Http } from './http.ts';
import { Prover, newProofKey } from './prover.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const url = 'https://wardline.test/v1/threads';

/** What a proof says of a key. */
async function keyIn(header: string | undefined, nonce: string, now: number): Promise<string> {
  return provenKey(new Request(url, { headers: { dpop: header ?? '' } }), nonce, now);
}

describe('R22 a proof', () => {
  test('is signed by a key that the browser does not give out, with the nonce that was heard', async () => {
    const [clock, key] = [new TestClock(), await newProofKey()];
    expect(key.privateKey.extractable).toBe(false);
    const prover = new Prover(clock, () => Promise.resolve(key));
    prover.heardNonce('n');
    const first = await prover.header('GET', url);
    const second = await prover.header('GET', url);
    expect(first).not.toBe(second);
    expect(await keyIn(first, 'n', clock.now())).toBe(await keyIn(second, 'n', clock.now()));
    expect(first?.length).toBeLessThan(1024);
    expect(await new Prover(clock, () => Promise.resolve(undefined)).header('GET', url)).toBeUndefined();
  });

  test('is made again once, with the nonce and the time that the server tells', async () => {
    const [clock, key] = [new TestClock(), await newProofKey()];
    const ahead = 3_600_000;
    let [asked, nonce] = [0, 'first'];
    const http = new Http({
      origin: 'https://wardline.test',
      clock,
      readKey: () => Promise.resolve(key),
      fetch: async (request) => {
        asked += 1;
        const serverTime = clock.now() - ahead;
        const refused = await provenKey(request, nonce, serverTime).then(
          () => undefined,
          () => 'use_dpop_nonce',
        );
        return refused
          ? new Response(JSON.stringify({ code: refused, serverTime }), {
              status: 401,
              headers: { 'content-type': 'application/problem+json', 'dpop-nonce': nonce },
            })
          : new Response('{}', { headers: { 'dpop-nonce': nonce } });
      },
    });
    const call = () => http.call(v.object({}), 'GET', '/v1/threads?limit=1');
    await call();
    expect(asked).toBe(2);
    await call();
    expect(asked).toBe(3);
    nonce = 'second';
    await call();
    expect(asked).toBe(5);
    nonce = 'unheard';
    const deaf = new Http({
      origin: 'https://wardline.test',
      clock,
      readKey: () => Promise.resolve(key),
      fetch: () => {
        asked += 1;
        const headers = { 'content-type': 'application/problem+json' };
        return Promise.resolve(new Response('{"code":"use_dpop_nonce"}', { status: 401, headers }));
      },
    });
    expect((await refusalOf(deaf.call(v.object({}), 'GET', '/v1/threads'))).code).toBe('use_dpop_nonce');
    expect(asked).toBe(7);
  });
});

describe('R22 a session', () => {
  test('goes on after a reload and a lock, and its cookie is nothing in another browser', async () => {
    const world = await World.open();
    const anita = await world.enrolled('anita.patel', 'Dr Anita Patel');
    anita.reload();
    expect(await anita.ask.session()).toMatchObject({ at: 'locked' });
    const thief = new Browser(world);
    Object.assign(thief.jar, anita.jar);
    expect(await thief.ask.session()).toMatchObject({ at: 'signed-out' });
    const other = await world.enrolled('ben.okafor', 'Ben Okafor');
    Object.assign(other.jar, anita.jar);
    await until('the other browser to lose its session', async () => {
      await other.ask.inbox().catch(() => undefined);
      await other.ask.searchDirectory({ query: 'patel' }).catch(() => undefined);
      return other.told('locked').length > 0;
    });
    await anita.ask.unlock({ password });
    expect(await anita.ask.session()).toMatchObject({ at: 'ready' });
  });

  test('of one person stays when another’s sign-in in the same browser does not succeed', async () => {
    const world = await World.open();
    const anita = await world.enrolled('anita.patel', 'Dr Anita Patel');
    await world.enrolled('ben.okafor', 'Ben Okafor');
    await anita.ask.lock();
    await anita.ask.signIn({ username: 'ben.okafor', password });
    const refused = await refusalOf(
      anita.ask.signInCode({ code: '000000', device: 'trust', agreementAccepted: false }),
    );
    expect(refused.code).toBe('sign_in_refused');
    await anita.ask.unlock({ password });
    expect(await anita.ask.session()).toMatchObject({ at: 'ready', me: { name: 'Dr Anita Patel' } });
  });
});
