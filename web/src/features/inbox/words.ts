/** A thread in the list: its title, what it is, and the last thing said. */
import type { Need, Patient, Person, Space, ThreadSummary } from '../../core/contract.ts';
import { plural } from '../../ui/dates.ts';
import { keepTogether } from '../../ui/words.ts';
import { briefly } from '../thread/briefly.ts';
import { nhsNumber, patientName } from '../patient/format.ts';

export const spaceWords: Record<Space, string> = {
  patient: 'Patient',
  team: 'Team',
  role: 'Role',
  direct: 'Direct',
  announcement: 'Announcement',
  social: 'Social',
};

export function threadTitle(thread: Pick<ThreadSummary, 'space' | 'name' | 'patient' | 'peer'>): string {
  if (thread.patient) return patientName(thread.patient);
  return thread.peer?.name ?? thread.name ?? untitled(thread.space);
}

/** In a sentence, so that two of much the same name are told apart: "SMITH, Joan (Mrs), 900 000 0025". */
export function threadNamed(thread: ThreadSummary): string {
  return [threadTitle(thread), thread.patient && numberFact(thread.patient)].filter(Boolean).join(', ');
}

/** Above the open thread. Who the patient is stands in the banner, with everything that tells two patients apart. */
export const headingOf = (thread: ThreadSummary): string =>
  thread.space === 'patient' ? (thread.name ?? 'Patient thread') : threadTitle(thread);

/** "Patient · Ward 7B · 943 476 5919". */
export function threadFacts(thread: ThreadSummary): string {
  const facts: (string | undefined)[] = [spaceWords[thread.space]];
  if (thread.space === 'patient') facts.push(thread.ward ?? thread.name, thread.patient && numberFact(thread.patient));
  else if (thread.space === 'direct') facts.push(thread.peer?.role, onDuty(thread.peer));
  else facts.push(thread.space === 'social' ? 'walled off' : undefined, plural(thread.people, 'person', 'people'));
  return facts.filter(Boolean).join(' · ');
}

const numberFact = ({ nhsNumber: number, temporary, hospitalNumber }: Patient): string | undefined =>
  number ? nhsNumber(number) : temporary ? `Temporary identity ${temporary}` : hospitalNumber;

export function preview({ last }: ThreadSummary): string {
  if (!last) return 'No messages yet';
  if (last.kind === 'tombstone') return 'In the record, originals deleted';
  if (last.kind === 'decision' && last.text === '') return 'Decision taken back: do not act on it';
  const who = last.own ? 'You: ' : last.author ? `${last.author}: ` : '';
  const what = last.kind === 'decision' ? 'Decision. ' : '';
  const said = last.text || (last.event && briefly(last.event)) || 'Members changed';
  return keepTogether(`${who}${what}${said}`);
}

/** R51, until everybody has taken note: who is waited for stands beside it. */
export function wrongPatientTag({ acknowledged, waiting }: Extract<Need, { kind: 'wrong-patient' }>): string {
  if (!acknowledged) return 'Wrong patient: do not act on it';
  return waiting > 0 ? `Wrong patient · ${plural(waiting, 'person', 'people')} to take note` : 'Wrong patient';
}

const untitled = (space: Space): string => (space === 'patient' ? 'Patient, not checked yet' : spaceWords[space]);

const onDuty = (person: Person | undefined): string | undefined =>
  person?.duty && (person.duty.on ? 'on duty' : 'off duty');
