/**
 * From what the worker sends to the rows of a thread: in order, a line for each day, a line where the unread begin, and a decision in
 * the place of the message that it is made of.
 *
 * Invariants: the same items give the same rows whatever order they came in; every row has a key that stays when others come or go.
 */
import type { DecisionItem, MessageId, TimelineItem } from '../../core/contract.ts';
import { dayKey, dayTitle } from '../../ui/dates.ts';

export type Row =
  | { type: 'day'; key: string; title: string }
  | { type: 'unread'; key: string }
  | { type: 'item'; key: string; item: TimelineItem; partOf: DecisionItem | undefined };

export function arrange(
  items: Iterable<TimelineItem>,
  options: { now: number; firstUnread?: string | undefined },
): Row[] {
  const sorted = foldDecisions([...items].sort((a, b) => a.order - b.order));
  const members = decisionsByMessage(sorted);
  const rows: Row[] = [];
  let day = '';
  for (const item of sorted) {
    const itsDay = dayKey(item.at);
    if (itsDay !== day) {
      day = itsDay;
      rows.push({ type: 'day', key: `day ${itsDay} ${item.key}`, title: dayTitle(item.at, options.now) });
    }
    if (item.key === options.firstUnread) rows.push({ type: 'unread', key: 'unread' });
    const partOf = item.kind === 'message' ? members.get(item.id) : undefined;
    rows.push({ type: 'item', key: item.key, item, partOf });
  }
  return rows;
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
