/**
 * Finding out who a patient is (R11): three identifiers against the index, for a thread whose id is known before it exists, or for one whose
 * patient is to be known better. Only a full match gives an assertion, and with it a thread can be started, or linked again.
 */
import { type Bytes, bytesOf, equal, utf8 } from '../../crypto/bytes.ts';
import { base64url } from '../../crypto/names.ts';
import { nfc } from '../../crypto/layout.ts';
import type { PatientAssertion } from '../../crypto/layouts/patient.ts';
import { isTemporary, samePatient, verifyAssertion } from '../../crypto/patient.ts';
import type {
  AddReason,
  Compared,
  LookupId,
  Namesake,
  Patient,
  PatientAnswer,
  PatientQuery,
  PersonId,
  ThreadId,
} from '../contract.ts';
import { Fault, isProblem } from '../fault.ts';
import { displayPatient } from '../people/name.ts';
import type { Question } from '../remote/remote.ts';
import type { LookUp } from '../remote/shapes.ts';
import { type Founding, found, invite, linkPatient, start } from '../thread/create.ts';
import { relinkPatient } from '../thread/members.ts';
import { mayWrite } from '../thread/rotate.ts';
import type { Thread } from '../thread/thread.ts';
import { newUuid } from '../uuid.ts';
import type { Ward } from '../ward.ts';
import { learnWords } from '../words.ts';
import { namesakesAmong } from './namesakes.ts';
import { isSame, numbersOf, patientCard } from './patient.ts';
import { lookupWords } from './lookupWords.ts';

learnWords(lookupWords);

type Found = { assertion: Bytes; hash: Bytes; content: PatientAssertion; doubtful: boolean };
/** For a thread that is being made, or for one that there is. */
type Kept = Found & ({ founding: Founding } | { thread: ThreadId });

/** The patients of the threads that I am in. */
export type OwnPatients = () => { thread: ThreadId; patient: Patient }[];

export class LookUps {
  readonly #ward: Ward;
  readonly #own: OwnPatients;
  readonly #kept = new Map<LookupId, Kept>();

  constructor(ward: Ward, own: OwnPatients) {
    this.#ward = ward;
    this.#own = own;
  }

  async ask(query: PatientQuery): Promise<PatientAnswer> {
    const founding = await found(this.#ward, { space: 'patient', name: '', addBy: 'member' });
    return this.#ask(query, founding.membership.thread, undefined, (found) => ({ ...found, founding }));
  }

  /** Who the patient of a thread is, known better. */
  async askAgain(query: PatientQuery, thread: Thread): Promise<PatientAnswer> {
    mayWrite(thread);
    const former = thread.state?.assertion?.assertion;
    if (!former || !thread.patient) throw new Fault('identity_missing');
    return this.#ask(query, thread.bytes, { thread, former }, (found) => ({ ...found, thread: thread.id }));
  }

  async #ask(query: PatientQuery, bytes: Bytes, again: Again | undefined, keep: (found: Found) => Kept) {
    let answer: LookUp;
    try {
      answer = await this.#ward.remote.patients.lookUp(questionOf(query, base64url(bytes), again?.former));
    } catch (thrown) {
      for (const [code, outcome] of refusals) if (isProblem(thrown, code)) return { outcome };
      if (isProblem(thrown, 'not_linked', 'already_linked')) throw new Fault('link_moved');
      throw thrown;
    }
    if (answer.outcome === 'mismatch')
      return { outcome: 'no-match' as const, compared: compare(query, answer, undefined) };
    if (!answer.assertion) throw new Fault('answer_unreadable');
    const { assertion: content, hash } = await verifyAssertion(answer.assertion, this.#ward.trust.chain, bytes);
    const typed = query.nhsNumber ? 'nhs-number' : 'hospital-number';
    if (content.identifiedBy !== typed) throw new Fault('answer_unreadable');
    const present = again?.thread.membership?.links.at(-1)?.assertion ?? bytesOf(32);
    if (!equal(content.continues, present)) throw new Fault('link_moved');
    if (!answers(query, content, again !== undefined)) throw new Fault('answer_unreadable');
    if (again?.thread.patient) samePatient(again.thread.patient, content);
    return this.#matched(query, answer, { assertion: answer.assertion, hash, content }, again?.thread.id, keep);
  }

  /** The numbers of the patient who was found. */
  numbersOf(lookup: LookupId): string[] {
    const kept = this.#kept.get(lookup);
    if (!kept) throw new Fault('lookup_missing');
    return numbersOf([kept.content]);
  }

  /** Starts the thread of a look-up. */
  async start(arg: {
    lookup: LookupId;
    name: string;
    people: PersonId[];
    reason: AddReason;
    wristbandChecked: boolean;
  }): Promise<ThreadId> {
    const kept = this.#take(arg);
    if (!('founding' in kept)) throw new Fault('lookup_missing');
    // The first try may have failed half-way: each starts from the bare create entry.
    const { founding, content, hash, assertion } = kept;
    const thread: Founding = { ...founding, entries: [] };
    await invite(this.#ward, thread, arg.people, arg.reason);
    await linkPatient(this.#ward, thread, { tag: content.tag, assertion: hash });
    const made = await start(this.#ward, thread, { name: shorten(arg.name), assertion: { assertion } });
    this.#kept.delete(arg.lookup);
    return made;
  }

  /** Links a thread to what was found out. */
  async relink(thread: Thread, arg: { lookup: LookupId; wristbandChecked: boolean }): Promise<void> {
    const kept = this.#take(arg);
    if (!('thread' in kept) || kept.thread !== thread.id) throw new Fault('lookup_missing');
    await relinkTo(thread, kept);
    this.#kept.delete(arg.lookup);
  }

  #take({ lookup, wristbandChecked }: { lookup: LookupId; wristbandChecked: boolean }): Kept {
    const kept = this.#kept.get(lookup);
    if (!kept || this.#ward.now() > kept.content.expires) throw new Fault('lookup_missing');
    if (kept.doubtful && !wristbandChecked) throw new Fault('wristband_needed');
    return kept;
  }

  #matched(
    query: PatientQuery,
    answer: LookUp,
    found: Omit<Found, 'doubtful'>,
    thread: ThreadId | undefined,
    keep: (found: Found) => Kept,
  ): PatientAnswer {
    const { content } = found;
    const patient = patientCard(content);
    const own = this.#own().filter((each) => each.thread !== thread);
    const existing = own.find((each) => isSame(each.patient, patient));
    const others = own.filter((each) => each !== existing).map((each) => each.patient);
    const fromIndex = answer.namesakes.map((each): Namesake => {
      const { name, lastFour, hospitalLastFour } = each;
      const differs = each.differs.flatMap((part) => differences[part] ?? []);
      return { name, differs, lastFour, hospitalLastFour, source: 'index' };
    });
    const namesakes = [
      ...fromIndex,
      ...namesakesAmong(patient, others).filter((own) => !fromIndex.some((each) => isOneNamesake(each, own))),
    ];
    const disagrees = answer.disagrees.map((each) => (each === 'name' ? 'name' : 'born'));
    const lookup = newUuid(this.#ward.now());
    this.#kept.set(lookup, keep({ ...found, doubtful: namesakes.length + disagrees.length > 0 }));
    return {
      outcome: 'match',
      lookup,
      patient,
      compared: compare(query, answer, patient),
      identifiedBy: content.identifiedBy,
      // The number that was typed. One that only the thread has had is no news to whoever typed another.
      ...(content.superseded && content.superseded === query.nhsNumber ? { supersededFrom: content.superseded } : {}),
      namesakes,
      disagrees,
      ...(existing ? { existing: existing.thread } : {}),
    };
  }
}

/** Of one number, as far as both of them have it. */
function isOneNamesake(a: Namesake, b: Namesake): boolean {
  if (a.name !== b.name) return false;
  return a.lastFour && b.lastFour ? a.lastFour === b.lastFour : a.hospitalLastFour === b.hospitalLastFour;
}

type Again = { thread: Thread; former: Bytes };

/** Refusals that say something of the patient. */
const refusals = [
  ['patient_unknown', 'not-found'],
  ['patient_invalidated', 'invalidated'],
  ['identity_known', 'known'],
  ['identity_temporary', 'temporary'],
  ['another_patient', 'another'],
  ['index_unavailable', 'unreachable'],
] as const;

function questionOf(query: PatientQuery, thread: ThreadId, former: Bytes | undefined): Question {
  const { family, given, born, nhsNumber, hospitalNumber, temporary } = query;
  return {
    thread,
    family,
    given,
    ...(born ? { birthDate: born } : {}),
    ...(nhsNumber ? { nhsNumber } : {}),
    ...(hospitalNumber ? { hospitalNumber } : {}),
    ...(temporary ? { temporary } : {}),
    ...(former ? { former } : {}),
  };
}

/** The thread names its patient by this assertion from now on; what it is called stays. */
export async function relinkTo(thread: Thread, found: Omit<Found, 'doubtful'>): Promise<void> {
  const { assertion, hash, content } = found;
  if (thread.patient) samePatient(thread.patient, content);
  const state = { name: thread.state?.name ?? '', assertion: { assertion } };
  await relinkPatient(thread, { tag: content.tag, assertion: hash, continues: content.continues }, state);
}

const differences: Readonly<Record<string, Namesake['differs'][number]>> = {
  'last name': 'family',
  'first name': 'given',
  title: 'title',
  'date of birth': 'born',
  'NHS number': 'nhs-number',
  'hospital number': 'hospital-number',
};

/**
 * Is the assertion of whom was asked for? The name may be another one that they are known by, and the hospital's number that of a record which was
 * merged. `superseded` is the number that the thread had, where there is one, whichever was typed.
 */
function answers(query: PatientQuery, content: PatientAssertion, again: boolean): boolean {
  const { temporary = false, born, nhsNumber = '' } = query;
  const typed = nhsNumber.replace(/\D/g, '');
  const numbers = [content.nhsNumber, content.superseded];
  const number = typed === '' || numbers.includes(typed) || (again && content.superseded !== '');
  return isTemporary(content) === temporary && (temporary || content.birthDate === born) && number;
}

/** What the index holds is told only where everything agreed. */
function compare(query: PatientQuery, { compared }: LookUp, patient: Patient | undefined): Compared[] {
  return compared.map(({ field, equal }): Compared => {
    switch (field) {
      case 'name':
        return told('name', displayPatient(query), equal, patient && displayPatient({ ...patient, title: undefined }));
      case 'birthDate':
        return told('born', query.born ?? '', equal, patient?.born);
      case 'nhsNumber':
        return told('nhs-number', query.nhsNumber ?? '', equal, patient?.nhsNumber);
      case 'hospitalNumber':
        return told('hospital-number', query.hospitalNumber ?? '', equal, patient?.hospitalNumber);
    }
  });
}

function told(what: Compared['what'], asked: string, matches: boolean, found: string | undefined): Compared {
  return { what, asked, matches, ...(matches && found ? { found } : {}) };
}

/** The private name has at most 200 bytes. */
function shorten(name: string): string {
  let text = nfc(name.trim());
  while (utf8(text).length > 200) text = text.slice(0, -1);
  return text;
}
