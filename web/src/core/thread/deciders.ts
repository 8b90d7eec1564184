/**
 * Who decided what, and how much of it, for when the originals are gone (R20). The one who marks a decision need not be the one whose words were decided, and
 * what a decision was made of goes with its originals: so whoever reads it remembers its authors, and nothing of what they wrote.
 *
 * A device that never read the decision can only tell when everything that went with it was written by one person. Nor can it tell
 * whether the decision had words of its own, and so how many messages of people were in the document.
 */
import { type Bytes, equal, hex } from '../../crypto/bytes.ts';
import { uuidText } from '../../crypto/names.ts';
import { decisionOf, referred } from './content.ts';
import type { MessageEntry, TombstoneEntry } from './log.ts';
import type { Thread } from './thread.ts';

/** The authors of the words that make up a decision, in the order of the thread; also of words that are gone already. */
export function decidersOf(thread: Thread, entry: MessageEntry): Bytes[] {
  const inner = decisionOf(thread, entry);
  if (!inner) return [];
  const statements = inner.statements
    .flatMap((reference) => referred(thread, reference) ?? [])
    .filter(({ seq }) => seq < entry.seq)
    .sort((a, b) => a.seq - b.seq)
    .map(authorOf);
  return distinct(inner.text === '' ? statements : [...statements, entry.header.person]);
}

/** Who decided what is gone now; `undefined` when nobody can tell any more. */
export function decidersOfGone(thread: Thread, entry: TombstoneEntry): readonly Bytes[] | undefined {
  const { message, filing: name, person } = entry.tombstone;
  const remembered = thread.decided.get(uuidText(message));
  if (remembered) return remembered.by;
  const filing = thread.filings.get(uuidText(name));
  if (!filing) return undefined;
  // Among everything that was filed are the words that were decided, whichever they were.
  const sources = filing.sources.map((id) => thread.log.message(id));
  const all = sources.every((source) => source && equal(authorOf(source), person));
  return all && goneWith(thread, name).every((each) => equal(authorOf(each), person)) ? [person] : undefined;
}

/** The same in words. */
export function namesOfDeciders(thread: Thread, entry: TombstoneEntry): string | undefined {
  const names = decidersOfGone(thread, entry)?.map((person) => thread.ward.people.card(person).name);
  return names && [names.slice(0, -1).join(', '), names.at(-1)].filter(Boolean).join(' and ');
}

/**
 * How many messages of people the document holds: the same number as in its preview and in itself. The decision goes with them and is
 * no message of its own unless it has words.
 */
export function messagesFiled(thread: Thread, { tombstone }: TombstoneEntry): number | undefined {
  const filing = thread.filings.get(uuidText(tombstone.filing));
  const gone = filing ? filing.sources.length : goneWith(thread, tombstone.filing).length;
  // Nothing but the decision: then the words were its own.
  if (gone === 1) return 1;
  const worded = thread.decided.get(uuidText(tombstone.message))?.worded;
  return worded === undefined ? undefined : gone - (worded ? 0 : 1);
}

/** Everything that was destroyed after one filing. */
function goneWith(thread: Thread, filing: Bytes): TombstoneEntry[] {
  return [...thread.log.from(1)].filter(
    (entry): entry is TombstoneEntry => entry.kind === 'tombstone' && equal(entry.tombstone.filing, filing),
  );
}

const authorOf = (entry: MessageEntry | TombstoneEntry): Bytes =>
  entry.kind === 'message' ? entry.header.person : entry.tombstone.person;

const distinct = (people: Bytes[]): Bytes[] => [...new Map(people.map((person) => [hex(person), person])).values()];
