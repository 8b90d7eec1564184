/**
 * Finding out who a patient is (R11): three identifiers against the index, for a thread whose id is known before it exists. Only a full
 * match gives an assertion, and with it a thread can be started.
 */
import { type Bytes, utf8 } from '../../crypto/bytes.ts';
import { nfc } from '../../crypto/layout.ts';
import type { PatientAssertion } from '../../crypto/layouts/patient.ts';
import { verifyAssertion } from '../../crypto/patient.ts';
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
import type { LookUp } from '../remote/shapes.ts';
import { type Founding, found, idOf, invite, linkPatient, start } from '../thread/create.ts';
import { newUuid } from '../uuid.ts';
import type { Ward } from '../ward.ts';
import { namesakesAmong, patientCard } from './patient.ts';

type Kept = { founding: Founding; assertion: Bytes; hash: Bytes; content: PatientAssertion; namesakes: number };

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
    const { family, given, born, nhsNumber } = query;
    let answer: LookUp;
    try {
      const question = { thread: idOf(founding), family, given, nhsNumber, birthDate: born };
      answer = await this.#ward.remote.patients.lookUp(question);
    } catch (thrown) {
      if (isProblem(thrown, 'patient_unknown')) return { outcome: 'not-found' };
      if (isProblem(thrown, 'patient_invalidated')) return { outcome: 'invalidated' };
      if (isProblem(thrown, 'index_unavailable')) return { outcome: 'unreachable' };
      throw thrown;
    }
    if (answer.outcome === 'mismatch') return { outcome: 'no-match', compared: compare(query, answer, undefined) };
    if (!answer.assertion) throw new Fault('answer_unreadable');
    return this.#matched(query, answer, founding, answer.assertion);
  }

  /** Starts the thread of a look-up. */
  async start(arg: {
    lookup: LookupId;
    name: string;
    people: PersonId[];
    reason: AddReason;
    wristbandChecked: boolean;
  }): Promise<ThreadId> {
    const kept = this.#kept.get(arg.lookup);
    if (!kept || this.#ward.now() > kept.content.expires) throw new Fault('lookup_missing');
    if (kept.namesakes > 0 && !arg.wristbandChecked) throw new Fault('wristband_needed');
    // The first try may have failed half-way: each starts from the bare create entry.
    const { founding, content, hash, assertion } = kept;
    const thread: Founding = { ...founding, entries: [] };
    await invite(this.#ward, thread, arg.people, arg.reason);
    await linkPatient(this.#ward, thread, { tag: content.tag, assertion: hash });
    const made = await start(this.#ward, thread, { name: shorten(arg.name), assertion: { assertion } });
    this.#kept.delete(arg.lookup);
    return made;
  }

  async #matched(query: PatientQuery, answer: LookUp, founding: Founding, assertion: Bytes): Promise<PatientAnswer> {
    const { trust, now } = this.#ward;
    const verified = await verifyAssertion(assertion, trust.chain, founding.membership.thread);
    const content = verified.assertion;
    const patient = patientCard(content);
    const own = this.#own();
    const existing = own.find((each) => each.patient.nhsNumber === content.nhsNumber && content.nhsNumber !== '');
    const others = own.filter((each) => each !== existing).map((each) => each.patient);
    const fromIndex = answer.namesakes.map(({ name, differs, lastFour }): Namesake => {
      return { name, differs: differs.flatMap((each) => differences[each] ?? []), lastFour, source: 'index' };
    });
    const known = new Set(fromIndex.map(({ name, lastFour }) => `${name} ${lastFour}`));
    const namesakes = [
      ...fromIndex,
      ...namesakesAmong(patient, others).filter(({ name, lastFour }) => !known.has(`${name} ${lastFour}`)),
    ];
    const lookup = newUuid(now());
    this.#kept.set(lookup, { founding, assertion, hash: verified.hash, content, namesakes: namesakes.length });
    return {
      outcome: 'match',
      lookup,
      patient,
      compared: compare(query, answer, patient),
      ...(content.superseded ? { supersededFrom: content.superseded } : {}),
      namesakes,
      ...(existing ? { existing: existing.thread } : {}),
    };
  }
}

const differences: Readonly<Record<string, Namesake['differs'][number]>> = {
  'last name': 'family',
  'first name': 'given',
  title: 'title',
  'date of birth': 'born',
  'NHS number': 'nhs-number',
};

/** What the index holds is told only where everything agreed. */
function compare(query: PatientQuery, { compared }: LookUp, patient: Patient | undefined): Compared[] {
  return compared.map(({ field, equal }): Compared => {
    switch (field) {
      case 'name':
        return told('name', displayPatient(query), equal, patient && displayPatient({ ...patient, title: undefined }));
      case 'birthDate':
        return told('born', query.born, equal, patient?.born);
      case 'nhsNumber':
        return told('nhs-number', query.nhsNumber, equal, patient?.nhsNumber);
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
