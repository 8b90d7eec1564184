/**
 * Whether a patient's identity still stands in the record: numbers are replaced, records put together, and unknown patients found out while a
 * thread goes on. It is asked in the background before somebody decides or files, and by hand; it stops nobody.
 */
import { type Bytes, equal } from '../../crypto/bytes.ts';
import type { PatientAssertion } from '../../crypto/layouts/patient.ts';
import { base64url } from '../../crypto/names.ts';
import { samePatient, verifyAssertion } from '../../crypto/patient.ts';
import type { PatientStanding } from '../contract.ts';
import { Fault, isProblem } from '../fault.ts';
import { sameName } from '../people/name.ts';
import type { Thread } from '../thread/thread.ts';
import { relinkTo } from './lookup.ts';

/** Once in a duty is enough. */
const duty = 12 * 3_600_000;

type Newer = { assertion: Bytes; hash: Bytes; content: PatientAssertion };

export class Standings {
  readonly #asking = new Map<string, Promise<unknown>>();

  /** In the background when it is due, or because somebody wants to know. */
  async check(thread: Thread, whenDue: boolean): Promise<void> {
    if (whenDue && !isDue(thread)) return;
    const asking = this.#asking.get(thread.id) ?? ask(thread).finally(() => this.#asking.delete(thread.id));
    this.#asking.set(thread.id, asking);
    await asking;
  }

  /** Takes the number that took the place of the thread's. */
  async updateNumber(thread: Thread): Promise<void> {
    const newer = await ask(thread);
    if (!newer) throw new Fault('standing_changed');
    await relinkTo(thread, newer);
  }
}

function isDue({ standing, patient, ward, readOnly }: Thread): boolean {
  if (!patient || readOnly) return false;
  return ward.now() - Math.max(patient.issued, standing?.at ?? 0) >= duty;
}

/** Asks, remembers what was said, and gives the assertion that takes the place of the present one where there is one. */
async function ask(thread: Thread): Promise<Newer | undefined> {
  const { ward, patient, state } = thread;
  const link = thread.membership?.links.at(-1);
  const present = state?.assertion?.assertion;
  if (!patient || !present || !link) throw new Fault('not_linked');
  const { compared, disagrees, ...answer } = await ward.remote.patients.check(thread.id, present).catch(moved);
  const { assertion } = answer;
  const newer = assertion && (await newerThan(thread, patient, link.assertion, assertion));
  // Two sources that differ, or a new number with another name or day of birth, whatever the server says: somebody has to compare.
  const doubts = [...disagrees, ...(newer ? unlikeIn(patient, newer.content) : [])];
  const outcome = answer.outcome === 'superseded' && doubts.length > 0 ? 'changed' : answer.outcome;
  if (outcome === 'superseded' && !newer) throw new Fault('answer_unreadable');
  const unlike = compared.flatMap(({ field, equal: same }) => (same ? [] : [field]));
  const differs = [...new Set([...unlike, ...doubts].flatMap((field) => words[field] ?? []))];
  const said: PatientStanding =
    outcome === 'superseded' && newer
      ? { outcome, nhsNumber: newer.content.nhsNumber, was: patient.nhsNumber }
      : outcome === 'changed'
        ? { outcome, differs }
        : { outcome: outcome as 'current' | 'identified' | 'gone' };
  thread.learnStanding({ said, of: base64url(link.assertion), at: ward.now() });
  return outcome === 'superseded' ? newer : undefined;
}

function moved(thrown: unknown): never {
  if (isProblem(thrown, 'not_linked')) throw new Fault('link_moved');
  throw thrown;
}

const words: Readonly<Record<string, 'name' | 'born'>> = { name: 'name', birthDate: 'born' };

function unlikeIn(former: PatientAssertion, next: PatientAssertion): ('name' | 'birthDate')[] {
  return [
    ...(sameName(former, next) ? [] : ['name' as const]),
    ...(former.birthDate === next.birthDate ? [] : ['birthDate' as const]),
  ];
}

/** Only another number of the same patient takes the place of the present assertion without anybody comparing anything. */
async function newerThan(thread: Thread, former: PatientAssertion, present: Bytes, signed: Bytes): Promise<Newer> {
  const { assertion: content, hash } = await verifyAssertion(signed, thread.ward.trust.chain, thread.bytes);
  samePatient(former, content);
  const continues = equal(content.continues, present) && content.superseded === former.nhsNumber;
  const compared = content.identifiedBy === former.identifiedBy;
  if (!continues || !compared || former.nhsNumber === '') throw new Fault('answer_unreadable');
  return { assertion: signed, hash, content };
}
