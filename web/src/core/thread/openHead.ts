/** A thread's head for the thread's own screen, made of what has been verified. */
import { type Bytes, equal } from '../../crypto/bytes.ts';
import { base64url, uuidText } from '../../crypto/names.ts';
import type { Member, Namesake, ThreadHead } from '../contract.ts';
import { wardErrorOf } from '../fault.ts';
import { patientCard } from '../patient/patient.ts';
import { confirmedLately } from './confirmed.ts';
import { recordLines } from './filings.ts';
import { leftOutOf, nameOf, spaceOf } from './head.ts';
import { sweptPart } from './life.ts';
import { quarantinePart } from './quarantined.ts';
import type { Thread } from './thread.ts';

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
