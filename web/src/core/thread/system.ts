/** Membership entries and epoch records as lines of a thread: who was let in, by whom and why; whose patient; when keys changed. */
import { type Bytes, hex } from '../../crypto/bytes.ts';
import { decode, typeOf } from '../../crypto/codec.ts';
import { type Epoch, listed } from '../../crypto/epoch.ts';
import { signed } from '../../crypto/layouts/container.ts';
import { type Add, type Link, type Remove, add, remove } from '../../crypto/layouts/membership.ts';
import type { PatientAssertion } from '../../crypto/layouts/patient.ts';
import type { ActInner } from '../../crypto/inner.ts';
import { type MembershipEntry, isByServer } from '../../crypto/membership-rules.ts';
import { fromBase64url } from '../../crypto/names.ts';
import { openNote } from '../../crypto/note.ts';
import { isTemporary } from '../../crypto/patient.ts';
import { stateAt } from '../../crypto/person.ts';
import { type LeftOut, type RemoveReason, type SystemEvent, removeReasons } from '../contract.ts';
import { showMarks } from '../marks.ts';
import { displayPatient } from '../people/name.ts';
import { leftOutOf } from './head.ts';
import { identityOfLink, linksOf } from './identity.ts';
import type { SignedEntry } from './log.ts';
import type { Thread } from './thread.ts';

export function systemEvents(thread: Thread, entry: SignedEntry): SystemEvent[] {
  const membership = thread.records.membership;
  if (!membership || entry.seq > thread.records.verified) return [];
  const direct = membership.create.space === 'direct';
  if (entry.kind === 'create') {
    return direct ? [] : [{ what: 'created', ...author(thread, membership.create.person) }];
  }
  if (entry.kind === 'epoch') return rotation(thread, entry.seq);
  const found = membership.entries[thread.records.membershipSeqAt(entry.seq + 1) - 1];
  return found ? membershipEvents(thread, found, entry.seq, direct) : [];
}

function membershipEvents(thread: Thread, entry: MembershipEntry, seq: number, direct: boolean): SystemEvent[] {
  switch (entry.kind) {
    case 'add':
      return direct && entry.value.reason === 'founding' ? [] : [joined(thread, entry.value, seq)];
    case 'remove':
      return [removed(thread, entry.value, seq)];
    case 'rekey':
      return [
        {
          what: 'readmitted',
          who: nameOf(thread, entry.value.target),
          me: isMe(thread, entry.value.target),
          ...author(thread, entry.value.person),
        },
      ];
    case 'link':
      return [linked(thread, entry.value)];
    case 'rename':
      return [{ what: 'renamed', ...author(thread, entry.value.person), name: entry.value.name }];
    case 'member-role':
      return [];
  }
}

function joined(thread: Thread, value: Add, seq: number): SystemEvent {
  return {
    what: 'joined',
    who: nameOf(thread, value.target),
    me: isMe(thread, value.target),
    role: thread.ward.people.card(value.target).role,
    ...author(thread, value.person),
    reason: value.reason,
    ...noteAt(thread, seq),
    history: value.history,
  };
}

function linked(thread: Thread, value: Link): SystemEvent {
  const by = author(thread, value.person);
  const patient = identityOfLink(thread, value);
  const before = linksOf(thread).findLast(({ link }) => link.seq < value.seq)?.link;
  const former = before && identityOfLink(thread, before);
  const temporary = patient && isTemporary(patient) ? { temporary: patient.hospitalNumber } : {};
  const named = { ...by, patient: patient ? displayPatient(patient) : 'this patient', ...temporary };
  if (!before) return { what: 'linked', ...named, ...(patient ? { identifiedBy: patient.identifiedBy } : {}) };
  if (patient && former && isOnlyNumber(former, patient)) {
    return { what: 'number-updated', ...by, was: former.nhsNumber };
  }
  const number = patient && !isTemporary(patient) ? comparedNumber(patient) : '';
  return {
    what: 'identified',
    ...named,
    ...(patient ? { patient: displayPatient({ family: patient.family, given: patient.given }) } : {}),
    ...(patient?.birthDate ? { born: patient.birthDate } : {}),
    ...(patient && number ? { number, identifiedBy: patient.identifiedBy } : {}),
  };
}

/** What somebody read from the wristband. */
const comparedNumber = ({ identifiedBy, nhsNumber, hospitalNumber }: PatientAssertion): string =>
  identifiedBy === 'nhs-number' ? nhsNumber : hospitalNumber;

function isOnlyNumber(former: PatientAssertion, next: PatientAssertion): boolean {
  const same = displayPatient(former) === displayPatient(next) && former.birthDate === next.birthDate;
  return same && former.nhsNumber !== '' && former.nhsNumber !== next.nhsNumber;
}

const byOrganisation = ['leaver', 'mover', 'lost-device', 'review'] as const;

function removed(thread: Thread, value: Remove, seq: number): SystemEvent {
  const who = nameOf(thread, value.target);
  const me = isMe(thread, value.target);
  const official = byOrganisation.find((reason) => reason === value.reason);
  if (isByServer(value) && official) return { what: 'removed-by-organisation', who, me, reason: official };
  const reason: RemoveReason = removeReasons.find((each) => each === value.reason) ?? 'other';
  return { what: 'removed', who, me, ...author(thread, value.person), reason, ...noteAt(thread, seq) };
}

/** The first keys of a thread are no news. */
function rotation(thread: Thread, seq: number): SystemEvent[] {
  const index = thread.records.epochs.findIndex((placed) => placed.seq === seq);
  const [before, after] = [thread.records.epochs[index - 1]?.epoch, thread.records.epochs[index]?.epoch];
  const unreadable = after ? unreadableKeys(thread, after) : [];
  if (!before || !after) return unreadable;
  return [
    ...unreadable,
    ...leftOutHere(thread, before, after),
    { what: 'rotated', why: whyRotated(thread, before, after) },
  ];
}

/** Those who said that the keys of this record do not open for them. */
function unreadableKeys(thread: Thread, { core }: Epoch): SystemEvent[] {
  const people = thread.complaints.about(core.epoch).map(({ value }) => value.person);
  if (people.length === 0) return [];
  const others = people.filter((person) => !isMe(thread, person));
  const me = others.length < people.length;
  const who = others.map((person) => nameOf(thread, person));
  return [{ what: 'unreadable-keys', who, me, ...author(thread, core.person) }];
}

/** Members who are in one of two records and not in the other, because of their own keys. */
function leftOutHere(thread: Thread, before: Epoch, after: Epoch): SystemEvent[] {
  const events: SystemEvent[] = [];
  for (const member of after.membership.members.values()) {
    const { person, identity } = member;
    const was = listed(before.core, person) !== undefined;
    const is = listed(after.core, person) !== undefined;
    const who = { who: nameOf(thread, person), me: isMe(thread, person) };
    if (was && !is) {
      const why = leftOutOf(thread, { person, identity })?.why ?? leftOutThen(thread, person, after);
      events.push({ what: 'left-out', ...who, why });
    }
    if (!was && is && member.pinnedSeq <= before.core.membershipSeq) events.push({ what: 'back', ...who });
  }
  return events;
}

/** Why somebody was left out of a record who can be given keys again since. */
function leftOutThen(thread: Thread, person: Bytes, { core }: Epoch): LeftOut {
  const then = thread.ward.people.log(person)?.states.findLast(({ issued }) => issued <= core.issued);
  const lost = [...(then?.devices.values() ?? [])].flatMap((device) => device.revoked?.reason ?? []);
  if (then?.kind === 'reset') return 'reset';
  return lost.includes('stolen') ? 'stolen' : 'lost';
}

function whyRotated(thread: Thread, before: Epoch, after: Epoch): Extract<SystemEvent, { what: 'rotated' }>['why'] {
  if (after.membership.links.length > before.membership.links.length) return 'identity';
  if (thread.complaints.about(before.core.epoch).length > 0) return 'unreadable';
  const [old, now] = [before, after].map(({ core }) => new Set(core.members.map(({ person }) => hex(person))));
  if ([...(old ?? [])].some((person) => !now?.has(person))) return 'removed';
  if ([...(now ?? [])].some((person) => !old?.has(person))) return 'added';
  const moved = after.core.members.some(({ person, logHead }) => {
    const [log, listed] = [
      thread.ward.people.log(person),
      before.core.members.find((each) => hex(each.person) === hex(person)),
    ];
    const [then, since] = [log && listed && stateAt(log, listed.logHead), log && stateAt(log, logHead)];
    return log?.states.some(({ seq, kind }) => seq > (then?.seq ?? 0) && seq <= (since?.seq ?? 0) && kind !== 'device');
  });
  return moved ? 'device' : 'age';
}

/** What somebody answered for, as a line. Acknowledgements stand beside what they are about, and are none. */
export function actEvent(thread: Thread, person: Bytes, inner: ActInner): SystemEvent | undefined {
  const by = author(thread, person);
  const note = 'text' in inner && inner.text !== undefined ? { note: showMarks(inner.text) } : {};
  switch (inner.kind) {
    case 'acknowledge':
      return undefined;
    case 'sweep':
      return { what: 'swept', ...by, ...note };
    case 'quarantine':
      return { what: 'quarantined', ...by, reason: inner.reason, ...note };
    case 'confirm': {
      // Of the patient as they were known then.
      const patient = identityOfLink(thread, { assertion: fromBase64url(inner.assertion) });
      return { what: 'confirmed', ...by, patient: patient ? displayPatient(patient) : 'this patient' };
    }
    case 'withdraw':
      return { what: 'withdrawn', ...by, decision: inner.about.message, reason: inner.reason, ...note };
    case 'countersign':
      return { what: 'countersigned', ...by, decision: inner.about.message, ...note };
  }
}

/** Opens the free text of an add or a removal, for those who hold the keys of its time. */
export async function readNote(thread: Thread, entry: SignedEntry): Promise<void> {
  if (thread.notes.has(entry.seq) || entry.seq > thread.records.verified) return;
  const { object } = decode(signed, entry.body);
  const layout = [add, remove].find((each) => each.type === typeOf(object));
  if (!layout) return;
  const { note, seq } = decode<typeof add.fields>(layout as typeof add, object);
  if (!note) return;
  try {
    const opened = await thread.secrets.get(note.epoch);
    if (!opened) return;
    thread.notes.set(entry.seq, await openNote(opened.epochSecret, { thread: thread.bytes, seq }, note));
  } catch {
    // A note that does not open takes nothing from the entry that carries it.
  }
}

function noteAt(thread: Thread, seq: number): { note?: string } {
  const note = thread.notes.get(seq);
  return note ? { note } : {};
}

function author(thread: Thread, person: Bytes): { by: string; byMe: boolean } {
  return { by: nameOf(thread, person), byMe: isMe(thread, person) };
}

const nameOf = (thread: Thread, person: Bytes): string => thread.ward.people.card(person).name;
const isMe = (thread: Thread, person: Bytes): boolean => hex(person) === hex(thread.ward.me.person);
