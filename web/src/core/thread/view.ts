/**
 * An open thread: the newest page first, older ones on demand, and from then on only what is different.
 *
 * Instead of tracking what each event changes, the loaded part is made anew from the verified log and compared with what the screen has:
 * reading is remembered, so making it is cheap, and nothing can be forgotten.
 */
import type { ThreadChange, ThreadHead, ThreadView, TimelineItem } from '../contract.ts';
import type { Drafts } from '../compose/drafts.ts';
import type { Outbox } from '../outbox/outbox.ts';
import { namesakesOf } from './alike.ts';
import { hasDecisions, readDecisions } from './filings.ts';
import { frozenItem, itemAt, prepare } from './items.ts';
import { headOf } from './openHead.ts';
import type { Thread } from './thread.ts';
import type { Threads } from './threads.ts';
import { waitingItem } from './waiting.ts';

const pageSize = 60;
/** Entries that are read at once while a page is filled. */
const stretch = 80;

export type ViewParts = {
  outbox: Outbox;
  drafts: Drafts;
  threads: Threads;
  emit: (change: ThreadChange) => void;
};

export class View {
  readonly thread: Thread;
  readonly #parts: ViewParts;
  /** The oldest entry that is loaded. */
  #from = 1;
  #shown = new Map<string, string>();
  #head = '';
  #newest = 0;
  #running: Promise<void> | undefined;
  #again = false;
  #closed = false;

  constructor(thread: Thread, parts: ViewParts) {
    this.thread = thread;
    this.#parts = parts;
  }

  async open(): Promise<ThreadView> {
    const { thread } = this;
    const decided = hasDecisions(thread) ? [thread.loadFilings(), thread.loadDecisions()] : [];
    await Promise.all([thread.loadMarks(), ...decided, thread.quarantine.load()]).catch(
      () => undefined, // hints of the server: the thread opens without them
    );
    this.#newest = thread.log.seq;
    this.#from = await fill(thread, thread.log.seq + 1, pageSize);
    const head = await this.#makeHead();
    const items = this.#items();
    this.#remember(head, items);
    const seen = thread.seenSeq;
    const unread = items.find((item) => item.order > seen && item.order <= this.#newest && isFromAnother(item));
    const draft = this.#parts.drafts.of(thread.id);
    return {
      head,
      items,
      hasOlder: this.#from > 1,
      ...(unread ? { firstUnread: unread.key } : {}),
      ...(draft ? { draft } : {}),
    };
  }

  async older(before: number, limit: number): Promise<{ items: TimelineItem[]; hasOlder: boolean }> {
    const to = Math.min(before, this.thread.log.seq + 1);
    const from = await fill(this.thread, to, Math.min(Math.max(1, limit), 500));
    this.#from = Math.min(this.#from, from);
    const items = itemsBetween(this.thread, from, to - 1);
    for (const item of items) this.#shown.set(item.key, JSON.stringify(item));
    return { items, hasOlder: from > 1 };
  }

  /** Something may be different. Several calls while one runs are one more. */
  refresh(): Promise<void> {
    if (this.#running) {
      this.#again = true;
      return this.#running;
    }
    this.#running = this.#run().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  close(): void {
    this.#closed = true;
  }

  async #run(): Promise<void> {
    do {
      this.#again = false;
      try {
        await this.#compare();
      } catch {
        // Without the network something could not be read: the next change tries again.
      }
    } while (this.#again && !this.#closed);
  }

  async #compare(): Promise<void> {
    const { thread } = this;
    if (hasDecisions(thread)) {
      await Promise.all([thread.loadFilings(), thread.loadDecisions()]).catch(() => undefined);
    }
    await thread.quarantine.load().catch(() => undefined);
    await prepare(thread, this.#from, thread.log.seq);
    const head = await this.#makeHead();
    const items = this.#items();
    if (this.#closed) return;
    const now = new Map(items.map((item) => [item.key, JSON.stringify(item)]));
    const changed = items.filter((item) => this.#shown.get(item.key) !== now.get(item.key));
    const removed = [...this.#shown.keys()].filter((key) => !now.has(key));
    const arrived = changed.filter((item) => item.order > this.#newest && isFromAnother(item));
    const headChanged = JSON.stringify(head) !== this.#head;
    this.#newest = thread.log.seq;
    this.#remember(head, items);
    if (changed.length + removed.length === 0 && !headChanged) return;
    this.#parts.emit({
      ...(headChanged ? { head } : {}),
      items: changed,
      removed,
      arrived: arrived.map(({ key }) => key),
    });
  }

  async #makeHead(): Promise<ThreadHead> {
    const { thread } = this;
    await readDecisions(thread);
    const members = [...(thread.membership?.members.values() ?? [])].map(({ person }) => person);
    await thread.ward.people.describe(thread.patient ? [...members, thread.patient.requester] : members);
    const head = headOf(thread, namesakesOf(this.#parts.threads, thread));
    return this.#parts.drafts.decision(thread.id) ? { ...head, deciding: true } : head;
  }

  #items(): TimelineItem[] {
    const { thread } = this;
    const items = itemsBetween(thread, this.#from, thread.log.seq);
    const frozen = frozenItem(thread);
    const waiting = this.#parts.outbox
      .of(thread.id)
      .filter(({ id }) => !thread.log.message(id))
      .map((each) => waitingItem(thread, each));
    return [...items, ...(frozen ? [frozen] : []), ...waiting];
  }

  #remember(head: ThreadHead, items: TimelineItem[]): void {
    this.#head = JSON.stringify(head);
    this.#shown = new Map(items.map((item) => [item.key, JSON.stringify(item)]));
  }
}

/** Reads backwards until there are as many items as wanted; the place of the oldest entry that was read. */
async function fill(thread: Thread, before: number, wanted: number): Promise<number> {
  let from = before;
  for (let count = 0; from > 1 && count < wanted; ) {
    const to = from - 1;
    from = Math.max(1, from - stretch);
    await prepare(thread, from, to);
    const items = itemsBetween(thread, from, to);
    count += items.length;
    // The page begins at an item, so that the next one does not repeat what is loaded.
    const surplus = count - wanted;
    const first = surplus > 0 ? items[surplus] : undefined;
    if (first) return first.order;
  }
  return from;
}

function itemsBetween(thread: Thread, from: number, to: number): TimelineItem[] {
  const items: TimelineItem[] = [];
  for (let seq = from; seq <= to; seq++) {
    const item = itemAt(thread, seq);
    if (item) items.push(item);
  }
  return items;
}

function isFromAnother(item: TimelineItem): boolean {
  if (item.kind === 'message') return !item.own;
  return item.kind === 'decision' && !item.markedByMe;
}
