/**
 * R51: what was decided in a thread about the wrong patient has to be decided again about the right one. Each decision is offered in the right
 * patient's thread, one at a time; nothing goes by itself.
 *
 * Invariants:
 * - The words go over as they stand, with author and time, under a line that says where they were said. So whoever reads them, there or in the record,
 *   knows it; and that line is how every device knows that a decision was made again.
 * - What need not be made again is said in the right patient's thread too, by an ordinary message. It has the decision's number and a reason, and none of
 *   its words.
 * - Words go when the record has them, and with them that line. So a device that saw that a decision was made again remembers by which message; and one
 *   that cannot know, because there is something in the right patient's thread whose words are gone, says so: it asks nobody to decide a thing twice.
 * - Nothing that names the other patient goes over: not words with one of their numbers or their name, and not what is typed in their place.
 */
import { equal } from '../../crypto/bytes.ts';
import { MAX_TEXT } from '../../crypto/inner.ts';
import type { PatientAssertion } from '../../crypto/layouts/patient.ts';
import { uuidText } from '../../crypto/names.ts';
import { check } from '../compose/check.ts';
import type { AgainDecision, DecisionId, DecisionsAgain, Statement, ThreadId } from '../contract.ts';
import type { Desk } from '../desk.ts';
import { Fault } from '../fault.ts';
import { isBlank } from '../marks.ts';
import { numbersOf } from '../patient/patient.ts';
import { foldName } from '../people/name.ts';
import { decisionOf, statementEntries, statementOf } from '../thread/content.ts';
import { continuesIn, mayContinue } from '../thread/continued.ts';
import { decisionEntries, readDecisions, recordLines, wrongPatientLabel as label } from '../thread/filings.ts';
import { takenBackBy } from '../thread/life.ts';
import { quarantineIn } from '../thread/quarantine.ts';
import type { MessageEntry } from '../thread/log.ts';
import { mayWrite } from '../thread/rotate.ts';
import type { Thread } from '../thread/thread.ts';
import { learnWords } from '../words.ts';
import { localDay, localHour } from './document.ts';

learnWords({
  names_other_patient: {
    message: 'That names the patient of the other conversation.',
    hint: 'Write it without their name and numbers.',
  },
  made_again: { message: 'This decision has been made again already.', hint: 'Look at it in the thread.' },
  reason_missing: { message: 'There is no reason.', hint: 'Say shortly why.' },
  passed_over: {
    message: 'Somebody has said already that this need not be made again.',
    hint: 'Look at it in the thread.',
  },
});

type Pair = { from: Thread; to: Thread | undefined };

export class Again {
  readonly #desk: Desk;

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  async list(id: ThreadId): Promise<DecisionsAgain | undefined> {
    const pair = this.#pair(this.#desk.threads.need(id));
    if (!pair) return undefined;
    const { from, to } = pair;
    await readWhole(from);
    const decided = to ? await this.#decidedIn(to) : [];
    const passed = to ? await this.#passedIn(to) : new Map<string, Passed>();
    const decisions = [...decisionsIn(from), ...goneFrom(from)].sort((a, b) => a.at - b.at);
    const told = markDone(
      decisions.map((each) => whatGoes(each, from, to)),
      decided,
    ).map(({ made, ...each }) => {
      const over = each.done ? undefined : passed.get(numberOf(each.decision));
      if (made?.key ?? over?.key)
        from.rememberAgain(each.decision, { by: made?.key ?? over?.key ?? '', passed: !made });
      if (!over) return each;
      return { ...each, done: true, passed: { by: over.by, at: over.at, why: over.why } };
    });
    return {
      from: from.id,
      ...(to ? { to: to.id, decisions: told.map(rememberedIn(from, to)) } : { decisions: told }),
    };
  }

  async decide(id: ThreadId, decision: DecisionId, text: string, compared: boolean): Promise<{ key: string }> {
    const to = this.#desk.threads.need(id);
    const listed = await this.list(id);
    const found = listed?.to === id ? listed.decisions.find((each) => each.decision === decision) : undefined;
    if (!listed || !found) throw new Fault('decision_unknown');
    // Whoever passed it over may have been wrong.
    if (found.done && !found.passed) throw new Fault('made_again');
    if (!compared) throw new Fault('patient_unconfirmed');
    const other = this.#desk.threads.get(listed.from)?.patient;
    if (found.own) {
      if (isBlank(text)) throw new Fault('decision_empty');
      if (other && namesOther(text, other, to.patient)) throw new Fault('names_other_patient');
    }
    return this.#desk.markDecision(id, { text: textOf(found, text.trim()), messages: [] }, true);
  }

  async pass(id: ThreadId, decision: DecisionId, why: string): Promise<{ key: string }> {
    const to = this.#desk.threads.need(id);
    mayWrite(to);
    const listed = await this.list(id);
    const found = listed?.to === id ? listed.decisions.find((each) => each.decision === decision) : undefined;
    if (!listed || !found) throw new Fault('decision_unknown');
    if (found.done) throw new Fault(found.passed ? 'passed_over' : 'made_again');
    const reason = why.trim().replaceAll(/\s+/gu, ' ');
    if (isBlank(reason)) throw new Fault('reason_missing');
    if (Array.from(reason).length > maxReason) throw new Fault('text_too_long');
    const other = this.#desk.threads.get(listed.from)?.patient;
    if (other && namesOther(reason, other, to.patient)) throw new Fault('names_other_patient');
    const text = `${passedOver(found)}${reason}`;
    await this.#desk.insistClean(to, text);
    // Not as what is typed below the thread is sent: a draft that waits there stays.
    const { id: key } = await this.#desk.outbox.queue(id, { kind: 'text', text });
    return { key };
  }

  /** The thread about the wrong patient, and the one that goes on from it, whichever is asked about. */
  #pair(thread: Thread): Pair | undefined {
    const { threads, ward } = this.#desk;
    if (thread.left) return undefined;
    if (quarantineIn(thread)) {
      const to = thread.goesOn && threads.get(thread.goesOn.thread);
      return { from: thread, to: to?.membership && !to.left ? to : undefined };
    }
    for (const { from: id, author } of continuesIn(ward, thread)) {
      const from = threads.get(id);
      if (from?.membership && !from.left && quarantineIn(from) && mayContinue(from, thread, author))
        return { from, to: thread };
    }
    return undefined;
  }

  /** The words of every decision that was made there, those that have not gone yet among them. */
  async #decidedIn(to: Thread): Promise<Made[]> {
    await readDecisions(to);
    const there: Made[] = decisionEntries(to)
      .filter((entry) => !takenBackBy(to, uuidText(entry.header.message)))
      .map((entry) => ({ key: uuidText(entry.header.message), text: decisionOf(to, entry)?.text ?? '' }));
    const waiting = this.#desk.outbox
      .of(to.id)
      .map(({ inner, failed }) => ({ text: inner.kind === 'decision' && !failed ? inner.text : '' }));
    return [...there, ...waiting].filter(({ text }) => text.includes(label));
  }

  /** By their numbers, those of which somebody said that they need not be made again; the first word of it counts. */
  async #passedIn(to: Thread): Promise<Map<string, Passed>> {
    const { ward } = to;
    const said = textEntries(to);
    await Promise.all(said.map((entry) => to.reading.read(entry)));
    const there = said.flatMap((entry) => {
      const words = statementOf(to, entry);
      return words ? [{ key: words.id, by: words.author.name, at: words.at, text: words.text }] : [];
    });
    const waiting = this.#desk.outbox
      .of(to.id)
      .flatMap(({ inner, failed }) =>
        inner.kind === 'text' && !failed
          ? [{ key: '', by: ward.people.card(ward.me.person).name, at: ward.now(), text: inner.text }]
          : [],
      );
    const passed = new Map<string, Passed>();
    for (const { text, ...said } of [...there, ...waiting]) {
      const [, number, why] = passedLine.exec(text) ?? [];
      if (number && why && !passed.has(number)) passed.set(number, { ...said, why });
    }
    return passed;
  }
}

/** `key`: of the message, empty while it waits here. */
type Passed = NonNullable<AgainDecision['passed']> & { key: string };

/** A decision that was made again, and by which message; without one while it waits here. */
type Made = { key?: string; text: string };

/** What was made again, or passed over, and whose words have gone since; and what may have been, where nobody here can tell. */
function rememberedIn(from: Thread, to: Thread): (each: AgainDecision) => AgainDecision {
  const known = new Set([...from.madeAgain.values()].map(({ by }) => by));
  const unsure = recordLines(to).some(({ key, state }) => state === 'deleted' && !known.has(key));
  return (each) => {
    if (each.done) return each;
    const before = from.madeAgain.get(each.decision);
    const gone = before && to.log.message(before.by);
    if (before && gone?.kind === 'tombstone') {
      if (!before.passed) return { ...each, done: true };
      const by = to.ward.people.card(gone.tombstone.person).name;
      return { ...each, done: true, passed: { by, at: gone.at, why: 'the reason has been deleted' } };
    }
    return unsure ? { ...each, unsure: true } : each;
  };
}

function textEntries(thread: Thread): MessageEntry[] {
  const { frozen } = thread.records;
  return [...thread.log.from(1)].filter(
    (entry): entry is MessageEntry =>
      entry.kind === 'message' && entry.header.kind === 'text' && (!frozen || entry.seq < frozen.seq),
  );
}

async function readWhole(from: Thread): Promise<void> {
  await readDecisions(from);
  const entries = decisionEntries(from).flatMap((entry) => statementEntries(from, entry));
  await Promise.all(entries.map((entry) => from.reading.read(entry)));
}

type Found = Pick<AgainDecision, 'decision' | 'at' | 'by' | 'statements'>;

/** Those that stood: neither taken back nor put right by a later one, which then stands for both. */
function decisionsIn(from: Thread): Found[] {
  const standing = decisionEntries(from).filter((entry) => !takenBackBy(from, uuidText(entry.header.message)));
  const corrected = new Set(standing.map((entry) => decisionOf(from, entry)?.corrects?.message));
  return standing.flatMap((entry) => {
    const decision = uuidText(entry.header.message);
    if (corrected.has(decision)) return [];
    const wanted = statementEntries(from, entry);
    const statements = wanted.flatMap((each) => statementOf(from, each) ?? []);
    const by = statements[0]?.author ?? from.ward.people.card(entry.header.person);
    return [{ decision, at: entry.at, by: by.name, statements: statements.length < wanted.length ? [] : statements }];
  });
}

/** Filed, and the originals deleted before anybody saw that it was the wrong patient. */
function goneFrom(from: Thread): Found[] {
  return recordLines(from).flatMap(({ key, at, by, state }) =>
    state === 'deleted' && !takenBackBy(from, key) ? [{ decision: key, at, by, statements: [] }] : [],
  );
}

function whatGoes(found: Found, from: Thread, to: Thread | undefined): AgainDecision {
  const { statements } = found;
  const names = ({ text }: Statement) => from.patient !== null && namesOther(text, from.patient, to?.patient ?? null);
  const own =
    statements.length === 0
      ? 'gone'
      : statements.some(names)
        ? 'names'
        : Array.from(verbatim(statements)).length > MAX_TEXT
          ? 'long'
          : undefined;
  // What must not go over does not leave here either.
  return { ...found, done: false, ...(own ? { own, statements: [] } : {}) };
}

/** Each decision there stands for one here: those with the same words, and those in other words by their number. */
function markDone(decisions: AgainDecision[], there: Made[]): (AgainDecision & { made?: Made })[] {
  const left = [...there];
  const take = (matches: (text: string) => boolean): Made | undefined => {
    const at = left.findIndex(({ text }) => matches(text));
    return at < 0 ? undefined : left.splice(at, 1)[0];
  };
  const asTheyStand = decisions.map(({ own, statements }) =>
    own ? undefined : take((text) => text === verbatim(statements)),
  );
  return decisions.map((each, at) => {
    const made = asTheyStand[at] ?? take((text) => text.startsWith(elsewise(each)));
    return made ? { ...each, done: true, made } : each;
  });
}

const when = (at: number): string => `on ${localDay(at)} at ${localHour(at)}`;

function verbatim(statements: readonly Statement[]): string {
  return statements
    .map(({ author, at, text }) => `Said ${label}, by ${author.name} ${when(at)}:\n${text}`)
    .join('\n\n');
}

const elsewise = ({ decision, by, at }: AgainDecision): string =>
  `Decided ${label}, by ${by} ${when(at)} (number ${numberOf(decision)}); here in other words:\n`;

/** Short enough to be read, and nothing of it comes from a patient. Two decisions of one minute are told apart by it. */
const numberOf = (decision: DecisionId): string => decision.slice(-8);

const passedOver = ({ decision, by, at }: AgainDecision): string =>
  `Not decided again here: what ${by} decided ${when(at)} ${label} (number ${numberOf(decision)}), because: `;

const passedLine = new RegExp(
  `^Not decided again here: what [^\\n]* ${label} \\(number ([0-9a-f]{8})\\), because: (.+)$`,
  'u',
);

const maxReason = 200;

const textOf = (found: AgainDecision, words: string): string =>
  found.own ? `${elsewise(found)}${words}` : verbatim(found.statements);

/**
 * Does a text name the patient of the other thread: by a number that is not this patient's, or by a name that this patient does not have? A name
 * that is also a word is taken for the name: then it is said in own words.
 */
export function namesOther(text: string, other: PatientAssertion, patient: PatientAssertion | null): boolean {
  if (patient && equalPatients(other, patient)) return false;
  if (
    check(text, { space: 'patient', numbers: numbersOf(patient ? [patient] : []) }, 0).some(
      ({ kind }) => kind === 'other-patient',
    )
  )
    return true;
  const said = new Set(foldName(text.replaceAll(possessive, ' ').replaceAll(between, ' ')).split(' '));
  if (other.hospitalNumber && said.has(foldName(other.hospitalNumber))) return true;
  const mine = new Set(wordsOf(patient));
  return wordsOf(other).some((word) => word.length > 1 && !mine.has(word) && said.has(word));
}

const possessive = /['’]s(?![\p{L}\p{Nd}])/giu;
/** What parts words, where a name may be written close to something else. */
const between = /[^\p{L}\p{M}\p{Nd}'’\p{Pd}\s]+/gu;

const wordsOf = (patient: PatientAssertion | null): string[] =>
  patient ? foldName(`${patient.family} ${patient.given}`).split(' ') : [];

const equalPatients = (a: PatientAssertion, b: PatientAssertion): boolean => equal(a.tag, b.tag);
