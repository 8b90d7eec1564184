/** The routes of passkeys, PINs and changing unlockers, for the part that uses them. */
import * as v from 'valibot';
import type { Bytes } from '../../crypto/bytes.ts';
import type { Http } from './http.ts';
import { withBase64 } from '../../api/base64.ts';
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

export type UnlockerChange = {
  add?: {
    unlocker: string;
    kind: 'password' | 'passkey' | 'pin';
    blob: Bytes;
    label: string;
    password?: { authKey: Bytes; share: Bytes; memoryKiB: number; passes: number };
    pin?: { verifier: Bytes; share: Bytes };
  };
  remove?: string;
  vault: Bytes;
  wraps: Bytes[];
  identity?: Bytes;
  generation?: Bytes;
};

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

const options = v.object({ ticket: s.bytes, options: v.looseObject({ challenge: v.string() }) });

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
  const post = <S extends v.GenericSchema>(shape: S, path: string, body: unknown = {}) =>
    http.call(shape, 'POST', path, withBase64(body));
  return {
    signInOptions: () => post(options, '/v1/sign-in/passkey/options'),
    signIn: (ticket: Bytes, given: unknown) =>
      post(
        v.object({
          session: s.session,
          challenge: s.bytes,
          unlock,
          passkey: v.object({ credential: s.text(2000), prf: v.boolean() }),
        }),
        '/v1/sign-in/passkey',
        { ticket, credential: sendable(given) },
      ),
    unlockOptions: () => post(options, '/v1/session/unlock/passkey/options'),
    unlockWithPasskey: (ticket: Bytes, given: unknown) =>
      post(unlocked, '/v1/session/unlock/passkey', { ticket, credential: sendable(given) }),
    unlockWithPin: (verifier: Bytes) => post(unlocked, '/v1/session/unlock/pin', { verifier }),
    /** As the password's own route, with all that the answer has. */
    unlock: (authKey: Bytes) => post(unlocked, '/v1/session/unlock', { authKey }),
    list: () =>
      http.call(v.object({ unlockers: s.list(listed), passkeysWithoutPRF: s.list(listed) }), 'GET', '/v1/unlockers'),
    addOptions: () => post(options, '/v1/passkeys/options'),
    addPasskey: (ticket: Bytes, given: unknown, label: string, unlocker?: UnlockerChange) =>
      post(s.nothing, '/v1/passkeys', {
        ticket,
        credential: sendable(given),
        label,
        ...(unlocker ? { unlocker } : {}),
      }),
    change: (change: UnlockerChange) => post(v.object({ version: s.count }), '/v1/unlockers', change),
    removePasskey: (id: string) => http.call(s.nothing, 'DELETE', `/v1/passkeys/${encodeURIComponent(id)}`),
  };
}
