/** The vault, the identity seed, unlockers and wraps of AK (sections 5.2 and 5.3). */

import { type Infer, blob, bytes, list, object, oneOf, time, u32, u64 } from '../layout.ts';

export const vault = object(0x0201, 'vault', {
  person: bytes(16),
  version: u64,
  manifestVersion: u32,
  manifest: bytes(32),
  generations: list(256, ['generation'], {
    generation: u32,
    seed: bytes(32),
  }),
  unlockers: list(16, ['unlocker'], {
    unlocker: bytes(16),
    kind: oneOf({ password: 1, passkey: 2, pin: 3 }),
    seal: bytes(1216),
    added: time,
  }),
  bookmarks: list(4096, ['thread'], {
    thread: bytes(32),
    membershipSeq: u32,
    membershipHead: bytes(32),
    epoch: u32,
    seq: u64,
    logHash: bytes(32),
  }),
});
export type Vault = Infer<typeof vault>;

export const vaultContext = object(0x0202, 'vault-context', {
  person: bytes(16),
  akGeneration: u32,
  version: u64,
  previous: bytes(32),
});
export type VaultContext = Infer<typeof vaultContext>;

export const sealedVault = object(0x0203, 'sealed-vault', {
  person: bytes(16),
  akGeneration: u32,
  version: u64,
  previous: bytes(32),
  nonce: bytes(12),
  ciphertext: blob(1040000),
});
export type SealedVault = Infer<typeof sealedVault>;

export const identityContext = object(0x0204, 'identity-context', {
  person: bytes(16),
  akGeneration: u32,
  identity: bytes(32),
});
export type IdentityContext = Infer<typeof identityContext>;

export const sealedIdentity = object(0x0205, 'sealed-identity', {
  person: bytes(16),
  akGeneration: u32,
  identity: bytes(32),
  nonce: bytes(12),
  ciphertext: bytes(48),
});
export type SealedIdentity = Infer<typeof sealedIdentity>;

export const unlockerSecret = object(0x0210, 'unlocker-secret', {
  seed: bytes(32),
  identity: bytes(32),
  manifestVersion: u32,
  manifest: bytes(32),
});
export type UnlockerSecret = Infer<typeof unlockerSecret>;

export const unlockerContext = object(0x0211, 'unlocker-context', {
  person: bytes(16),
  unlocker: bytes(16),
  kind: oneOf({ password: 1, passkey: 2, pin: 3 }),
});
export type UnlockerContext = Infer<typeof unlockerContext>;

export const unlockerBlob = object(0x0212, 'unlocker-blob', {
  person: bytes(16),
  unlocker: bytes(16),
  kind: oneOf({ password: 1, passkey: 2, pin: 3 }),
  nonce: bytes(12),
  ciphertext: blob(512),
});
export type UnlockerBlob = Infer<typeof unlockerBlob>;

export const wrapContext = object(0x0213, 'wrap-context', {
  person: bytes(16),
  unlocker: bytes(16),
  akGeneration: u32,
});
export type WrapContext = Infer<typeof wrapContext>;

export const akWrap = object(0x0214, 'ak-wrap', {
  person: bytes(16),
  unlocker: bytes(16),
  akGeneration: u32,
  sealed: bytes(1168),
});
export type AkWrap = Infer<typeof akWrap>;
