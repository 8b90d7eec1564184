// @vitest-environment node
/** What leaves this file towards the worker, and so towards the server, over a browser of which the authenticator is invented (R23). */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { makePasskey, usePasskey } from './passkey.ts';

const prfInput = new Uint8Array(32).fill(1);
const bytes = (fill: number, length = 32) => new Uint8Array(length).fill(fill).buffer;
const options = {
  challenge: 'AAAA',
  rp: { id: 'wardline.test', name: 'Wardline' },
  user: { id: 'AAAA', name: 'a', displayName: 'a' },
};

/** What the authenticator gives as extension results, question after question. */
let gives: unknown[];
let asked: { userVerification?: string; extensions?: unknown }[];

function credential(): unknown {
  const results = gives.length > 1 ? gives.shift() : gives[0];
  return {
    id: 'cred',
    rawId: bytes(2),
    type: 'public-key',
    authenticatorAttachment: 'platform',
    getClientExtensionResults: () => results,
    response: {
      clientDataJSON: bytes(3),
      authenticatorData: bytes(4),
      attestationObject: bytes(5),
      signature: bytes(6),
      userHandle: bytes(7),
      getTransports: () => ['internal'],
    },
  };
}

beforeEach(() => {
  gives = [];
  asked = [];
  vi.stubGlobal('PublicKeyCredential', () => undefined);
  vi.stubGlobal('window', globalThis);
  const answer = ({ publicKey }: { publicKey: (typeof asked)[number] }) => {
    asked.push(publicKey);
    return Promise.resolve(credential());
  };
  vi.stubGlobal('navigator', { credentials: { get: answer, create: answer } });
});
afterEach(() => vi.unstubAllGlobals());

/** Everything in an answer that could be sent, bytes too. */
const sendable = (answer: { credential: unknown }) =>
  JSON.stringify(answer.credential, (_key, value: unknown) =>
    value instanceof ArrayBuffer || value instanceof Uint8Array ? [...new Uint8Array(value)] : value,
  );
const result = (fill: number) => ({ prf: { enabled: true, results: { first: bytes(fill), second: bytes(fill + 1) } } });

test.each([
  ['as it should be', result(9)],
  ['beside other extensions', { ...result(9), credProps: { rk: true } }],
  ['of another length', { prf: { results: { first: bytes(9, 16) } } }],
  ['as something else than bytes', { prf: { results: { first: '9,9,9,9' } } }],
])('R23 a PRF result %s stays out of what can be sent', async (_how, results) => {
  gives = [results];
  const used = await usePasskey({ options, prfInput });
  gives = [results];
  const made = await makePasskey({ options, prfInput });
  for (const answer of [used, made]) {
    expect(sendable(answer)).toContain('cred');
    for (const secret of ['9,9', 'prf', 'results']) expect(sendable(answer)).not.toContain(secret);
  }
});

test('R23 a PRF is believed when it gives the same bytes a second time', async () => {
  gives = [{ prf: { enabled: true } }, result(9), result(9)];
  expect((await makePasskey({ options, prfInput })).prf).toEqual(new Uint8Array(bytes(9)));
  expect(asked.length).toBe(3);
  expect(asked.slice(1).map(({ userVerification }) => userVerification)).toEqual(['required', 'required']);
});

test.each([
  ['gives others each time', [{ prf: { enabled: true } }, result(9), result(10)]],
  ['gives one at first and none after', [result(9), {}]],
  ['promises one and gives none', [{ prf: { enabled: true } }, {}]],
  ['has none', [{}]],
])('R23 an authenticator that %s makes a passkey that opens nothing', async (_how, results) => {
  gives = results;
  const made = await makePasskey({ options, prfInput });
  expect(made.prf).toBeUndefined();
  expect(sendable(made)).toContain('cred');
});
