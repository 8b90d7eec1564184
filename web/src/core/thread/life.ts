/**
 * What people did with a decision beside filing it (R18, R49): taking it back, countersigning it, correcting it, and closing a thread with the answer
 * that nothing in it was decided and not marked.
 *
 * Invariant: that a decision was taken back, or countersigned, or a thread swept, is read from signed acts in the log. The server only adds who has to see
 * to a decision, and until when.
 */
import { type Bytes, equal, hex } from '../../crypto/bytes.ts';
import type { ActInner } from '../../crypto/inner.ts';
import { fromUuidText, uuidText } from '../../crypto/names.ts';
import type { Correction, DecisionItem, DecisionLife, RecordState, ThreadHead } from '../contract.ts';
import { showMarks } from '../marks.ts';
import type { Decision } from '../remote/shapes.ts';
import { decisionOf, isOwn, referred } from './content.ts';
import { filingOf, owedOf } from './filings.ts';
import type { MessageEntry } from './log.ts';
import type { Thread } from './thread.ts';

type Act<K extends ActInner['kind']> = { entry: MessageEntry; inner: Extract<ActInner, { kind: K }> };

const about = ['withdraw', 'countersign'];

/** Reads the acts of a thread, wherever they stand. */
export async function readActs(thread: Thread): Promise<void> {
  await Promise.all(
    messages(thread)
      .filter(({ header }) => about.includes(header.kind) || header.kind === 'sweep')
      .map((entry) => thread.reading.read(entry)),
  );
}

/** The act by which a decision was taken back, by somebody who may: who marked it, who filed it, or who runs the thread. */
export function takenBackBy(thread: Thread, decision: string): Act<'withdraw'> | undefined {
  const marked = thread.log.message(decision);
  const filing = filingOf(thread, decision);
  const may = (person: Bytes): boolean => {
    const marker = marked?.kind === 'message' ? marked.header.person : marked?.tombstone.person;
    const runs = thread.membership?.members.get(hex(person))?.role === 'owner';
    return runs || (marker !== undefined && equal(marker, person)) || filing?.filedBy === uuidText(person);
  };
  return acts(thread, 'withdraw').find(
    ({ entry, inner }) => isAbout(thread, inner.about, decision) && may(entry.header.person),
  );
}

export function takenBackState(thread: Thread, decision: string): RecordState | undefined {
  const act = takenBackBy(thread, decision);
  if (!act) return undefined;
  const { entry, inner } = act;
  const filing = filingOf(thread, decision);
  return {
    state: 'taken-back',
    by: thread.ward.people.card(entry.header.person),
    at: entry.at,
    reason: inner.reason,
    ...(inner.text === undefined ? {} : { note: showMarks(inner.text) }),
    ...(filing?.retraction ? { told: filing.retraction, ...owedOf(thread, filing) } : {}),
    ...(filing?.reference ? { reference: filing.reference } : {}),
  };
}

export function lifeOf(thread: Thread, entry: MessageEntry): Pick<DecisionItem, 'life'> {
  const id = uuidText(entry.header.message);
  const served = thread.lives.get(id);
  if (!served) return {};
  const { people, me } = thread.ward;
  const card = (person: string) => people.card(fromUuidText(person));
  const life: DecisionLife = { owner: card(served.owner), mine: served.owner === me.id, dueAt: served.dueAt };
  if (served.deputy) life.deputy = card(served.deputy);
  if (served.draftedBy && served.draftedBy !== me.id) {
    life.draftedBy = card(served.draftedBy);
    life.draftedAt = served.draftedAt ?? served.changedAt;
  }
  const signed = acts(thread, 'countersign').find(({ inner }) => isAbout(thread, inner.about, id));
  if (served.countersignWanted || served.countersignedBy) {
    life.countersign = {
      ...(served.countersignBy ? { asked: card(served.countersignBy) } : {}),
      askedMe: served.countersignBy === me.id,
      // Only a signed act makes a countersignature; the server says which of them it took.
      ...(signed && served.countersignedBy === uuidText(signed.entry.header.person)
        ? { by: people.card(signed.entry.header.person), at: signed.entry.at }
        : {}),
    };
  }
  const corrects = decisionOf(thread, entry)?.corrects;
  if (corrects) life.corrects = corrects.message;
  if (served.correctedBy) life.correctedBy = served.correctedBy;
  const correction = correctionOf(thread, id);
  if (correction) life.correction = shownCorrection(thread, correction);
  const overtaken = overtakenBy(thread, entry);
  if (overtaken) life.overtaken = overtaken;
  return { life };
}

/**
 * The correction of a decision that stands: the one that is on its way to the record, else the first that was said. None, where the record has one
 * already. As far as the decisions have been read.
 */
export function correctionOf(thread: Thread, decision: string): MessageEntry | undefined {
  if (thread.lives.get(decision)?.correctedBy) return undefined;
  return standing(thread, decision)[0];
}

function standing(thread: Thread, decision: string): MessageEntry[] {
  const idOf = ({ header }: MessageEntry) => uuidText(header.message);
  const found = messages(thread).filter((entry) => {
    if (entry.header.kind !== 'decision') return false;
    const corrects = decisionOf(thread, entry)?.corrects;
    return corrects !== undefined && isAbout(thread, corrects, decision) && !takenBackBy(thread, idOf(entry));
  });
  // What the record was handed, it has been asked about.
  const handed = (entry: MessageEntry) => {
    const state = filingOf(thread, idOf(entry))?.state;
    return state === 'waiting' || state === 'filing' || state === 'received';
  };
  return [...found.filter(handed), ...found.filter((entry) => !handed(entry))];
}

function shownCorrection(thread: Thread, { header, at }: MessageEntry): Correction {
  const by = thread.ward.people.card(header.person);
  return { decision: uuidText(header.message), by, mine: isOwn(thread, header.person), at };
}

/** The other correction of the same decision, which came first. */
function overtakenBy(thread: Thread, entry: MessageEntry): Correction | undefined {
  const corrects = decisionOf(thread, entry)?.corrects;
  if (!corrects || takenBackBy(thread, uuidText(entry.header.message))) return undefined;
  const all = standing(thread, corrects.message);
  const inRecord = thread.lives.get(corrects.message)?.correctedBy;
  const first = all.find(({ header }) => uuidText(header.message) === inRecord) ?? all[0];
  return first && first !== entry ? shownCorrection(thread, first) : undefined;
}

/** What I may do with a decision that has reached the server. */
export function mayDo(thread: Thread, entry: MessageEntry, record: RecordState): NonNullable<DecisionItem['may']> {
  if (thread.readOnly || record.state === 'taken-back') return [];
  const id = uuidText(entry.header.message);
  const filing = filingOf(thread, id);
  const { me } = thread.ward;
  const filed = filing?.filedBy === me.id;
  const mine = isOwn(thread, entry.header.person);
  const served = thread.lives.get(id);
  const correction = correctionOf(thread, id);
  const may: NonNullable<DecisionItem['may']> = [];
  if ((mine || filed || thread.me?.role === 'owner') && record.state !== 'filing') may.push('take-back');
  if ((record.state === 'in' || record.state === 'held') && !served?.correctedBy && !correction) may.push('correct');
  const asked = served?.countersignBy === undefined || served.countersignBy === me.id;
  const open = served?.countersignWanted === true && served.countersignedAt === undefined;
  if (open && asked && !correction && !mine && !filed && filing?.state === 'received') may.push('countersign');
  return may;
}

const decides = ['patient', 'team', 'role', 'direct'];

/** Whether a thread was closed with a signed answer, and nothing was said since. */
export function sweptPart(thread: Thread): Pick<ThreadHead, 'swept' | 'maySweep'> {
  const space = thread.membership?.create.space ?? '';
  const maySweep = decides.includes(space) && !thread.readOnly;
  const spoken = messages(thread).findLast(({ header }) => header.kind !== 'sweep' && header.kind !== 'acknowledge');
  const [last] = acts(thread, 'sweep').slice(-1);
  if (!last || (spoken && spoken.seq > last.entry.seq)) return { maySweep };
  const { person } = last.entry.header;
  const by = thread.ward.people.card(person).name;
  return { maySweep, swept: { by, byMe: isOwn(thread, person), at: last.entry.at } };
}

/** The same without reading anything: the newest word of a thread is the answer. */
export function isClosed(thread: Thread): boolean {
  for (let seq = thread.log.seq; seq > 0; seq--) {
    const entry = thread.log.entry(seq);
    if (entry?.kind === 'tombstone') return false;
    if (entry?.kind !== 'message' || entry.header.kind === 'acknowledge') continue;
    return entry.header.kind === 'sweep';
  }
  return false;
}

/** Acts of mine in the log of which the server does not know yet what they are about. */
export function untold(thread: Thread): { act: string; inner: ActInner }[] {
  const open = (decision: string, done: (life: Decision) => boolean): boolean => {
    const life = thread.lives.get(decision);
    return life !== undefined && !done(life);
  };
  const mine = ({ entry }: { entry: MessageEntry }) => isOwn(thread, entry.header.person);
  const withdrawn = acts(thread, 'withdraw').filter(
    (each) =>
      mine(each) &&
      open(each.inner.about.message, ({ stage }) => stage === 'withdrawn' || stage === 'entered-in-error'),
  );
  const countersigned = acts(thread, 'countersign').filter(
    (each) => mine(each) && open(each.inner.about.message, ({ countersignedBy }) => countersignedBy !== undefined),
  );
  return [...withdrawn, ...countersigned].map(({ entry, inner }) => ({ act: uuidText(entry.header.message), inner }));
}

function acts<K extends ActInner['kind']>(thread: Thread, kind: K): Act<K>[] {
  return messages(thread).flatMap((entry) => {
    if (entry.header.kind !== kind) return [];
    const content = thread.reading.known(entry.seq);
    if (content?.state !== 'open' || content.inner.kind !== kind) return [];
    return [{ entry, inner: content.inner as Act<K>['inner'] }];
  });
}

const isAbout = (thread: Thread, reference: { message: string; entry: string }, decision: string): boolean =>
  reference.message === decision && referred(thread, reference) !== undefined;

function messages(thread: Thread): MessageEntry[] {
  const { frozen } = thread.records;
  return [...thread.log.from(1)].filter(
    (entry): entry is MessageEntry => entry.kind === 'message' && (!frozen || entry.seq < frozen.seq),
  );
}
