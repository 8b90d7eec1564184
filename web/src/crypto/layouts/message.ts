/** Messages and reports (section 8). */

import { type Infer, blob, bytes, object, oneOf, time, u32, u64, u8 } from '../layout.ts';

export const header = object(0x0350, 'header', {
  thread: bytes(32),
  epoch: u32,
  record: bytes(32),
  person: bytes(16),
  device: bytes(16),
  deviceSeq: u64,
  previous: bytes(32),
  seenSeq: u64,
  seenHash: bytes(32),
  message: bytes(16),
  time: time,
  retention: u8,
  urgency: oneOf({ routine: 1, action: 2, urgent: 3, emergency: 4 }),
  dueAt: time,
  requiredRole: bytes(16),
  shredCommit: bytes(32),
  kind: oneOf({
    text: 1,
    decision: 2,
    edit: 3,
    retract: 4,
    acknowledge: 5,
    accept: 6,
    decline: 7,
    done: 8,
    reaction: 9,
    sweep: 10,
    quarantine: 11,
    notice: 12,
    confirm: 13,
    withdraw: 14,
    countersign: 15,
  }),
});
export type Header = Infer<typeof header>;

export const message = object(0x0351, 'message', {
  header: blob(1024),
  commitment: bytes(32),
  ciphertext: blob(65552),
  signature: bytes(64),
});
export type Message = Infer<typeof message>;

export const messageDigest = object(0x0352, 'message-digest', {
  header: blob(1024),
  commitment: bytes(32),
  ciphertext: bytes(32),
});
export type MessageDigest = Infer<typeof messageDigest>;

export const messageBinding = object(0x0353, 'message-binding', {
  header: blob(1024),
  commitment: bytes(32),
});
export type MessageBinding = Infer<typeof messageBinding>;

export const shredHalf = object(0x0354, 'shred-half', {
  thread: bytes(32),
  message: bytes(16),
  half: bytes(32),
});
export type ShredHalf = Infer<typeof shredHalf>;

export const report = object(0x0360, 'report', {
  message: blob(131072),
  kf: bytes(32),
  inner: blob(65536),
});
export type Report = Infer<typeof report>;
