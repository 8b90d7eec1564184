/** Where the decisions of a thread stand in the record (R18): only a receipt says "in". */
import { fromUuidText, uuidText } from '../../crypto/names.ts';
import type { Misfiled, RecordLine, RecordState, Statement } from '../contract.ts';
import type { Owed } from '../decisions.ts';
import type { Filing } from '../remote/shapes.ts';
import { decisionOf, statementEntries, statementOf } from './content.ts';
import { decidersOf, namesOfDeciders } from './deciders.ts';
import { mayDo, readActs, takenBackState } from './life.ts';
import type { MessageEntry } from './log.ts';
import { quarantineIn } from './quarantine.ts';
import type { Thread } from './thread.ts';

/**
 * The filing that stands for a decision: what the record has, or may have, else what is on its way there, else the newest. There are several when one
 * was made after another was refused, and each of those may be sent again.
 */
export function filingOf(thread: Thread, decision: string): Filing | undefined {
  const found = [...thread.filings.values()].filter((each) => each.decision === decision);
  return found.sort((a, b) => weight(b) - weight(a) || b.filedAt - a.filedAt || (a.filing < b.filing ? 1 : -1))[0];
}

function weight({ state, retraction }: Filing): number {
  if (state === 'received' || retraction) return 2;
  return state === 'waiting' || state === 'filing' ? 1 : 0;
}

/** Does nothing become of its decisions any more, unless somebody adds to the log? */
export function isSettled(thread: Thread): boolean {
  const filed = new Set([...thread.filings.values()].map(({ decision }) => decision));
  const final = [...filed].every((decision) => {
    const { state, retraction, destroyedAt } = filingOf(thread, decision) ?? {};
    return state === 'stopped' || (retraction ? retraction === 'retracted' : destroyedAt !== undefined);
  });
  const signed = [...thread.lives.values()].every((life) => !life.countersignWanted || life.countersignedAt);
  return final && signed && candidates(thread).every((entry) => isFinal(thread, uuidText(entry.header.message), filed));
}

const isFinal = (thread: Thread, decision: string, filed: ReadonlySet<string>): boolean =>
  filed.has(decision) || ['stopped', 'taken-back'].includes(recordStateOf(thread, decision).state);

/** The record has it, also where its originals are gone. */
export function isRecorded(thread: Thread, decision: string): boolean {
  return thread.log.message(decision)?.kind === 'tombstone' || filingOf(thread, decision)?.state === 'received';
}

export function recordStateOf(thread: Thread, decision: string): RecordState {
  const takenBack = takenBackState(thread, decision);
  if (takenBack) return takenBack;
  const filing = filingOf(thread, decision);
  if (!filing) return unfiled(thread, decision);
  const by = thread.ward.people.card(fromUuidText(filing.filedBy));
  const { filedAt, reason, reference = '', receivedAt = filedAt, eligibleAt, held } = filing;
  const inError = inErrorOf(thread, filing);
  if (inError) return { state: 'in-error', by, at: receivedAt, reference, ...inError };
  switch (filing.state) {
    case 'stopped':
      return { state: 'stopped', by, at: filedAt };
    case 'waiting':
    case 'filing':
      return { state: 'filing', by, since: filedAt, ...(reason ? { trouble: reason } : {}) };
    case 'received':
      if (held) return { state: 'held', by, at: receivedAt, reference };
      return { state: 'in', by, at: receivedAt, reference, ...(eligibleAt ? { deleteAt: eligibleAt } : {}) };
    case 'failed':
      return {
        state: 'failed',
        by,
        at: filedAt,
        reason: reason || 'The record holds something else than what was filed.',
        misfiled: misfiledAs(filing),
      };
    case 'refused':
      return { state: 'failed', by, at: filedAt, reason: reason || 'The record did not take it and gave no reason.' };
  }
}

/** What was decided about the wrong patient goes to no record any more. */
function unfiled(thread: Thread, decision: string): RecordState {
  const entry = thread.log.message(decision);
  if (entry?.kind !== 'message' || !quarantineIn(thread)) return { state: 'none' };
  return { state: 'stopped', by: thread.ward.people.card(entry.header.person), at: entry.at };
}

function inErrorOf(thread: Thread, filing: Filing): ({ done: boolean; byHand: boolean } & Owed) | undefined {
  const { retraction } = filing;
  if (!retraction) return undefined;
  return { done: retraction === 'retracted', byHand: retraction !== 'retracting', ...owedOf(thread, filing) };
}

/** What the record said when it would not mark it, and whether I may have it told: the server needs a member's word for whose record it is. */
export function owedOf(thread: Thread, { retraction, reason }: Filing): Owed {
  if (retraction !== 'owed' && retraction !== 'refused') return {};
  const may = !thread.left && thread.mayPost && thread.state?.assertion;
  return {
    ...(retraction === 'refused' && reason ? { why: reason } : {}),
    ...(may ? { mayTell: retraction === 'refused' ? ('again' as const) : ('first' as const) } : {}),
  };
}

function misfiledAs({ filing, code }: Filing): Misfiled {
  return { how: code === 'record_other_patient' ? 'other-patient' : 'otherwise', reference: filing };
}

/** The messages that are decisions and can be read, oldest first. */
export function decisionEntries(thread: Thread): MessageEntry[] {
  return candidates(thread).filter((entry) => decisionOf(thread, entry) !== undefined);
}

/** Reads every decision of the thread and the words that it begins with, wherever they stand. */
export async function readDecisions(thread: Thread): Promise<void> {
  const entries = candidates(thread);
  await Promise.all([...entries.map((entry) => thread.reading.read(entry)), readActs(thread)]);
  await Promise.all(
    entries.flatMap((entry) => statementEntries(thread, entry).slice(0, 1)).map((entry) => thread.reading.read(entry)),
  );
  for (const entry of entries) {
    const inner = decisionOf(thread, entry);
    if (inner) {
      const decided = { by: decidersOf(thread, entry), worded: inner.text !== '' };
      thread.rememberDecided(uuidText(entry.header.message), decided);
    }
  }
}

/** Does anything of this thread go to a record, or went there? */
export function hasDecisions(thread: Thread): boolean {
  for (const entry of thread.log.from(1)) {
    if (entry.kind === 'tombstone' || (entry.kind === 'message' && entry.header.kind === 'decision')) return true;
  }
  return false;
}

const decisionKind = 2;
/** More of a decision's words than a line of the details shows. */
const beginning = 120;

/** Every decision of the thread, those that have been deleted included. */
export function recordLines(thread: Thread): RecordLine[] {
  const lines: RecordLine[] = decisionEntries(thread).map((entry) => lineOf(thread, entry));
  for (const entry of thread.log.from(1)) {
    if (entry.kind !== 'tombstone' || entry.tombstone.kind !== decisionKind || entry.tombstone.reason !== 'filed')
      continue;
    const by = namesOfDeciders(thread, entry) ?? thread.ward.people.card(entry.tombstone.person).name;
    lines.push({ key: uuidText(entry.tombstone.message), order: entry.seq, at: entry.at, state: 'deleted', by });
  }
  return lines.sort((a, b) => a.order - b.order);
}

function lineOf(thread: Thread, entry: MessageEntry): RecordLine {
  const { people } = thread.ward;
  const key = uuidText(entry.header.message);
  const record = recordStateOf(thread, key);
  const words = firstWords(thread, entry);
  return {
    key,
    order: entry.seq,
    at: entry.at,
    state: record.state,
    by: words?.author.name ?? people.card(entry.header.person).name,
    ...(words ? { words: words.text } : {}),
    ...(mayDo(thread, entry, record).includes('correct') ? { mayCorrect: true } : {}),
    ...(record.state === 'failed' && record.misfiled ? { misfiled: record.misfiled } : {}),
  };
}

/** What stands over words that were said about the wrong patient and decided again (R51). */
export const wrongPatientLabel = 'in a conversation that was linked to the wrong patient';
const againLine = new RegExp(`^(?:Said|Decided) ${wrongPatientLabel}, by [^\\n]*:\\n`);

/** How a decision begins, as far as it has been read. */
export function firstWords(thread: Thread, entry: MessageEntry): Statement | undefined {
  const [first] = statementEntries(thread, entry);
  const words = first && statementOf(thread, first);
  return words && { ...words, text: Array.from(words.text.replace(againLine, '').trim()).slice(0, beginning).join('') };
}

function candidates(thread: Thread): MessageEntry[] {
  const { frozen } = thread.records;
  return [...thread.log.from(1)].filter(
    (entry): entry is MessageEntry =>
      entry.kind === 'message' && entry.header.kind === 'decision' && (!frozen || entry.seq < frozen.seq),
  );
}
