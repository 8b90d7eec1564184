/** The person log (section 5.1). */

import { type Infer, bytes, list, object, oneOf, text, time, u32, u64 } from '../layout.ts';

export const identityKey = object(0x0110, 'identity-key', {
  person: bytes(16),
  key: bytes(32),
});
export type IdentityKey = Infer<typeof identityKey>;

export const bind = object(0x0111, 'bind', {
  person: bytes(16),
  seq: u32,
  previous: bytes(32),
  identity: bytes(32),
  displayName: text(200),
  role: text(200),
  manifest: bytes(32),
  issued: time,
});
export type Bind = Infer<typeof bind>;

export const generation = object(0x0112, 'generation', {
  person: bytes(16),
  seq: u32,
  previous: bytes(32),
  generation: u32,
  seal: bytes(1216),
  issued: time,
});
export type Generation = Infer<typeof generation>;

export const device = object(0x0113, 'device', {
  person: bytes(16),
  seq: u32,
  previous: bytes(32),
  device: bytes(16),
  key: bytes(32),
  dpop: bytes(32),
  kind: oneOf({ own: 1, trust: 2, shared: 3 }),
  issued: time,
  expires: time,
});
export type Device = Infer<typeof device>;

export const revoke = object(0x0114, 'revoke', {
  person: bytes(16),
  seq: u32,
  previous: bytes(32),
  device: bytes(16),
  reason: oneOf({ 'signed-out': 1, replaced: 2, lost: 3, stolen: 4, leaver: 5, other: 6 }),
  by: oneOf({ identity: 1, device: 2, server: 3 }),
  issued: time,
  lastAccepted: list(4096, ['thread'], {
    thread: bytes(32),
    deviceSeq: u64,
    entry: bytes(32),
  }),
});
export type Revoke = Infer<typeof revoke>;

export const reset = object(0x0115, 'reset', {
  person: bytes(16),
  seq: u32,
  previous: bytes(32),
  identity: bytes(32),
  displayName: text(200),
  role: text(200),
  reason: oneOf({ forgotten: 1, lost: 2, compromised: 3, other: 4 }),
  manifest: bytes(32),
  issued: time,
});
export type Reset = Infer<typeof reset>;
