/** The routes of passkeys, PINs and changing unlockers, for the part that uses them. */
import * as v from 'valibot';
import type { Bytes } from '../../crypto/bytes.ts';
import type { Http } from './http.ts';
import { type Asked, Routes } from './route.ts';
import * as s from './shapes.ts';

/** A credential in the JSON form of WebAuthn. Nothing of its extensions is sent: a PRF result is a key of the person's. */
export type Credential = v.InferOutput<typeof credential>;

const base64url = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]*$/), v.maxLength(100_000));
const credential = v.object({
  id: base64url,
  rawId: base64url,
  type: v.literal('public-key'),
  authenticatorAttachment: v.optional(v.picklist(['platform', 'cross-platform'])),
  response: v.object({
    clientDataJSON: base64url,
    authenticatorData: v.optional(base64url),
    signature: v.optional(base64url),
    userHandle: v.optional(base64url),
    attestationObject: v.optional(base64url),
    transports: v.optional(v.array(s.text(40))),
  }),
});

/** Takes over what is known, field by field, and leaves everything else behind. */
export function sendable(answered: unknown): Credential & { clientExtensionResults: Record<string, never> } {
  return { ...v.parse(credential, answered), clientExtensionResults: {} };
}

export type UnlockerChange = Asked<'POST', '/v1/unlockers'>['body'];

const unlock = v.object({
  ...s.unlock.entries,
  unlocker: s.uuid,
  kind: v.picklist(['password', 'passkey', 'pin']),
  pinShare: v.optional(s.bytes),
  salt: v.optional(s.bytes),
  memoryKiB: v.optional(s.count),
  passes: v.optional(s.count),
});
export type FullUnlock = v.InferOutput<typeof unlock>;

const unlocked = v.object({ session: s.session, unlock });
export type Unlocked = v.InferOutput<typeof unlocked>;

/** What the browser is asked with (WebAuthn Level 3, section 5.1): of what the server sends, these and no others are passed on. */
const descriptor = v.object({
  id: base64url,
  type: v.literal('public-key'),
  transports: v.optional(v.array(s.text(40))),
});
const named = { id: s.text(400), name: s.text(400) };
const request = v.object({
  ticket: s.bytes,
  options: v.object({
    challenge: base64url,
    rpId: s.text(400),
    timeout: s.count,
    userVerification: v.literal('required'),
    allowCredentials: v.optional(s.list(descriptor)),
  }),
});
const creation = v.object({
  ticket: s.bytes,
  options: v.object({
    challenge: base64url,
    rp: v.object(named),
    user: v.object({ ...named, displayName: s.text(400) }),
    pubKeyCredParams: s.list(v.object({ type: v.literal('public-key'), alg: v.pipe(v.number(), v.safeInteger()) })),
    timeout: s.count,
    attestation: v.literal('none'),
    authenticatorSelection: v.object({
      residentKey: v.literal('required'),
      requireResidentKey: v.boolean(),
      userVerification: v.literal('required'),
    }),
    excludeCredentials: s.list(descriptor),
    extensions: v.object({ prf: v.object({}) }),
  }),
});

const listed = v.object({
  unlocker: v.optional(s.uuid),
  kind: v.picklist(['password', 'passkey', 'pin']),
  label: v.optional(s.text(400), ''),
  addedAt: s.time,
  lastUsedAt: v.optional(s.time),
  device: v.optional(s.uuid),
  credential: v.optional(s.text(2000)),
  current: v.optional(v.boolean(), false),
  gone: v.optional(v.boolean(), false),
});
export type Listed = v.InferOutput<typeof listed>;

export type UnlockerRemote = ReturnType<typeof createUnlockerRemote>;

export function createUnlockerRemote(http: Http) {
  const routes = new Routes(http);
  return {
    signInOptions: () => routes.call('POST', '/v1/sign-in/passkey/options', request),
    signIn: (ticket: Bytes, given: unknown) =>
      routes.call(
        'POST',
        '/v1/sign-in/passkey',
        v.object({
          session: s.session,
          challenge: s.bytes,
          unlock,
          passkey: v.object({ credential: s.text(2000), prf: v.boolean() }),
        }),
        { body: { ticket, credential: sendable(given) } },
      ),
    unlockOptions: () => routes.call('POST', '/v1/session/unlock/passkey/options', request),
    unlockWithPasskey: (ticket: Bytes, given: unknown) =>
      routes.call('POST', '/v1/session/unlock/passkey', unlocked, { body: { ticket, credential: sendable(given) } }),
    unlockWithPin: (verifier: Bytes) => routes.call('POST', '/v1/session/unlock/pin', unlocked, { body: { verifier } }),
    /** As the password's own route, with all that the answer has. */
    unlock: (authKey: Bytes) => routes.call('POST', '/v1/session/unlock', unlocked, { body: { authKey } }),
    list: () =>
      routes.call('GET', '/v1/unlockers', v.object({ unlockers: s.list(listed), passkeysWithoutPRF: s.list(listed) })),
    addOptions: () => routes.call('POST', '/v1/passkeys/options', creation),
    addPasskey: (ticket: Bytes, given: unknown, label: string, unlocker?: UnlockerChange) =>
      routes.call('POST', '/v1/passkeys', s.nothing, {
        body: { ticket, credential: sendable(given), label, ...(unlocker ? { unlocker } : {}) },
      }),
    change: (change: UnlockerChange) =>
      routes.call('POST', '/v1/unlockers', v.object({ version: s.count }), { body: change }),
    removePasskey: (credential: string) =>
      routes.call('DELETE', '/v1/passkeys/{credential}', s.nothing, { path: { credential } }),
  };
}
