/**
 * Going on in a new thread when one has stopped (H26): the same space, the people who are still members, the same patient looked up afresh,
 * and a first message that says where the talk came from. Whoever is in both is shown the way.
 */
import { equal } from '../../crypto/bytes.ts';
import { uuidText } from '../../crypto/names.ts';
import type { PersonId, ThreadId } from '../contract.ts';
import { Fault } from '../fault.ts';
import type { LookUps } from '../patient/lookup.ts';
import { isSame, patientCard, queryFor } from '../patient/patient.ts';
import { found, invite, start } from './create.ts';
import { nameOf, spaceOf } from './head.ts';
import type { Thread } from './thread.ts';

/** Who comes along, and the names of those who cannot for now. */
export async function companions(thread: Thread): Promise<{ people: PersonId[]; leftOut: string[] }> {
  const { ward, membership } = thread;
  const members = [...(membership?.members.values() ?? [])].filter(({ person }) => !equal(person, ward.me.person));
  await ward.people.refresh(members.map(({ person }) => person));
  const people: PersonId[] = [];
  const leftOut: string[] = [];
  for (const { person, identity } of members) {
    const state = ward.people.log(person)?.current;
    const id = uuidText(person);
    // A new identity is let in by somebody who has looked at it, not on the way (P4).
    const same = state !== undefined && equal(state.identity, identity) && state.generation !== null;
    const works =
      same &&
      (await ward.remote.people.get(id).then(
        ({ left }) => !left,
        () => true,
      ));
    if (works) people.push(id);
    else leftOut.push(ward.people.card(person).name);
  }
  return { people, leftOut };
}

/** Makes the thread. Its id. */
export async function replacementOf(thread: Thread, people: PersonId[], lookUps: LookUps): Promise<ThreadId> {
  const { ward, membership } = thread;
  if (!membership) throw new Fault('thread_unknown');
  if (spaceOf(thread) === 'patient') return patientReplacement(thread, people, lookUps);
  const { space, addBy } = membership.create;
  const founding = await found(ward, { space, name: space === 'direct' ? '' : membership.name, addBy });
  await invite(ward, founding, people, 'founding');
  return start(ward, founding, { name: '', assertion: null });
}

async function patientReplacement(thread: Thread, people: PersonId[], lookUps: LookUps): Promise<ThreadId> {
  const { patient } = thread;
  if (!patient) throw new Fault('patient_not_identified');
  const answer = await lookUps.ask(queryFor(patient));
  if (answer.outcome === 'unreachable') throw new Fault('index_unavailable');
  // The index says something else now than when the patient was identified: somebody has to look.
  if (answer.outcome !== 'match' || !isSame(answer.patient, patientCard(patient))) throw new Fault('patient_changed');
  const name = nameOf(thread).name ?? '';
  // The wristband was checked for the thread that this one replaces.
  return lookUps.start({ lookup: answer.lookup, name, people, reason: 'care-team', wristbandChecked: true });
}
