/** A thread's head for the thread's own screen, and its line in the inbox. Both are made of what has been verified. */
import { type Bytes, equal } from '../../crypto/bytes.ts';
import type { Member as MemberIn } from '../../crypto/membership-rules.ts';
import { base64url, uuidText } from '../../crypto/names.ts';
import { type PersonLog, type PersonState, isReady } from '../../crypto/person.ts';
import type {
  DecisionItem,
  Member,
  Namesake,
  Need,
  Person,
  Space,
  ThreadHead,
  ThreadSummary,
  TimelineItem,
  Urgency,
} from '../contract.ts';
import { wardErrorOf } from '../fault.ts';
import { showMarks } from '../marks.ts';
import type { Waiting } from '../outbox/outbox.ts';
import { patientCard } from '../patient/patient.ts';
import { confirmedLately } from './confirmed.ts';
import { decisionEntries, recordLines, recordStateOf } from './filings.ts';
import { isClosed, sweptPart } from './life.ts';
import { frozenItem, itemAt } from './items.ts';
import { quarantineNews, quarantinePart } from './quarantine.ts';
import type { Thread } from './thread.ts';
import { waitingItem } from './waiting.ts';

export function headOf(thread: Thread, namesakes: Namesake[]): ThreadHead {
  const { readOnly } = thread;
  return {
    id: thread.id,
    space: spaceOf(thread),
    ...nameOf(thread),
    ...patientPart(thread, namesakes),
    members: membersOf(thread),
    record: recordLines(thread),
    ...(readOnly ? { readOnly: wardErrorOf(readOnly) } : {}),
    mayManage: mayManage(thread),
    mayReadmit: !readOnly && thread.me?.role !== 'reader',
    ...sweptPart(thread),
    ...stoppedPart(thread),
    ...(thread.continues && !thread.left ? { continues: thread.continues } : {}),
    ...(thread.head && thread.head.keptDays > 0 ? { removedAfter: thread.head.keptDays } : {}),
    confirmed: confirmedLately(thread),
    ...quarantinePart(thread),
  };
}

function stoppedPart({ records, goesOn, ward }: Thread): Pick<ThreadHead, 'stopped' | 'goesOn'> {
  const { frozen } = records;
  const names = (people: readonly Bytes[]) => people.map((person) => ward.people.card(person).name);
  return {
    ...(frozen ? { stopped: { why: frozen.why, authors: names(frozen.authors), at: frozen.at } } : {}),
    ...(goesOn
      ? {
          goesOn: {
            thread: goesOn.thread,
            by: ward.people.card(goesOn.author).name,
            byMe: equal(goesOn.author, ward.me.person),
          },
        }
      : {}),
  };
}

/** Why nothing can be sealed to a member here now. */
export function leftOutOf(
  thread: Thread,
  { person, identity }: Pick<MemberIn, 'person' | 'identity'>,
): Member['leftOut'] {
  const log = thread.ward.people.log(person);
  if (!log || isReady(log.current, identity)) return undefined;
  const since = (kind: PersonState['kind']) => log.states.findLast((state) => state.kind === kind)?.issued ?? 0;
  if (!equal(log.current.identity, identity)) return { why: 'reset', since: since('reset') };
  if (log.current.exposed) return { why: lostOrStolen(log), since: since('revoke') };
  return { why: 'no-keys', since: log.current.issued };
}

function lostOrStolen({ current }: PersonLog): 'lost' | 'stolen' {
  const revoked = [...current.devices.values()].flatMap((device) => device.revoked ?? []);
  const last = revoked
    .filter(({ reason }) => reason === 'lost' || reason === 'stolen')
    .sort((a, b) => a.seq - b.seq)
    .at(-1);
  return last?.reason === 'stolen' ? 'stolen' : 'lost';
}

export function spaceOf(thread: Thread): Space {
  return thread.membership?.create.space ?? thread.head?.space ?? 'team';
}

/** The name of a team is in its membership log, that of a patient thread in its sealed state. */
export function nameOf(thread: Thread): { name?: string } {
  const space = spaceOf(thread);
  if (space === 'direct') return {};
  const name = space === 'patient' ? thread.state?.name : thread.membership?.name;
  return name ? { name: showMarks(name) } : {};
}

export function peerOf(thread: Thread): Person | undefined {
  if (spaceOf(thread) !== 'direct') return undefined;
  const others = [...(thread.membership?.ever ?? [])].filter((id) => id !== hexOf(thread.ward.me.id));
  const [peer] = others;
  return peer === undefined ? undefined : thread.ward.people.card(bytesOfHex(peer));
}

export type SummaryParts = { waiting: readonly Waiting[]; hasDraft: boolean };

/** For a thread whose tail has been read: see `tail`. */
export function summaryOf(thread: Thread, { waiting, hasDraft }: SummaryParts): ThreadSummary {
  const unseen = unread(thread);
  const last = lastOf(thread, waiting);
  const peer = peerOf(thread);
  return {
    id: thread.id,
    space: spaceOf(thread),
    ...nameOf(thread),
    ...(thread.patient ? { patient: patientCard(thread.patient) } : {}),
    ...(peer ? { peer } : {}),
    people: thread.membership?.members.size ?? thread.head?.memberCount ?? 0,
    ...(last ? { last } : {}),
    at: Math.max(last?.at ?? 0, thread.log.entry(thread.log.seq)?.at ?? thread.head?.lastAt ?? 0),
    unread: unseen.count,
    urgency: unseen.urgency,
    needs: needsOf(thread, waiting),
    hasDraft,
    closed: isClosed(thread),
  };
}

/** The newest item of a thread that says something; a system line only when there is nothing else. */
export function lastItem(thread: Thread): TimelineItem | undefined {
  let system: TimelineItem | undefined = frozenItem(thread);
  for (let seq = thread.log.seq; seq > 0; seq--) {
    const item = itemAt(thread, seq);
    if (item && item.kind !== 'system') return item;
    // New keys follow from something else, which is the news.
    if (item?.event.what !== 'rotated') system ??= item;
  }
  return system;
}

/** Whose words were decided; who marked them where they are several people's. */
function decidedBy(item: DecisionItem): { own: boolean; author: string } {
  const authors = new Set(item.statements.map(({ author }) => author.id));
  const [first] = item.statements;
  if (first && authors.size === 1) return { own: first.own, author: first.author.name };
  return { own: item.markedByMe, author: item.markedBy.name };
}

function lastOf(thread: Thread, waiting: readonly Waiting[]): ThreadSummary['last'] {
  const newest = waiting.at(-1);
  const item = newest ? waitingItem(thread, newest) : lastItem(thread);
  if (!item) return undefined;
  switch (item.kind) {
    case 'message':
      return {
        at: item.at,
        kind: 'message',
        own: item.own,
        author: item.author.name,
        text: item.text,
        ...(item.delivery ? { delivery: item.delivery } : {}),
      };
    case 'decision':
      return {
        at: item.at,
        kind: 'decision',
        ...decidedBy(item),
        text: item.record.state === 'taken-back' ? '' : item.statements.map(({ text }) => text).join('\n'),
        ...(item.delivery ? { delivery: item.delivery } : {}),
      };
    case 'tombstone':
      return { at: item.at, kind: 'tombstone', own: false, author: item.decidedBy ?? item.markedBy, text: '' };
    case 'system':
      return { at: item.at, kind: 'system', own: false, text: '', event: item.event };
  }
}

const urgencies: readonly Urgency[] = ['routine', 'action', 'urgent', 'emergency'];

/** Messages of others that I have not seen and could read. */
function unread(thread: Thread): { count: number; urgency: Urgency } {
  let count = 0;
  let urgency: Urgency = 'routine';
  const from = Math.max(thread.seenSeq + 1, firstReadable(thread));
  for (const entry of thread.log.from(from)) {
    if (entry.kind !== 'message' || uuidText(entry.header.person) === thread.ward.me.id) continue;
    count += 1;
    if (urgencies.indexOf(entry.header.urgency) > urgencies.indexOf(urgency)) urgency = entry.header.urgency;
  }
  return { count, urgency };
}

/** Somebody added without history reads from the entry that added them. */
function firstReadable(thread: Thread): number {
  const { me } = thread;
  return !me || me.history ? 1 : thread.records.placeOf(me.since);
}

function needsOf(thread: Thread, waiting: readonly Waiting[]): Need[] {
  const needs: Need[] = [];
  const { frozen } = thread.records;
  if (frozen && !thread.goesOn) needs.push({ kind: 'stopped', why: frozen.why });
  const news = quarantineNews(thread);
  if (news) needs.push({ kind: 'wrong-patient', ...news });
  if (news || thread.left) return [...needs, ...unsentOf(waiting)];
  const decisions = decisionEntries(thread).map((entry) => ({
    at: entry.at,
    record: recordStateOf(thread, uuidText(entry.header.message)),
  }));
  const failed = decisions.filter(({ record }) => record.state === 'failed');
  const misfiled = failed.flatMap(({ at, record }) =>
    record.state === 'failed' && record.misfiled ? [{ at, how: record.misfiled.how }] : [],
  );
  const refused = failed.filter(({ record }) => record.state === 'failed' && !record.misfiled);
  // Only the receipt puts a decision into the record (R18): one that is on its way there is not in it yet.
  const open = thread.filingsKnown
    ? decisions.filter(({ record }) => record.state === 'none' || record.state === 'filing')
    : [];
  const since = (of: { at: number }[]) => Math.min(...of.map(({ at }) => at));
  if (misfiled.length > 0) {
    const how = misfiled.some((each) => each.how === 'other-patient') ? 'other-patient' : 'otherwise';
    needs.push({ kind: 'record-misfiled', count: misfiled.length, since: since(misfiled), how });
  }
  if (refused.length > 0) needs.push({ kind: 'record-refused', count: refused.length, since: since(refused) });
  if (open.length > 0) needs.push({ kind: 'not-in-record', count: open.length, since: since(open) });
  return [...needs, ...unsentOf(waiting)];
}

function unsentOf(waiting: readonly Waiting[]): Need[] {
  const count = waiting.filter(({ failed }) => failed).length;
  return count > 0 ? [{ kind: 'not-sent', count }] : [];
}

function patientPart(thread: Thread, namesakes: Namesake[]): Pick<ThreadHead, 'patient' | 'link' | 'standing'> {
  const { patient, ward } = thread;
  if (!patient) return {};
  return {
    patient: patientCard(patient),
    link: {
      at: patient.issued,
      by: ward.people.card(patient.requester),
      ...(patient.superseded ? { supersededFrom: patient.superseded } : {}),
      identifiedBy: patient.identifiedBy,
      namesakes,
    },
    ...standingPart(thread),
  };
}

/** What the record said of an identity that was linked before says nothing of the present one. */
function standingPart({ standing, membership }: Thread): Pick<ThreadHead, 'standing'> {
  const link = membership?.links.at(-1);
  if (!standing || !link || standing.of !== base64url(link.assertion)) return {};
  return { standing: { ...standing.said, at: standing.at } };
}

function membersOf(thread: Thread): Member[] {
  const { membership, ward, records } = thread;
  const members = [...(membership?.members.values() ?? [])].map((member) => ({
    person: ward.people.card(member.person),
    me: uuidText(member.person) === ward.me.id,
    since: thread.log.entry(records.placeOf(member.since))?.at ?? 0,
    history: member.history,
    mayPost: member.role === 'owner' || (member.role === 'member' && membership?.create.postBy === 'member'),
    ...leftOutPart(leftOutOf(thread, member)),
  }));
  return members.sort(
    (a, b) => a.person.family.localeCompare(b.person.family) || a.person.name.localeCompare(b.person.name),
  );
}

const leftOutPart = (leftOut: Member['leftOut']): Pick<Member, 'leftOut'> => (leftOut ? { leftOut } : {});

function mayManage(thread: Thread): boolean {
  const { me, membership, readOnly } = thread;
  if (!me || !membership || readOnly || membership.create.space === 'direct') return false;
  return me.role === 'owner' || (me.role === 'member' && membership.create.addBy === 'member');
}

const hexOf = (id: string): string => id.replaceAll('-', '');
const bytesOfHex = (id: string) => Uint8Array.from(id.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
