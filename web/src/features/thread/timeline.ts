/**
 * From what the worker sends to the rows of a thread: in order, a line for each day, a line where the unread begin, and a decision in
 * the place of the message that it is made of. People who came one after another are one row; new keys are none, because they follow
 * from what is said beside them. What one person wrote one after another within five minutes stands together under one name.
 *
 * Invariants: the same items give the same rows whatever order they came in; every row has a key that stays when others come or go; who
 * was removed or left, what was refused and what was stopped always has a row of its own.
 */
import type { DecisionItem, MessageId, MessageItem, SystemItem, TimelineItem } from '../../core/contract.ts';
import { dayKey, dayTitle } from '../../ui/dates.ts';

export type Row =
  | { type: 'day'; key: string; title: string }
  | { type: 'unread'; key: string }
  | ItemRow
  /** Several who came in, in the place of the first. */
  | { type: 'fold'; key: string; items: SystemItem[] };

export type ItemRow = {
  type: 'item';
  key: string;
  item: TimelineItem;
  partOf: DecisionItem | undefined;
  newKeys?: true;
  /** Stands under the row before it, with the same name, role and avatar. */
  joined?: true;
  /** The row after it belongs to it and has come exactly as far: its delivery is said there. */
  saidBelow?: true;
};

/** The rows that say something: one of them at a time is in the tab order. */
export type Spoken = Extract<Row, { type: 'item' | 'fold' }>;
export const isSpoken = (row: Row): row is Spoken => row.type === 'item' || row.type === 'fold';

export function arrange(
  items: Iterable<TimelineItem>,
  options: { now: number; firstUnread?: string | undefined },
): Row[] {
  const sorted = foldDecisions([...items].sort((a, b) => a.order - b.order));
  const members = decisionsByMessage(sorted);
  const withNewKeys = removalsWithNewKeys(sorted);
  const rows: Row[] = [];
  let day = '';
  let unread = false;
  for (const item of sorted) {
    // The first unread may be one that is not shown: the line then stands above the next.
    unread ||= item.key === options.firstUnread;
    if (isKeyChange(item)) continue;
    const itsDay = dayKey(item.at);
    if (itsDay !== day) {
      day = itsDay;
      rows.push({ type: 'day', key: `day ${itsDay} ${item.key}`, title: dayTitle(item.at, options.now) });
    }
    if (unread) rows.push({ type: 'unread', key: 'unread' });
    unread = false;
    if (isArrival(item)) {
      addArrival(rows, item);
      continue;
    }
    const partOf = item.kind === 'message' ? members.get(item.id) : undefined;
    rows.push({ type: 'item', key: item.key, item, partOf, ...(withNewKeys.has(item.key) ? { newKeys: true } : {}) });
  }
  return group(rows);
}

/** So long after the first of them a message still stands under its name and its time. */
export const groupedMs = 5 * 60_000;

function group(rows: Row[]): Row[] {
  let first: MessageItem | undefined;
  let before: ItemRow | undefined;
  for (const row of rows) {
    const message = row.type === 'item' && row.item.kind === 'message' ? row.item : undefined;
    if (row.type !== 'item' || !message || message.urgency !== 'routine') {
      [first, before] = [undefined, undefined];
      continue;
    }
    const near = first && Math.abs(message.at - first.at) < groupedMs;
    if (first && before && near && first.author.id === message.author.id && first.own === message.own) {
      row.joined = true;
      if (sameDelivery(before, row)) before.saidBelow = true;
    } else first = message;
    before = row;
  }
  return rows;
}

function sameDelivery(one: ItemRow, other: ItemRow): boolean {
  const [a, b] = [one, other].map(({ item }) => (item.kind === 'message' ? item.delivery : undefined));
  if (!a || !b || a.state === 'failed') return false;
  return a.state === b.state && a.of === b.of && a.reached === b.reached && a.seen === b.seen;
}

/** New keys by themselves are no news in a thread; its details list them. */
export const isKeyChange = (item: TimelineItem): item is KeyChange =>
  item.kind === 'system' && item.event.what === 'rotated';

export type KeyChange = SystemItem & { event: Extract<SystemItem['event'], { what: 'rotated' }> };

const isArrival = (item: TimelineItem): item is SystemItem =>
  item.kind === 'system' && (item.event.what === 'joined' || item.event.what === 'created');

/** Next to another one they make one row together. A day, the line above the unread, or anything said parts them. */
function addArrival(rows: Row[], item: SystemItem): void {
  const before = rows.at(-1);
  if (before?.type === 'fold') before.items.push(item);
  else if (before?.type === 'item' && isArrival(before.item)) {
    rows[rows.length - 1] = { type: 'fold', key: before.key, items: [before.item, item] };
  } else rows.push({ type: 'item', key: item.key, item, partOf: undefined });
}

/** Those who were removed before the keys changed because of it: their row says so. */
function removalsWithNewKeys(sorted: TimelineItem[]): Set<string> {
  const found = new Set<string>();
  let since: string[] = [];
  for (const item of sorted) {
    if (item.kind !== 'system') continue;
    if (item.event.what === 'removed' || item.event.what === 'removed-by-organisation') since.push(item.key);
    if (item.event.what !== 'rotated') continue;
    if (item.event.why === 'removed') for (const key of since) found.add(key);
    since = [];
  }
  return found;
}

/** A decision made of exactly one loaded message is shown once: the card takes the message's place. */
function foldDecisions(sorted: TimelineItem[]): TimelineItem[] {
  const replacement = new Map<MessageId, DecisionItem>();
  for (const item of sorted) {
    const only = item.kind === 'decision' && item.statements.length === 1 ? item.statements[0] : undefined;
    if (item.kind === 'decision' && only) replacement.set(only.id, item);
  }
  if (replacement.size === 0) return sorted;
  const placed = new Set<string>();
  const folded = sorted.map((item) => {
    const decision = item.kind === 'message' ? replacement.get(item.id) : undefined;
    if (!decision) return item;
    placed.add(decision.key);
    return { ...decision, at: item.at, order: item.order };
  });
  const originals = new Set<TimelineItem>(replacement.values());
  return folded.filter((item) => !(placed.has(item.key) && originals.has(item)));
}

/** Which decision a message went into, for those that stay visible beside it. */
function decisionsByMessage(items: TimelineItem[]): Map<MessageId, DecisionItem> {
  const members = new Map<MessageId, DecisionItem>();
  for (const item of items) {
    if (item.kind !== 'decision') continue;
    for (const statement of item.statements) members.set(statement.id, item);
  }
  return members;
}

/** The row that shows a message, also when a decision stands in its place. */
export function rowOf(rows: Row[], message: MessageId): number {
  return rows.findIndex((row) => {
    if (row.type !== 'item') return false;
    if (row.item.kind === 'message') return row.item.id === message;
    return row.item.kind === 'decision' && row.item.statements.some((statement) => statement.id === message);
  });
}
