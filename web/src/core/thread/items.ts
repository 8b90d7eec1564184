/**
 * From the verified log to what is drawn: messages, decisions, system lines, and what is left of what was destroyed.
 *
 * `prepare` reads what a stretch of the log needs, also what it refers to elsewhere; `itemAt` then says what stands at one place, without
 * waiting. An entry that shows nothing (a source that went into a tombstone, words that were not given to me) has no item.
 */
import { type Bytes, hex } from '../../crypto/bytes.ts';
import { type Reference, referencesIn } from '../../crypto/inner.ts';
import { fromUuidText, uuidText } from '../../crypto/names.ts';
import type { SystemItem, TimelineItem, TombstoneItem } from '../contract.ts';
import { showMarks } from '../marks.ts';
import { backgroundEntries, formItem, isOwn, quoteOf, referred, statementEntries, statementOf } from './content.ts';
import { decidersOfGone, messagesFiled, namesOfDeciders } from './deciders.ts';
import { deliveryOf } from './delivery.ts';
import { recordStateOf } from './filings.ts';
import { lifeOf, mayDo } from './life.ts';
import type { Entry, MessageEntry, TombstoneEntry } from './log.ts';
import { actEvent, readNote, systemEvents } from './system.ts';
import type { Thread } from './thread.ts';

export const later = 'This message needs a newer Wardline.';

/** Reads everything that the items from one place to another are made of. */
export async function prepare(thread: Thread, from: number, to: number): Promise<void> {
  const entries: Entry[] = [];
  for (const entry of thread.log.from(from)) {
    if (entry.seq > to) break;
    entries.push(entry);
  }
  await Promise.all(entries.flatMap((entry) => (entry.kind === 'membership' ? [readNote(thread, entry)] : [])));
  const messages = entries.filter((entry) => entry.kind === 'message');
  await Promise.all(messages.map((entry) => thread.reading.read(entry)));
  await Promise.all(
    messages.flatMap((entry) => referencesOf(thread, entry)).map((reference) => readReferred(thread, reference)),
  );
  await thread.ward.people.describe(people(thread, entries));
}

/** What stands at this place of the log, if anything is shown there. */
export function itemAt(thread: Thread, seq: number): TimelineItem | undefined {
  const { frozen } = thread.records;
  if (frozen && seq >= frozen.seq) return undefined;
  const entry = thread.log.entry(seq);
  if (!entry) return undefined;
  switch (entry.kind) {
    case 'message':
      return messageItem(thread, entry);
    case 'tombstone':
      return entry.tombstone.reason === 'retention' ? expiredItem(thread, entry) : tombstoneItem(thread, entry);
    default:
      return systemEvents(thread, entry).map((event) => systemItem(entry, event))[0];
  }
}

/** The line that says that a thread was stopped. */
export function frozenItem(thread: Thread): SystemItem | undefined {
  const { frozen } = thread.records;
  if (!frozen) return undefined;
  const authors = frozen.authors.map((author) => thread.ward.people.card(author).name);
  return {
    kind: 'system',
    key: `frozen ${frozen.seq}`,
    order: frozen.seq,
    at: frozen.at,
    event: { what: 'frozen', why: frozen.why, authors },
  };
}

function messageItem(thread: Thread, entry: MessageEntry): TimelineItem | undefined {
  const content = thread.reading.known(entry.seq);
  if (!content || content.state === 'absent') return undefined;
  const { header, seq, at } = entry;
  const author = thread.ward.people.card(header.person);
  if (content.state === 'refused') {
    return systemItem(entry, { what: 'refused', from: author.name, code: content.code });
  }
  const id = uuidText(header.message);
  const own = isOwn(thread, header.person);
  const base = { key: id, order: seq, at, id };
  const delivery = own ? { delivery: deliveryOf(thread, entry) } : {};
  if (content.inner.kind === 'decision') {
    const record = recordStateOf(thread, id);
    return {
      ...base,
      ...lifeOf(thread, entry),
      may: mayDo(thread, entry, record),
      kind: 'decision',
      markedBy: author,
      markedByMe: own,
      statements: statementEntries(thread, entry).flatMap((each) => statementOf(thread, each) ?? []),
      background: backgroundEntries(thread, entry).map((each) => uuidText(each.header.message)),
      ...formItem(thread, content.inner),
      record,
      ...delivery,
    };
  }
  if (content.inner.kind !== 'text' && content.inner.kind !== 'later') {
    const event = actEvent(thread, header.person, content.inner);
    return event && systemItem(entry, event);
  }
  const reply =
    content.inner.kind === 'text' && content.inner.replyTo ? { reply: quoteOf(thread, content.inner.replyTo) } : {};
  return {
    ...base,
    kind: 'message',
    author,
    own,
    text: content.inner.kind === 'later' ? later : showMarks(content.inner.text),
    urgency: header.urgency,
    ...reply,
    ...delivery,
  };
}

const decisionKind = 2;

/** One tombstone for everything that went with a decision, in the decision's place. */
function tombstoneItem(thread: Thread, entry: TombstoneEntry): TombstoneItem | undefined {
  const { tombstone, seq } = entry;
  if (tombstone.kind !== decisionKind || tombstone.reason !== 'filed') return undefined;
  const id = uuidText(tombstone.message);
  const filing = thread.filings.get(uuidText(tombstone.filing));
  const decidedBy = namesOfDeciders(thread, entry);
  const messages = messagesFiled(thread, entry);
  const { people } = thread.ward;
  return {
    kind: 'tombstone',
    key: id,
    order: seq,
    at: tombstone.destroyed,
    id,
    ...(decidedBy ? { decidedBy } : {}),
    markedBy: people.card(tombstone.person).name,
    decidedAt: entry.at,
    filedBy: filing ? people.card(fromUuidText(filing.filedBy)).name : 'somebody in this thread',
    filedAt: filing?.filedAt ?? tombstone.destroyed,
    ...(messages === undefined ? {} : { messages }),
    reference: tombstone.reference,
    sha256: hex(tombstone.documentHash),
  };
}

const day = 24 * 60 * 60 * 1000;

/** One quiet line for all that expired together, in the place of the first. */
function expiredItem(thread: Thread, entry: TombstoneEntry): SystemItem | undefined {
  const before = thread.log.entry(entry.seq - 1);
  if (before?.kind === 'tombstone' && before.tombstone.reason === 'retention') return undefined;
  return systemItem(entry, { what: 'expired', days: Math.floor((entry.tombstone.destroyed - entry.at) / day) });
}

function systemItem(entry: Entry, event: SystemItem['event']): SystemItem {
  return { kind: 'system', key: `entry ${entry.seq}`, order: entry.seq, at: entry.at, event };
}

function referencesOf(thread: Thread, entry: MessageEntry): readonly Reference[] {
  const content = thread.reading.known(entry.seq);
  if (content?.state !== 'open' || content.inner.kind === 'later') return [];
  return referencesIn(content.inner);
}

async function readReferred(thread: Thread, reference: Reference): Promise<void> {
  const entry = referred(thread, reference);
  if (entry?.kind === 'message') await thread.reading.read(entry);
}

function people(thread: Thread, entries: Entry[]): Bytes[] {
  const authors = entries.flatMap((entry) => {
    if (entry.kind === 'message') return [entry.header.person];
    return entry.kind === 'tombstone' ? [entry.tombstone.person, ...(decidersOfGone(thread, entry) ?? [])] : [];
  });
  return [...authors, ...[...(thread.membership?.members.values() ?? [])].map(({ person }) => person)];
}
