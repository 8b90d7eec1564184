/** The thread log (section 6.2). */

import { type Infer, blob, bytes, object, oneOf, optional, text, time, u64, u8 } from '../layout.ts';

export const logLink = object(0x0320, 'log-link', {
  thread: bytes(32),
  seq: u64,
  previous: bytes(32),
  entry: bytes(32),
});
export type LogLink = Infer<typeof logLink>;

export const logEntry = object(0x0321, 'log-entry', {
  thread: bytes(32),
  seq: u64,
  kind: oneOf({ create: 1, membership: 2, epoch: 3, message: 4, tombstone: 5 }),
  at: time,
  logHash: bytes(32),
  body: blob(262144),
  half: optional({
    half: bytes(32),
  }),
});
export type LogEntry = Infer<typeof logEntry>;

export const tombstone = object(0x0322, 'tombstone', {
  thread: bytes(32),
  entry: bytes(32),
  message: bytes(16),
  person: bytes(16),
  device: bytes(16),
  deviceSeq: u64,
  time: time,
  kind: u8,
  destroyed: time,
  reason: oneOf({ filed: 1, retention: 2, 'wrong-patient': 3, other: 4 }),
  filing: bytes(16),
  documentHash: bytes(32),
  reference: text(64),
});
export type Tombstone = Infer<typeof tombstone>;
