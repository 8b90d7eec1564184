/**
 * The boundary between the screens and the one dedicated worker that holds the keys, the decrypted store and the network.
 *
 * Layout: names and enumerations, people and patients, the session, the inbox, a thread and its timeline, the directory,
 * filing, then the verbs (`Wardline`), the events and the frames that cross the port.
 *
 * Invariants:
 * - Verbs only. Nothing here hands out a key, a secret of the vault or ciphertext. A password crosses once, inwards.
 * - Every value is structured-cloneable and has only fixed fields, so that the screen side can check it on arrival.
 * - The worker sends facts, the screens write the sentences. Display text from the worker is limited to what people typed,
 *   names from the directory, and the message and hint of an error.
 * - Times are milliseconds since the epoch, server time. Dates of birth and death are `YYYY-MM-DD`. NHS numbers are ten digits.
 */
import type { DeviceKind, EndReason, OwnDevice } from './devices.ts';

import type { About } from './about.ts';
import type { Enrolment, PasskeyAnswer, PasskeyRequest, Secret, UnlockerRef, Ways } from './entry.ts';
import type { PatientAnswer, PatientQuery, PatientStanding } from './lookUps.ts';
import type { SystemEvent } from './systemEvents.ts';
import type {
  DecisionDraft,
  DecisionItem,
  FilingPreview,
  FilingRequest,
  Misfiled,
  RecordState,
  RecordVerbs,
  Statement,
  TakenBackReason,
  WorklistPage,
  WorklistScope,
} from './decisions.ts';

export type ThreadId = string;
export type PersonId = string;
export type MessageId = string;
export type DecisionId = string;
export type LookupId = string;

export const spaces = ['patient', 'team', 'role', 'direct', 'announcement', 'social'] as const;
export type Space = (typeof spaces)[number];

export type Urgency = 'routine' | 'action' | 'urgent' | 'emergency';

export { type DeviceKind, deviceKinds, type EndReason, type OwnDevice, ownDeviceAgreement } from './devices.ts';

export {
  type DecisionDraft,
  type DecisionItem,
  type AgainDecision,
  type Correction,
  type DecisionLife,
  type DecisionsAgain,
  type FilingPreview,
  type FilingRequest,
  type FormPartItem,
  type Letter,
  type LettersPage,
  type Misfiled,
  type RecordState,
  type Statement,
  type TakenBackReason,
  takenBackReasons,
  type WorklistItem,
  type WorklistPage,
  type WorklistScope,
} from './decisions.ts';

export type { FormKind } from '../crypto/form-kinds.ts';

export type { About } from './about.ts';

export type { Enrolment, PasskeyAnswer, PasskeyRequest, Secret, UnlockerRef, Way, Ways } from './entry.ts';
export type { Compared, PatientAnswer, PatientQuery, PatientStanding } from './lookUps.ts';

export type { SystemEvent } from './systemEvents.ts';

/** Why somebody is let into a thread (R31). Free text belongs in `note`, which only members can read. */
export const addReasons = ['care-team', 'on-call', 'opinion', 'handover', 'cover', 'supervision', 'other'] as const;
export type AddReason = (typeof addReasons)[number];

export const removeReasons = [
  'handed-over',
  'left-team',
  'no-longer-involved',
  'own-request',
  'added-in-error',
  'other',
] as const;
export type RemoveReason = (typeof removeReasons)[number];

/** An expected failure: a stable code for the program, plain words for the person, and what they can do next. */
export type WardError = { code: string; message: string; hint?: string };

/** The code of `ThreadHead.readOnly` for somebody who is not in the thread any more. */
export const notMember = 'not_a_member';

// People and patients

export type Person = {
  id: PersonId;
  /** As it is shown everywhere: "Dr Anita Patel". */
  name: string;
  title?: string;
  given: string;
  family: string;
  /** "Medical Registrar". Never left out on a screen. */
  role: string;
  /** "Med Reg", where there is little room. */
  roleShort?: string;
  /** Ward, clinic or department. */
  ward?: string;
  organisation: string;
  /** Works for another organisation. */
  outside: boolean;
  bleep?: string;
  duty?: { on: boolean; until?: number };
  /** What they sign in as, where nothing else tells two people apart. */
  account?: string;
  /** In the directory, but without keys yet: cannot be let into a thread. */
  notEnrolled?: true;
};

export type Patient = {
  family: string;
  given: string;
  title?: string;
  /** Absent when it is not known; the banner then says so. */
  born?: string;
  nhsNumber?: string;
  /** The hospital's own number, also of somebody who has no other. */
  hospitalNumber?: string;
  /** The unknown patient: the hospital's number of them until somebody knows. */
  temporary?: string;
  /** `YYYY-MM-DD`, or `unknown` when the index says deceased and no more. */
  deceased?: string;
  restricted: boolean;
  /** Communication needs that the index supplies, as short sentences. */
  needs: string[];
};

export type IdentifyingNumber = 'nhs-number' | 'hospital-number';

export type PatientLink = {
  /** When the identifiers were compared with the index, and by whom. */
  at: number;
  by: Person;
  /** The number that was asked when the index answered with another. */
  supersededFrom?: string;
  /** The number that was compared; the other one nobody did. */
  identifiedBy: IdentifyingNumber;
  namesakes: Namesake[];
};

/** A patient who could be mistaken for this one. Never the full identifiers of the other person. */
export type Namesake = {
  /** As the banner writes it: "SMITH, Joan (Mrs)". */
  name: string;
  differs: ('family' | 'given' | 'title' | 'born' | 'nhs-number' | 'hospital-number')[];
  /** Of the NHS number, and of the hospital's; empty when it is not known. */
  lastFour: string;
  hospitalLastFour: string;
  /** The index, or a thread this person is in. */
  source: 'index' | 'own-thread';
};

// The session

/** `passkeys`: this server knows passkeys. */
export type SessionState = { passkeys?: boolean } & (
  | { at: 'signed-out'; organisation: string; demonstration: boolean; offline?: true }
  /** A live session whose keys have left memory: no code is asked. Of the person nothing is told but the ways that they chose. */
  | { at: 'locked'; organisation: string; demonstration: boolean; pin?: boolean; passkey?: boolean; offline?: true }
  | { at: 'enrolling'; organisation: string; demonstration: boolean; person?: Person }
  | {
      at: 'ready';
      organisation: string;
      demonstration: boolean;
      me: Person;
      device: DeviceKind;
      /** Idle time after which the keys leave memory. */
      idleMs: number;
      /** The notice of R47 has been read and accepted by this person. Until then `send` refuses. */
      noticeAccepted: boolean;
      /** Answers for what reaches the health record: may see the whole organisation's. */
      records?: true;
      /** The ways to open Wardline were changed since it was last open here, and not from here. */
      changedElsewhere?: boolean;
    }
);

export type Connection = {
  state: 'online' | 'connecting' | 'offline';
  /** The last moment at which everything the server had was here. */
  lastSync?: number;
  /** Messages that wait in the outbox of this device. */
  queued: number;
  /** How far this device's clock is from the server's, when it matters (over a minute). */
  skewMs?: number;
  /**
   * This device was shown two lists of keys that cannot both be true; `by` is the colleague whose device was shown the other one, `evidence`
   * the content of the file that is saved of it.
   */
  alarm?: { by?: string; evidence: string };
  /** One of my devices was lost or stolen: nothing new is sealed to me until my keys are renewed. */
  renew?: { why: 'lost' | 'stolen'; since: number };
};

// The organisation's policies

export type PolicyRef = { policy: string; version: number };

/** One policy in force (R36, R43). */
export type Policy = PolicyRef & {
  title: string;
  kind: string;
  /** What changed, in the organisation's words. */
  summary: string;
  supersedes?: string;
  effectiveAt: number;
  reviewAt: number;
  /** Has to be accepted; otherwise it is there to be read. */
  required: boolean;
  /** How long it may wait for the end of a duty; 0: not at all. */
  graceMs: number;
  /** SHA-256 of the text. */
  hash: string;
  acceptedAt?: number;
  deferredUntil?: number;
  /** I have to accept it before I write. */
  needed: boolean;
  /** From this device's own copy: nothing is known of who accepted it. */
  asKept?: true;
};

// The inbox

/** The promises kept for one of my messages, in growing order. `reached` and `seen` are hints from the server. */
export type Delivery = {
  state: 'queued' | 'sent' | 'reached' | 'seen' | 'failed';
  /** Those whom it was sealed to and who can still be waited for. */
  of: number;
  reached: number;
  seen: number;
  /** Only with `failed`. */
  error?: WardError;
};

export type Need =
  | { kind: 'not-in-record'; count: number; since: number }
  | { kind: 'record-refused'; count: number; since: number }
  /** What the record holds is not what was filed. */
  | { kind: 'record-misfiled'; count: number; since: number; how: Misfiled['how'] }
  | { kind: 'not-sent'; count: number }
  /** The log contradicts itself, or what I saw before. */
  | { kind: 'stopped'; why: StoppedWhy }
  /** It is about the wrong patient (R51): have I taken note, and how many have not. */
  | { kind: 'wrong-patient'; acknowledged: boolean; waiting: number; inError: number };

export type ThreadSummary = {
  id: ThreadId;
  space: Space;
  /** The name of a team, or the private name of a patient thread; absent for direct threads. */
  name?: string;
  /** Only in a patient thread whose link has been verified on this device. */
  patient?: Patient;
  /** Only in a direct thread. */
  peer?: Person;
  ward?: string;
  people: number;
  last?: {
    at: number;
    kind: 'message' | 'decision' | 'system' | 'tombstone';
    own: boolean;
    /** Who wrote it, absent for a system line. */
    author?: string;
    text: string;
    /** Only for a system line: what happened. */
    event?: SystemEvent;
    /** With `own`, the state of that message. */
    delivery?: Delivery;
  };
  /** Sorts the list: the last thing that happened. */
  at: number;
  unread: number;
  urgency: Urgency;
  /** When an answer is due, for `action` and above. */
  dueAt?: number;
  needs: Need[];
  hasDraft: boolean;
  /** Closed with a signed answer, and nothing was said since (R49). */
  closed: boolean;
};

// A thread and its timeline

export type Member = {
  person: Person;
  me: boolean;
  since: number;
  history: boolean;
  mayPost: boolean;
  /** Nothing can be sealed to them here now: why, and since when. */
  leftOut?: { why: LeftOut; since: number };
};

/** `reset`: re-enrolled by two officers and not let in again. `no-keys`: let in, and the new keys are not made yet. */
export type LeftOut = 'lost' | 'stolen' | 'reset' | 'no-keys';

/** How a stopped thread contradicts itself (docs/protocol.md, section 7.8). */
export type StoppedWhy =
  | 'forked-log'
  | 'forked-members'
  | 'forked-keys'
  | 'rolled-back'
  | 'missing'
  | 'bookmark'
  | 'split-view'
  | 'refused';

/** Where a stopped thread goes on: who said so. */
export type GoesOn = { thread: ThreadId; by: string; byMe: boolean };

/** Somebody whom a quarantine concerns: whoever was ever in the thread. `at`: when they took note. */
export type QuarantineReader = { name: string; me: boolean; left: boolean; gone: boolean; at?: number };

export type ItemBase = {
  /** Stable from the queue to the log: an item that changes keeps its key. */
  key: string;
  /** Ascending and unique within a thread. What is still queued sorts after everything that has been accepted. */
  order: number;
  at: number;
};

export type Quote = { id: MessageId; author: string; at: number; text: string } | { id: MessageId; gone: true };

export type MessageItem = ItemBase & {
  kind: 'message';
  id: MessageId;
  author: Person;
  own: boolean;
  text: string;
  urgency: Urgency;
  reply?: Quote;
  /** Only for my own. */
  delivery?: Delivery;
};

export type TombstoneItem = ItemBase & {
  kind: 'tombstone';
  /** The decision that was filed. */
  id: DecisionId;
  /** Whose words were decided; absent when this device never read the decision and nobody can tell any more. */
  decidedBy?: string;
  /** Who marked them as a decision: often the same, but not always. */
  markedBy: string;
  decidedAt: number;
  filedBy: string;
  filedAt: number;
  /** How many messages of people went into the document; absent when this device never read the decision and cannot tell. */
  messages?: number;
  reference: string;
  /** SHA-256 of the filed document, hex. */
  sha256: string;
};

export type SystemItem = ItemBase & { kind: 'system'; event: SystemEvent };

export type TimelineItem = MessageItem | DecisionItem | TombstoneItem | SystemItem;

/** `key` is the decision's id, also after it has become a tombstone. */
export type RecordLine = {
  key: string;
  order: number;
  at: number;
  state: RecordState['state'] | 'deleted';
  /** Whose decision it is, or who marked it where that is not known any more. */
  by: string;
  /** How it begins, while it can be read. */
  words?: string;
  /** A decision that replaces it may be marked. */
  mayCorrect?: boolean;
  misfiled?: Misfiled;
};

export type ThreadHead = {
  id: ThreadId;
  space: Space;
  name?: string;
  ward?: string;
  patient?: Patient;
  link?: PatientLink;
  /** What the record said of the patient's identity when this device last asked it. Absent before it asked about the present link. */
  standing?: PatientStanding & { at: number };
  members: Member[];
  /** Every decision of the thread, loaded or not, oldest first. */
  record: RecordLine[];
  /** Absent when I may write here. With the code `notMember` there is nothing here of the patient. */
  readOnly?: WardError;
  mayManage: boolean;
  /** The signed answer that every decision is marked, when nothing was said since: the thread is closed (R49). */
  swept?: { by: string; byMe: boolean; at: number };
  /** May be closed so: a thread in which decisions are made. */
  maySweep: boolean;
  /** May let in again somebody who was re-enrolled. */
  mayReadmit: boolean;
  /** The log contradicts itself: nothing is sent here any more. */
  stopped?: { why: StoppedWhy; authors: string[]; at: number };
  goesOn?: GoesOn;
  /** The conversation about the wrong patient, from which this one goes on (R51). */
  continues?: ThreadId;
  removedAfter?: number; // days; absent where messages are kept until they are decided
  /** I confirmed the patient lately: what decides and files needs no further look (R12). */
  confirmed: boolean;
  /** Something was begun in "Mark a decision". */
  deciding?: boolean;
  /** The thread is linked to the wrong patient (R51). Nothing of it may be acted on. */
  quarantine?: {
    at: number;
    by: string;
    byMe: boolean;
    note?: string;
    /** I have taken note. */
    acknowledged: boolean;
    waiting: number;
    /** Filings that the record has not marked as entered in error. */
    inError: number;
    /** Those who have not taken note first. Empty while the server has not said. */
    readers: QuarantineReader[];
  };
};

export type ThreadView = {
  head: ThreadHead;
  /** The newest page, ascending. Days are drawn by the screen. */
  items: TimelineItem[];
  hasOlder: boolean;
  /** The first item that I have not seen, if there is one. */
  firstUnread?: string;
  draft?: Draft;
};

/** What changed in an open thread. Items replace those with the same key. */
export type ThreadChange = {
  head?: ThreadHead;
  items: TimelineItem[];
  removed: string[];
  /** Keys of `items` that have just arrived from somebody else, to be announced. */
  arrived: string[];
};

export type Draft = { text: string; replyTo?: MessageId; at: number };

/** What the composer's checks found on this device before anything was encrypted. */
export type Finding = {
  kind:
    | 'other-patient' /** R11: a valid NHS number that is not this thread's patient. */
    | 'number-outside' /** R37: a valid NHS number outside a patient thread. */
    | 'born-and-name' /** R37: a date of birth together with a full name. */
    | 'hospital-number'
    | 'hidden-mark' /** H16: a character that nobody sees and that changes what is read. */
    | 'unlinked-patient' /** R10: talk about somebody who is not identified. Asks, does not stop. */;
  /** The characters found, as typed. */
  found: string;
  start: number;
  end: number;
  stops: boolean;
};

// The directory

export type SimilarGroup = {
  /** What they have in common: "Dr A Patel". */
  label: string;
  people: PersonId[];
};

export type DirectoryAnswer = {
  people: Person[];
  /** Sets of people in `people` who could be taken for one another, also when only one of them was asked for (R29). */
  similar: SimilarGroup[];
  /** For people in `people`: others whose name is the same, or reads or sounds the same. Choosing one of them asks once (R29). */
  alike: Record<PersonId, Person[]>;
  more: boolean;
};

// Filing

/** Everything the screens may ask. One argument each; all of them may reject with a `WardError`. */
export interface Wardline extends RecordVerbs {
  session(): Promise<SessionState>;
  about(): Promise<About>;
  connection(): Promise<Connection>;

  startEnrolment(arg: { token: string; manifestFingerprint: string }): Promise<Enrolment>;
  /** Makes the keys; takes seconds. Ends in `ready`. */
  completeEnrolment(arg: {
    password: string;
    code: string;
    device: DeviceKind;
    /** Own device: the agreement of R48. */
    agreementAccepted: boolean;
    /** The notice of R47. */
    noticeAccepted: boolean;
  }): Promise<void>;
  /** First half of signing in. The worker keeps the ticket for `signInCode`, which registers the device where it is not known. */
  signIn(arg: { username: string; password: string }): Promise<{ deviceKnown: boolean }>;
  signInCode(arg: { code: string; device?: DeviceKind; agreementAccepted: boolean }): Promise<void>;
  /** After a reload or a lock, with a live session: no new code. */
  unlock(arg: { password: string }): Promise<void>;
  /** The digits of the PIN, in ASCII. */
  unlockWithPin(arg: { pin: Secret }): Promise<void>;
  /** `add` needs an open Wardline and a fresh proof; `prove` and `unlock` offer the person's own passkeys, `sign-in` all of this browser. */
  passkeyOptions(arg: { for: 'sign-in' | 'unlock' | 'add' }): Promise<PasskeyRequest>;
  unlockWithPasskey(arg: PasskeyAnswer): Promise<void>;
  /** Both factors in one. The worker keeps the rest for `finishPasskeySignIn`; `password` is asked where the passkey cannot open the messages. */
  passkeySignIn(arg: PasskeyAnswer): Promise<{ deviceKnown: boolean; password: boolean }>;
  finishPasskeySignIn(arg: { password?: string; device?: DeviceKind; agreementAccepted: boolean }): Promise<void>;
  /** It is still the same person, for what needs a fresh proof (`proof_needed`). */
  prove(arg: { password: string } | PasskeyAnswer): Promise<void>;
  listUnlockers(): Promise<Ways>;
  /** Sets or changes the PIN of this device. */
  setPin(arg: { pin: Secret; label: string }): Promise<void>;
  addPasskey(arg: PasskeyAnswer & { label: string }): Promise<{ opens: boolean }>;
  /** Without `old`, for somebody who has none: sets one. */
  changePassword(arg: { old?: string; password: string; label: string }): Promise<void>;
  /** `opens` as it was listed. */
  removeUnlocker(arg: UnlockerRef): Promise<void>;
  /** New keys, after a device was lost or stolen (`Connection.renew`), without the ways in that were on it. */
  renewKeys(arg: { remove: UnlockerRef[] }): Promise<void>;
  /** Drops the keys and tells the server. The screens end the worker and reload when this resolves. */
  lock(): Promise<void>;
  signOut(): Promise<void>;
  /** The person is there. Called at most every few seconds; the idle clock in the worker starts again. */
  touch(): Promise<void>;
  acceptNotice(): Promise<void>;

  /** Those in force: from the server for who is signed in, else as this device last saw them. Needs no password. */
  policies(): Promise<Policy[]>;
  policyText(arg: PolicyRef): Promise<{ text: string }>;
  acceptPolicy(arg: PolicyRef & { hash: string }): Promise<void>;
  /** "I am on duty: ask me at the end of it." */
  deferPolicy(arg: PolicyRef): Promise<{ until: number }>;
  ownDevices(): Promise<OwnDevice[]>;
  /**
   * Ends another device for good. Needs everything that it may have said to be here. For one that was lost or stolen it renews the keys as
   * well, without `remove`, and rejects with `keys_not_renewed` when only that failed; it may be asked again.
   */
  endDevice(arg: { device: string; reason: EndReason; remove?: UnlockerRef[] }): Promise<void>;
  /** Signs out everywhere else. The devices may sign in again. */
  endOtherSessions(): Promise<{ ended: number }>;

  inbox(): Promise<ThreadSummary[]>;
  /** Starts the thread's events. */
  openThread(arg: { thread: ThreadId }): Promise<ThreadView>;
  closeThread(arg: { thread: ThreadId }): Promise<void>;
  olderItems(arg: {
    thread: ThreadId;
    before: number;
    limit: number;
  }): Promise<{ items: TimelineItem[]; hasOlder: boolean }>;
  markSeen(arg: { thread: ThreadId; upTo: number }): Promise<void>;

  /** Of words for a thread, or for one that is to be made of a look-up. */
  checkText(arg: { text: string } & ({ thread: ThreadId } | { lookup: LookupId })): Promise<Finding[]>;
  /** Resolves when the ciphertext is safely queued. Runs the checks again and refuses what they stop; clears the draft. `emergencyReason` passes R10's prompt. */
  send(arg: {
    thread: ThreadId;
    text: string;
    replyTo?: MessageId;
    emergencyReason?: string;
  }): Promise<{ key: string }>;
  retry(arg: { thread: ThreadId; key: string }): Promise<void>;
  discard(arg: { thread: ThreadId; key: string }): Promise<{ text: string }>;
  saveDraft(arg: { thread: ThreadId; text: string; replyTo?: MessageId }): Promise<void>;

  /**
   * Marks messages as a decision, or states one in own words with messages as its background, or in a form, whose parts have all of its words.
   * At least something of it. `patientConfirmed`: the person compared the patient just now, and says so by the button; without it an earlier
   * confirmation must still hold (R12). Clears the draft.
   */
  markDecision(
    arg: DecisionDraft & {
      thread: ThreadId;
      /** The earlier decision that this one puts right. */
      corrects?: DecisionId;
      patientConfirmed: boolean;
    },
  ): Promise<{ key: string }>;
  /** What was begun of a decision, or of the correction of one. */
  decisionDraft(arg: { thread: ThreadId; corrects?: DecisionId }): Promise<DecisionDraft | undefined>;
  /** Without a draft there is none any more. */
  saveDecisionDraft(arg: { thread: ThreadId; corrects?: DecisionId; draft?: DecisionDraft }): Promise<void>;
  /** Everything in the thread that could go in beside the decision, nearest first. */
  filingSources(arg: {
    thread: ThreadId;
    decision: DecisionId;
  }): Promise<{ statements: Statement[]; others: Statement[] }>;
  previewFiling(arg: FilingRequest): Promise<FilingPreview>;
  /** Refuses when the document would differ from the previewed one. */
  file(
    arg: FilingRequest & { sha256: string; patientConfirmed: boolean; countersign?: { by?: PersonId } },
  ): Promise<void>;
  /** Says that I am preparing the document. Refuses with `being_drafted` while somebody else is. */
  draftDecision(arg: { thread: ThreadId; decision: DecisionId; takeOver: boolean }): Promise<void>;
  putBackDecision(arg: { thread: ThreadId; decision: DecisionId }): Promise<void>;
  takeBackDecision(arg: {
    thread: ThreadId;
    decision: DecisionId;
    reason: TakenBackReason;
    note: string;
  }): Promise<void>;
  countersignDecision(arg: { thread: ThreadId; decision: DecisionId }): Promise<void>;
  /** Says, signed, that every decision of the thread is marked (R49). Refused when somebody said something after `upTo`, the last item that was seen. */
  sweep(arg: { thread: ThreadId; note: string; upTo: number }): Promise<void>;
  worklist(arg: { scope: WorklistScope; after?: string }): Promise<WorklistPage>;
  /** The same document again, now: after a refusal that was mended at the record's end, or to hurry a waiting one. */
  retryFiling(arg: { thread: ThreadId; decision: DecisionId }): Promise<void>;

  addMember(arg: {
    thread: ThreadId;
    person: PersonId;
    reason: AddReason;
    note: string;
    history: boolean;
  }): Promise<void>;
  removeMember(arg: { thread: ThreadId; person: PersonId; reason: RemoveReason; note: string }): Promise<void>;
  /** Lets somebody in again whose identity was reset. */
  readmitMember(arg: { thread: ThreadId; person: PersonId }): Promise<void>;
  /** What two people compare to be sure of each other's keys, each reading from their own screen. */
  safetyWords(arg: { person: PersonId }): Promise<{ theirs: string[]; mine: string[] }>;
  /** Says that the thread is linked to the wrong patient. Nothing else is said there any more, and everybody is told (R51). */
  quarantine(arg: { thread: ThreadId; note: string }): Promise<void>;
  /** "I have seen that this is about the wrong patient." */
  takeNote(arg: { thread: ThreadId }): Promise<void>;
  /** Goes on in a new thread with the same people about the same patient, with the draft and a first message (H26). */
  goOn(arg: { thread: ThreadId; line: string }): Promise<{ thread: ThreadId; leftOut: string[] }>;

  searchDirectory(arg: { query: string }): Promise<DirectoryAnswer>;
  /** My threads whose names could be taken for this one (R29). */
  similarNames(arg: { name: string }): Promise<{ thread: ThreadId; name: string; space: Space; people: number }[]>;
  /** The existing thread with that person, or a new one. */
  createDirect(arg: { person: PersonId }): Promise<{ thread: ThreadId }>;
  createTeam(arg: { name: string; people: PersonId[]; reason: AddReason }): Promise<{ thread: ThreadId }>;
  lookUpPatient(arg: PatientQuery): Promise<PatientAnswer>;
  /** The same for a thread that exists: who its patient is, known better. Never another patient. */
  reidentify(arg: PatientQuery & { thread: ThreadId }): Promise<PatientAnswer>;
  /** Links the thread to what `reidentify` found. Refuses when there is a reason to check the wristband and `wristbandChecked` is false. */
  relink(arg: { thread: ThreadId; lookup: LookupId; wristbandChecked: boolean }): Promise<void>;
  /**
   * Asks the record whether the identity still stands; the head then says so. `whenDue`: only when this device asked longer than a duty ago.
   */
  checkPatient(arg: { thread: ThreadId; whenDue?: true }): Promise<void>;
  /** The number was replaced: takes the new one. Asks the record once more, and refuses when it is not as it was. */
  updateNumber(arg: { thread: ThreadId }): Promise<void>;
  /** Refuses when there are namesakes, or two sources disagree, and `wristbandChecked` is false. */
  createPatient(arg: {
    lookup: LookupId;
    name: string;
    people: PersonId[];
    reason: AddReason;
    wristbandChecked: boolean;
    draft: string;
    /** The right patient, of a thread that was linked to the wrong one: the new thread says so in its first words. */
    continues?: { thread: ThreadId; line: string };
  }): Promise<{ thread: ThreadId }>;

  on<E extends EventName>(event: E, handler: (data: EventData<E>) => void): () => void;
}

export type LockCause = 'manual' | 'idle' | 'changed' | 'revoked' | 'other-tab' | 'signed-out';

export type Events = {
  state: SessionState;
  inbox: ThreadSummary[];
  connection: Connection;
  /** The keys are gone. The screens clear themselves, end the worker and reload. */
  locked: { cause: LockCause };
};
export type EventName = keyof Events | `thread:${ThreadId}`;
export type EventData<E extends EventName> = E extends keyof Events ? Events[E] : ThreadChange;

// The frames that cross the port

export type Verb = Exclude<keyof Wardline, 'on'>;

/** Every verb, so that the worker refuses what is not one. The compiler refuses a list that misses one. */
const verbTable: Record<Verb, true> = {
  session: true,
  about: true,
  connection: true,
  startEnrolment: true,
  completeEnrolment: true,
  signIn: true,
  signInCode: true,
  unlock: true,
  unlockWithPin: true,
  passkeyOptions: true,
  unlockWithPasskey: true,
  passkeySignIn: true,
  finishPasskeySignIn: true,
  prove: true,
  listUnlockers: true,
  setPin: true,
  addPasskey: true,
  changePassword: true,
  removeUnlocker: true,
  renewKeys: true,
  lock: true,
  signOut: true,
  touch: true,
  acceptNotice: true,
  policies: true,
  policyText: true,
  acceptPolicy: true,
  deferPolicy: true,
  ownDevices: true,
  endDevice: true,
  endOtherSessions: true,
  inbox: true,
  openThread: true,
  closeThread: true,
  olderItems: true,
  markSeen: true,
  checkText: true,
  send: true,
  retry: true,
  discard: true,
  saveDraft: true,
  markDecision: true,
  decisionDraft: true,
  saveDecisionDraft: true,
  filingSources: true,
  previewFiling: true,
  file: true,
  retryFiling: true,
  draftDecision: true,
  putBackDecision: true,
  takeBackDecision: true,
  countersignDecision: true,
  sweep: true,
  worklist: true,
  letters: true,
  letter: true,
  replayLetter: true,
  retractFiling: true,
  decisionsAgain: true,
  decideAgain: true,
  passOver: true,
  addMember: true,
  removeMember: true,
  readmitMember: true,
  safetyWords: true,
  quarantine: true,
  takeNote: true,
  goOn: true,
  searchDirectory: true,
  similarNames: true,
  createDirect: true,
  createTeam: true,
  lookUpPatient: true,
  reidentify: true,
  relink: true,
  checkPatient: true,
  updateNumber: true,
  createPatient: true,
};
export const verbs: ReadonlySet<string> = new Set(Object.keys(verbTable));

export type Args<V extends Verb> = Parameters<Wardline[V]>;
export type Answer<V extends Verb> = Awaited<ReturnType<Wardline[V]>>;

export type Call = { [V in Verb]: { id: number; verb: V; args: Args<V> } }[Verb];
export type Reply = { id: number; ok: unknown } | { id: number; error: WardError };
export type Push =
  | { [E in keyof Events]: { event: E; data: Events[E] } }[keyof Events]
  | { event: `thread:${ThreadId}`; data: ThreadChange };

/** One end of the channel. A `Worker`, a `MessagePort` and the worker's own global all fit behind it. */
export interface WorkerPort {
  post(frame: Call): void;
  listen(handler: (frame: unknown) => void): void;
}
