/** What members say of keys that do not open and of threads that contradict themselves (sections 7.7 and 7.8). */

import { type Infer, bytes, list, object, oneOf, seq, time, u32, u64 } from '../layout.ts';

export const complaint = object(0x0341, 'complaint', {
  thread: bytes(32),
  epoch: u32,
  record: bytes(32),
  problem: oneOf({ 'wrong-secret': 1, 'wrong-share': 2, 'wrong-state': 3 }),
  envelope: bytes(32),
  person: bytes(16),
  device: bytes(16),
  issued: time,
});
export type Complaint = Infer<typeof complaint>;

export const conflict = object(0x0342, 'conflict', {
  thread: bytes(32),
  kind: oneOf({
    'forked-log': 1,
    'forked-members': 2,
    'forked-keys': 3,
    'rolled-back': 4,
    missing: 5,
    bookmark: 6,
    'split-view': 7,
    refused: 8,
  }),
  seq: u64,
  seen: bytes(32),
  shown: bytes(32),
  entries: seq(2, {
    entry: bytes(32),
  }),
  authors: list(8, ['person'], {
    person: bytes(16),
  }),
  person: bytes(16),
  device: bytes(16),
  issued: time,
});
export type Conflict = Infer<typeof conflict>;
