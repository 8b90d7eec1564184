/** What happened to a thread, in one sentence. People are told why somebody came, left or was taken out. */
import type { IdentifyingNumber, SystemEvent } from '../../core/contract.ts';
import { plural } from '../../ui/dates.ts';
import { listed } from '../../ui/words.ts';
import { you } from './briefly.ts';
import { leftOutMeWords, leftOutWords, stoppedWords } from './stoppedWords.ts';
import { isoDate, nhsNumber } from '../patient/format.ts';
import { addReasonWords, lowerFirst, organisationReasonWords, removeReasonWords } from '../people/words.ts';

export type SystemLine = {
  text: string;
  tone: 'plain' | 'warn';
  icon: 'people' | 'link' | 'key' | 'warning' | 'blocked';
};

export function systemLine(event: SystemEvent): SystemLine {
  const plain = (icon: SystemLine['icon'], text: string): SystemLine => ({ text, tone: 'plain', icon });
  const warn = (icon: SystemLine['icon'], text: string): SystemLine => ({ text, tone: 'warn', icon });
  switch (event.what) {
    case 'created':
      return plain('people', `${you(event.by, event.byMe)} started this thread.`);
    case 'joined': {
      const who = event.me ? 'you' : `${event.who}, ${event.role},`;
      // Members read from the beginning, as a rule; the exception is said, here as in the details.
      const history = event.history ? '' : ' Earlier messages cannot be read.';
      const why = reasonWords(addReasonWords[event.reason], event.note);
      return plain('people', `${you(event.by, event.byMe)} added ${who} ${why}.${history}`.replace(', (', ' ('));
    }
    case 'removed': {
      const why = reasonWords(removeReasonWords[event.reason], event.note);
      if (event.who === event.by || (event.me && event.byMe))
        return plain('people', `${you(event.who, event.me)} left ${why}.`);
      return plain('people', `${you(event.by, event.byMe)} removed ${event.me ? 'you' : event.who} ${why}.`);
    }
    case 'removed-by-organisation': {
      const verb = event.me ? 'You were' : `${event.who} was`;
      return plain('people', `${verb} removed by the organisation: ${organisationReasonWords[event.reason]}.`);
    }
    case 'linked':
      return plain(
        'link',
        event.temporary
          ? `${you(event.by, event.byMe)} linked ${event.patient}, temporary identity ${event.temporary}. Nobody knows yet who this is.`
          : `${you(event.by, event.byMe)} linked ${event.patient}. ${matchedWords(event.identifiedBy)} matched the record.`,
      );
    case 'identified':
      return plain('link', identifiedWords(event));
    case 'number-updated':
      return plain('link', `${you(event.by, event.byMe)} updated the NHS number (was ${nhsNumber(event.was)}).`);
    case 'renamed':
      return plain('people', `${you(event.by, event.byMe)} named this thread “${event.name}”.`);
    case 'confirmed':
      return plain('link', `${you(event.by, event.byMe)} confirmed the patient: ${event.patient}.`);
    case 'swept':
      return plain(
        'people',
        `${you(event.by, event.byMe)} said that every decision up to here is marked.${noteWords(event.note)}`,
      );
    case 'quarantined':
      return warn(
        'blocked',
        `${you(event.by, event.byMe)} stopped this thread: ${quarantineWords[event.reason]}.${noteWords(event.note)}`,
      );
    case 'withdrawn':
      return warn(
        'warning',
        `${you(event.by, event.byMe)} took a decision back: ${withdrawWords[event.reason]}.${noteWords(event.note)}`,
      );
    case 'countersigned':
      return plain('people', `${you(event.by, event.byMe)} countersigned a decision.${noteWords(event.note)}`);
    case 'rotated':
      return plain('key', rotationWords[event.why]);
    case 'unreadable-keys': {
      const who = listed(event.me ? ['You', ...event.who] : event.who);
      return warn(
        'key',
        `${who} could not read the keys that ${event.byMe ? 'you' : event.by} made; new ones are made.`,
      );
    }
    case 'left-out':
      return warn('warning', event.me ? leftOutMeWords(event.why) : leftOutWords(event.who, event.why));
    case 'back':
      return plain(
        'key',
        `${event.me ? 'You have' : `${event.who} has`} new keys and ${event.me ? 'read' : 'reads'} on.`,
      );
    case 'readmitted':
      return plain(
        'people',
        `${you(event.by, event.byMe)} let ${event.me ? 'you' : event.who} in again, with new keys.`,
      );
    case 'expired':
      return plain('blocked', event.days > 0 ? `Removed after ${plural(event.days, 'day')}.` : 'Removed.');
    case 'refused':
      return warn(
        'blocked',
        `Something ${event.from ? `from ${event.from} ` : ''}failed its checks and is not shown. Tell the service desk: ${event.code}.`,
      );
    case 'frozen':
      return warn('warning', `Sending has stopped. ${stoppedWords(event.why, event.authors)}`);
  }
}

/** What one row says for several people who came in: who they are when they are few, else how many, and whether I am one of them. */
export function arrivalsLine(events: SystemEvent[]): string {
  const joined = events.filter((event) => event.what === 'joined');
  const founder = events.find((event) => event.what === 'created');
  const others = joined.filter((event) => !event.me);
  const names =
    others.length <= fewNames ? others.map((event) => event.who) : [plural(others.length, 'person', 'people')];
  const meToo = others.length < joined.length;
  if (founder)
    return `${you(founder.by, founder.byMe)} started this thread with ${listed(meToo ? ['you', ...names] : names)}.`;
  return `${listed(meToo ? ['You', ...names] : names)} joined.`;
}

/** So many names still fit into one quiet line. */
const fewNames = 2;

export const rotationWords: Record<Extract<SystemEvent, { what: 'rotated' }>['why'], string> = {
  added: 'New keys, because somebody joined.',
  removed: 'New keys. Whoever was removed cannot read what follows.',
  device: 'New keys, because the devices of a member changed.',
  age: 'New keys, as is done every week.',
  unreadable: 'New keys, because the last ones did not open for everybody.',
  identity: 'New keys, with what is known now of who the patient is.',
};

export const quarantineWords: Record<Extract<SystemEvent, { what: 'quarantined' }>['reason'], string> = {
  'wrong-patient': 'it is linked to the wrong patient',
  other: 'something is wrong with its patient',
};

export const withdrawWords: Record<Extract<SystemEvent, { what: 'withdrawn' }>['reason'], string> = {
  withdrawn: 'it no longer stands',
  error: 'it was entered in error',
  'wrong-patient': 'it was about another patient',
};

/** Only what somebody compared is said to match. */
const matchedWords = (by: IdentifyingNumber | undefined): string =>
  by ? `Name, birth date and ${by === 'nhs-number' ? 'NHS' : 'hospital'} number` : 'Three identifiers';

function identifiedWords(event: Extract<SystemEvent, { what: 'identified' }>) {
  const { by, byMe, patient, born, number, identifiedBy, temporary } = event;
  const compared = number && (identifiedBy === 'hospital-number' ? `hospital number ${number}` : nhsNumber(number));
  const who = temporary
    ? `${patient}, temporary identity ${temporary}`
    : [patient, born && isoDate(born), compared].filter(Boolean).join(', ');
  return `${you(by, byMe)} identified the patient: ${who}. Everything said here is about this patient.`;
}

const noteWords = (note: string | undefined): string => (note ? ` “${note.replace(/[.\s]+$/, '')}”.` : '');

function reasonWords(reason: string, note: string | undefined): string {
  return note ? `(${lowerFirst(reason)}: ${note.replace(/[.\s]+$/, '')})` : `(${lowerFirst(reason)})`;
}
