/** Epoch records, envelopes, sealed state and history grants (section 7). */

import { type Infer, blob, bytes, list, object, oneOf, optional, seq, text, time, u16, u32, u8 } from '../layout.ts';

export const epochCore = object(0x0330, 'epoch-core', {
  thread: bytes(32),
  epoch: u32,
  previous: bytes(32),
  membershipSeq: u32,
  membershipHead: bytes(32),
  manifest: bytes(32),
  members: list(4096, ['person'], {
    person: bytes(16),
    identity: bytes(32),
    logHead: bytes(32),
    generation: u32,
  }),
  secretCommit: bytes(32),
  shares: list(32, ['seat'], {
    seat: u8,
    commit: bytes(32),
  }),
  state: bytes(32),
  person: bytes(16),
  device: bytes(16),
  issued: time,
});
export type EpochCore = Infer<typeof epochCore>;

export const epochRecord = object(0x0331, 'epoch-record', {
  core: blob(262144),
  envelopeRoot: bytes(32),
});
export type EpochRecord = Infer<typeof epochRecord>;

export const epochSecret = object(0x0332, 'epoch-secret', {
  thread: bytes(32),
  epoch: u32,
  secret: bytes(32),
});
export type EpochSecret = Infer<typeof epochSecret>;

export const seatShare = object(0x0333, 'seat-share', {
  thread: bytes(32),
  epoch: u32,
  seat: u8,
  share: bytes(32),
});
export type SeatShare = Infer<typeof seatShare>;

export const envelopeContext = object(0x0334, 'envelope-context', {
  core: bytes(32),
  purpose: oneOf({ member: 1, seat: 2, grant: 3 }),
  recipient: bytes(16),
});
export type EnvelopeContext = Infer<typeof envelopeContext>;

export const envelope = object(0x0335, 'envelope', {
  purpose: oneOf({ member: 1, seat: 2, grant: 3 }),
  recipient: bytes(16),
  sealed: bytes(1168),
});
export type Envelope = Infer<typeof envelope>;

export const envelopeLeaf = object(0x0336, 'envelope-leaf', {
  purpose: oneOf({ member: 1, seat: 2, grant: 3 }),
  recipient: bytes(16),
  envelope: bytes(32),
});
export type EnvelopeLeaf = Infer<typeof envelopeLeaf>;

export const envelopeProof = object(0x0337, 'envelope-proof', {
  index: u16,
  count: u16,
  path: seq(16, {
    hash: bytes(32),
  }),
});
export type EnvelopeProof = Infer<typeof envelopeProof>;

export const threadState = object(0x0338, 'thread-state', {
  name: text(200),
  assertion: optional({
    assertion: blob(8192),
  }),
});
export type ThreadState = Infer<typeof threadState>;

export const sealedState = object(0x0339, 'sealed-state', {
  thread: bytes(32),
  epoch: u32,
  ciphertext: blob(16384),
});
export type SealedState = Infer<typeof sealedState>;

export const historyGrant = object(0x0340, 'history-grant', {
  thread: bytes(32),
  target: bytes(16),
  identity: bytes(32),
  generation: u32,
  membershipSeq: u32,
  person: bytes(16),
  device: bytes(16),
  issued: time,
  records: list(4096, ['epoch'], {
    epoch: u32,
    record: bytes(32),
  }),
  envelopes: bytes(32),
});
export type HistoryGrant = Infer<typeof historyGrant>;
