/** The shapes of what the server sends: everything is hostile until it fits one of these. Bytes arrive as base64 and leave as bytes. */
import * as v from 'valibot';
import { fromBase64 } from '../../api/base64.ts';
import type { Bytes } from '../../crypto/bytes.ts';
import { deviceKinds } from '../contract.ts';

const maxList = 10_000;

export const bytes = v.pipe(
  v.string(),
  v.rawTransform(({ dataset, addIssue, NEVER }): Bytes => {
    const decoded = fromBase64(dataset.value);
    if (decoded) return decoded;
    addIssue({ message: 'not base64' });
    return NEVER;
  }),
);
export const text = (max: number) => v.pipe(v.string(), v.maxLength(max));
export const uuid = v.pipe(v.string(), v.regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/));
/** 32 bytes as unpadded base64url: a thread or a hash. */
export const digest = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{43}$/));
export const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
export const time = count;
export const list = <S extends v.GenericSchema>(shape: S) => v.pipe(v.array(shape), v.maxLength(maxList));
export const nothing = v.unknown();

const name = text(400);

export const policy = v.object({
  policy: uuid,
  version: count,
  title: name,
  kind: text(50),
  summary: text(2000),
  supersedes: v.optional(name),
  effectiveAt: time,
  reviewAt: time,
  required: v.boolean(),
  graceMillis: count,
  hash: digest,
  acceptedAt: v.optional(time),
  deferredUntil: v.optional(time),
  needed: v.boolean(),
});

export const session = v.object({
  person: uuid,
  userName: name,
  displayName: name,
  role: name,
  ward: name,
  organisation: name,
  device: v.nullish(uuid),
  permissions: list(name),
  idleLockMillis: count,
  expiresAt: time,
  noticeAccepted: v.boolean(),
});
export type ServerSession = v.InferOutput<typeof session>;

export const unlock = v.object({
  vaultShare: v.optional(bytes),
  unlockerBlob: bytes,
  akWrap: bytes,
  sealedVault: bytes,
  sealedIdentity: bytes,
  log: list(bytes),
  manifests: list(bytes),
  policy: bytes,
});
export type Unlock = v.InferOutput<typeof unlock>;

export const manifests = v.object({ manifests: list(bytes), policy: bytes });

export const invitation = v.object({
  person: uuid,
  userName: name,
  displayName: name,
  role: name,
  ward: name,
  organisation: name,
  manifests: list(bytes),
  policy: bytes,
  vaultShare: bytes,
  salt: bytes,
  totpSecret: v.pipe(v.string(), v.regex(/^[A-Z2-7]{16,128}$/)),
  otpauth: v.pipe(text(1000), v.startsWith('otpauth://totp/')),
  expiresAt: time,
});
export type Invitation = v.InferOutput<typeof invitation>;

export const about = v.object({
  organisation: name,
  demonstration: v.optional(v.boolean(), false),
  passkeys: v.optional(v.boolean(), false),
  version: v.optional(text(100), ''),
  assets: v.optional(text(200), ''),
});
export type ServerAbout = v.InferOutput<typeof about>;

export const person = v.object({
  person: uuid,
  userName: name,
  displayName: name,
  role: name,
  ward: name,
  organisation: name,
  enrolled: v.boolean(),
  left: v.optional(v.boolean(), false),
});
export type Profile = v.InferOutput<typeof person>;

export const staff = v.object({ people: list(person), next: v.optional(uuid), asOf: time });

export const device = v.object({
  device: uuid,
  kind: v.picklist(deviceKinds),
  label: text(200),
  issuedAt: time,
  expiresAt: time,
  revokedAt: v.optional(time, 0),
  lastUsedAt: time,
  current: v.boolean(),
  sessions: count,
  posture: v.picklist(['unknown', 'attested']),
  postureBy: v.optional(text(200), ''),
  agreedAt: v.optional(time, 0),
  usedTwiceAt: v.optional(time, 0),
});

/** A checkpoint of the Merkle log, with the proof from the size that was asked about. */
const grown = { checkpoint: v.optional(text(1024)), consistency: v.optional(list(bytes)) };
export type Grown = { checkpoint?: string | undefined; consistency?: Bytes[] | undefined };

const place = v.object({ index: count, actor: uuid, at: time, path: list(bytes) });
export type Place = v.InferOutput<typeof place>;

export const logs = v.object({
  logs: list(v.object({ person: uuid, entries: list(bytes), proof: v.optional(place) })),
  /** Of the newest root manifest. */
  manifestVersion: count,
  ...grown,
});

export const compared = v.object({ sizes: list(v.object({ size: count, consistency: list(bytes) })), ...grown });

export const head = v.object({
  thread: digest,
  space: v.picklist(['patient', 'team', 'role', 'direct', 'announcement', 'social']),
  name: name,
  seq: count,
  logHash: bytes,
  membershipSeq: count,
  membershipHead: bytes,
  epoch: count,
  joinedSeq: count,
  leftSeq: v.optional(count),
  seenSeq: count,
  unread: count,
  lastAt: time,
  memberCount: count,
  unfiled: v.optional(count, 0),
  complaints: v.optional(count, 0),
  destroyedAt: v.optional(time, 0),
  keptDays: v.optional(count, 0),
  quarantine: v.optional(v.object({ seq: count, at: time, acknowledged: v.boolean(), waiting: count, inError: count })),
});
export type Head = v.InferOutput<typeof head>;

export const complaint = v.object({ complaint: bytes, at: time, answered: v.boolean() });
export type ServedComplaint = v.InferOutput<typeof complaint>;

export const accepted = v.object({ message: uuid, seq: count, at: time, logHash: bytes });
export type Accepted = v.InferOutput<typeof accepted>;

export const epoch = v.object({
  epoch: count,
  record: bytes,
  sealedState: bytes,
  envelope: v.nullish(bytes),
  proof: v.nullish(bytes),
});
/** What an epoch's record commits to and does not hold. */
export type ServedEpoch = Omit<v.InferOutput<typeof epoch>, 'record'>;

export const keys = v.object({
  keys: list(
    v.object({ thread: digest, epoch: count, sealedState: bytes, envelope: v.nullish(bytes), proof: v.nullish(bytes) }),
  ),
});

export const grant = v.object({ grant: bytes, envelopes: list(bytes) });

export const mark = v.object({ person: uuid, reachedSeq: count, reachedAt: time, seenSeq: count, seenAt: time });
export type Mark = v.InferOutput<typeof mark>;

export const filing = v.object({
  filing: uuid,
  decision: uuid,
  sources: list(uuid),
  state: v.picklist(['waiting', 'filing', 'received', 'refused', 'failed', 'stopped']),
  code: v.optional(text(100)),
  reason: v.optional(text(2000)),
  reference: v.optional(text(400)),
  documentHash: text(100),
  filedBy: uuid,
  filedAt: time,
  receivedAt: v.optional(time),
  eligibleAt: v.optional(time),
  destroyedAt: v.optional(time),
  held: v.boolean(),
  attempts: count,
  retraction: v.optional(v.picklist(['owed', 'retracting', 'retracted', 'refused'])),
});
export type Filing = v.InferOutput<typeof filing>;

export const letter = v.object({ thread: digest, filing });
export type ServedLetter = v.InferOutput<typeof letter>;

export const stages = [
  'marked',
  'drafted',
  'filed',
  'received',
  'countersigned',
  'eligible',
  'destroyed',
  'refused',
  'corrected',
  'withdrawn',
  'entered-in-error',
] as const;

export const decision = v.object({
  decision: uuid,
  stage: v.picklist(stages),
  changedAt: time,
  markedBy: uuid,
  markedAt: time,
  urgency: v.picklist(['routine', 'action', 'urgent', 'emergency']),
  owner: uuid,
  deputy: v.optional(uuid),
  dueAt: time,
  reminders: count,
  draftedBy: v.optional(uuid),
  draftedAt: v.optional(time),
  countersignWanted: v.boolean(),
  countersignBy: v.optional(uuid),
  countersignedBy: v.optional(uuid),
  countersignedAt: v.optional(time),
  corrects: v.optional(uuid),
  correctedBy: v.optional(uuid),
});
export type Decision = v.InferOutput<typeof decision>;

export const worklist = v.object({
  items: list(
    v.object({
      thread: v.optional(digest),
      decision,
      member: v.boolean(),
      toCountersign: v.boolean(),
      retraction: v.optional(v.picklist(['owed', 'retracting', 'retracted', 'refused'])),
      reference: v.optional(text(400)),
      reason: v.optional(text(2000)),
    }),
  ),
  next: v.optional(text(64)),
});
export type Worklist = v.InferOutput<typeof worklist>;

export const quarantine = v.object({
  message: uuid,
  by: uuid,
  seq: count,
  at: time,
  readers: list(v.object({ person: uuid, left: v.boolean(), gone: v.boolean(), acknowledgedAt: v.optional(time, 0) })),
  filings: list(v.object({ filing: uuid, decision: uuid, retraction: text(20) })),
});
export type Quarantine = v.InferOutput<typeof quarantine>;

const comparison = list(
  v.object({ field: v.picklist(['name', 'birthDate', 'nhsNumber', 'hospitalNumber']), equal: v.boolean() }),
);

/** What one source holds otherwise than the other. */
const sources = v.optional(list(v.picklist(['name', 'birthDate'])), []);

export const lookUp = v.object({
  outcome: v.picklist(['matched', 'mismatch']),
  compared: comparison,
  assertion: v.optional(bytes),
  namesakes: list(
    v.object({
      name,
      differs: list(text(40)),
      sameBirth: v.optional(v.boolean(), true),
      lastFour: text(10),
      hospitalLastFour: v.optional(text(10), ''),
    }),
  ),
  disagrees: sources,
});
export type LookUp = v.InferOutput<typeof lookUp>;

export const standing = v.object({
  outcome: v.picklist(['current', 'superseded', 'changed', 'identified', 'gone']),
  compared: comparison,
  assertion: v.optional(bytes),
  disagrees: sources,
});
export type Standing = v.InferOutput<typeof standing>;
