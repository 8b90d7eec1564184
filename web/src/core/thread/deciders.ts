/**
 * Who decided what, for when the originals are gone (R20). The one who marks a decision need not be the one whose words were decided, and
 * what a decision was made of goes with its originals: so whoever reads it remembers its authors, and nothing of what they wrote.
 *
 * A device that never read the decision can only tell when everything that went with it was written by one person.
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
  const remembered = thread.deciders.get(uuidText(message));
  if (remembered) return remembered;
  const filing = thread.filings.get(uuidText(name));
  if (!filing) return undefined;
  // Among everything that was filed are the words that were decided, whichever they were.
  const sources = filing.sources.map((id) => thread.log.message(id));
  const all = sources.every((source) => source && equal(authorOf(source), person));
  return all && goneWith(thread, name).every((each) => equal(authorOf(each), person)) ? [person] : undefined;
}

/** Everything that was destroyed after one filing. */
export function goneWith(thread: Thread, filing: Bytes): TombstoneEntry[] {
  return [...thread.log.from(1)].filter(
    (entry): entry is TombstoneEntry => entry.kind === 'tombstone' && equal(entry.tombstone.filing, filing),
  );
}

const authorOf = (entry: MessageEntry | TombstoneEntry): Bytes =>
  entry.kind === 'message' ? entry.header.person : entry.tombstone.person;

const distinct = (people: Bytes[]): Bytes[] => [...new Map(people.map((person) => [hex(person), person])).values()];
