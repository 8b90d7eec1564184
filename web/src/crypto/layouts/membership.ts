/** The create entry and the membership log (sections 6 and 6.1). */

import { type Infer, blob, bytes, flag, object, oneOf, optional, text, time, u32, u8 } from '../layout.ts';

export const create = object(0x0301, 'create', {
  space: oneOf({ patient: 1, team: 2, role: 3, direct: 4, announcement: 5, social: 6 }),
  person: bytes(16),
  device: bytes(16),
  identity: bytes(32),
  name: text(200),
  addBy: oneOf({ owner: 1, member: 2 }),
  postBy: oneOf({ owner: 1, member: 2 }),
  retention: u8,
  manifest: bytes(32),
  created: time,
  nonce: bytes(16),
});
export type Create = Infer<typeof create>;

export const add = object(0x0311, 'add', {
  thread: bytes(32),
  seq: u32,
  previous: bytes(32),
  person: bytes(16),
  device: bytes(16),
  issued: time,
  target: bytes(16),
  identity: bytes(32),
  memberRole: oneOf({ owner: 1, member: 2, reader: 3 }),
  history: flag,
  standby: flag,
  until: time,
  reason: oneOf({
    founding: 1,
    'care-team': 2,
    'on-call': 3,
    opinion: 4,
    handover: 5,
    cover: 6,
    supervision: 7,
    'break-glass': 8,
    other: 9,
  }),
  note: optional({
    epoch: u32,
    salt: bytes(16),
    ciphertext: blob(1040),
  }),
});
export type Add = Infer<typeof add>;

export const remove = object(0x0312, 'remove', {
  thread: bytes(32),
  seq: u32,
  previous: bytes(32),
  person: bytes(16),
  device: bytes(16),
  issued: time,
  target: bytes(16),
  reason: oneOf({
    'own-request': 1,
    'left-team': 2,
    'added-in-error': 3,
    'no-longer-involved': 4,
    'handed-over': 5,
    leaver: 6,
    mover: 7,
    'lost-device': 8,
    review: 9,
    other: 10,
  }),
  note: optional({
    epoch: u32,
    salt: bytes(16),
    ciphertext: blob(1040),
  }),
});
export type Remove = Infer<typeof remove>;

export const rekey = object(0x0313, 'rekey', {
  thread: bytes(32),
  seq: u32,
  previous: bytes(32),
  person: bytes(16),
  device: bytes(16),
  issued: time,
  target: bytes(16),
  identity: bytes(32),
});
export type Rekey = Infer<typeof rekey>;

export const memberRole = object(0x0314, 'member-role', {
  thread: bytes(32),
  seq: u32,
  previous: bytes(32),
  person: bytes(16),
  device: bytes(16),
  issued: time,
  target: bytes(16),
  memberRole: oneOf({ owner: 1, member: 2, reader: 3 }),
});
export type MemberRole = Infer<typeof memberRole>;

export const link = object(0x0315, 'link', {
  thread: bytes(32),
  seq: u32,
  previous: bytes(32),
  person: bytes(16),
  device: bytes(16),
  issued: time,
  tag: bytes(32),
  assertion: bytes(32),
});
export type Link = Infer<typeof link>;

export const rename = object(0x0316, 'rename', {
  thread: bytes(32),
  seq: u32,
  previous: bytes(32),
  person: bytes(16),
  device: bytes(16),
  issued: time,
  name: text(200),
});
export type Rename = Infer<typeof rename>;
