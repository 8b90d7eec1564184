/**
 * One open thread on the screen's side: its head, the items that have been loaded, and what the worker pushes about it.
 *
 * Invariants: an item is replaced by its key and never doubled; a page of older items never overwrites a newer state of the same item;
 * after `close` nothing changes any more.
 */
import { computed, type ReadonlySignal, signal } from '@preact/signals';
import type { Draft, ThreadChange, ThreadHead, ThreadId, TimelineItem, Wardline } from '../../core/contract.ts';
import { asFault, type Fault } from '../../ui/fault.tsx';
import { arrange, isKeyChange, type KeyChange, type Row } from './timeline.ts';

const pageSize = 60;

export class ThreadStore {
  readonly head = signal<ThreadHead>();
  readonly hasOlder = signal(false);
  readonly loadingOlder = signal(false);
  readonly fault = signal<Fault>();
  readonly draft = signal<Draft>();
  readonly rows: ReadonlySignal<Row[]>;
  /** When the keys of the thread changed, as far as it is loaded, newest first. */
  readonly keyChanges: ReadonlySignal<KeyChange[]>;
  /** The folded rows that have been opened, by their keys. */
  readonly unfolded = signal<ReadonlySet<string>>(new Set());
  /** Keys that have just come from somebody else. */
  readonly arrived = signal<TimelineItem[]>([]);

  readonly #items = signal<ReadonlyMap<string, TimelineItem>>(new Map());
  readonly #firstUnread = signal<string>();
  readonly #wardline: Wardline;
  readonly #thread: ThreadId;
  #stop: (() => void) | undefined;
  #closed = false;

  constructor(wardline: Wardline, thread: ThreadId, today: ReadonlySignal<number>) {
    this.#wardline = wardline;
    this.#thread = thread;
    this.rows = computed(() =>
      arrange(this.#items.value.values(), { now: today.value, firstUnread: this.#firstUnread.value }),
    );
    this.keyChanges = computed(() =>
      [...this.#items.value.values()].filter(isKeyChange).sort((a, b) => b.order - a.order),
    );
  }

  async open(): Promise<void> {
    // Before asking, or a change that comes between the answer and the subscription is lost.
    this.#stop = this.#wardline.on(`thread:${this.#thread}`, (change) => this.#apply(change));
    try {
      const view = await this.#wardline.openThread({ thread: this.#thread });
      if (this.#closed) return;
      this.head.value = view.head;
      this.hasOlder.value = view.hasOlder;
      this.#firstUnread.value = view.firstUnread;
      this.#addMissing(view.items);
      this.draft.value = view.draft;
    } catch (thrown) {
      if (!this.#closed) this.fault.value = asFault(thrown);
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#stop?.();
    void this.#wardline.closeThread({ thread: this.#thread }).catch(() => undefined);
  }

  async loadOlder(): Promise<void> {
    if (this.loadingOlder.value || !this.hasOlder.value) return;
    this.loadingOlder.value = true;
    try {
      const orders = [...this.#items.value.values()].map((item) => item.order);
      const before = orders.length > 0 ? Math.min(...orders) : Number.MAX_SAFE_INTEGER;
      const page = await this.#wardline.olderItems({ thread: this.#thread, before, limit: pageSize });
      if (this.#closed) return;
      this.#addMissing(page.items);
      this.hasOlder.value = page.hasOlder;
    } catch (thrown) {
      if (!this.#closed) this.fault.value = asFault(thrown);
    } finally {
      this.loadingOlder.value = false;
    }
  }

  /** The newest place in the thread's log that is loaded; what waits in the outbox has none yet. */
  get lastOrder(): number {
    let last = 0;
    for (const item of this.#items.value.values()) {
      const waiting = 'delivery' in item && (item.delivery?.state === 'queued' || item.delivery?.state === 'failed');
      if (!waiting && item.order > last) last = item.order;
    }
    return last;
  }

  toggleFold(key: string): void {
    const open = new Set(this.unfolded.value);
    if (!open.delete(key)) open.add(key);
    this.unfolded.value = open;
  }

  item(key: string): TimelineItem | undefined {
    return this.#items.value.get(key);
  }

  #apply(change: ThreadChange): void {
    if (this.#closed) return;
    if (change.head) this.head.value = change.head;
    const items = new Map(this.#items.value);
    for (const key of change.removed) items.delete(key);
    for (const item of change.items) items.set(item.key, item);
    this.#items.value = items;
    this.arrived.value = change.arrived.flatMap((key) => items.get(key) ?? []);
  }

  #addMissing(page: TimelineItem[]): void {
    const items = new Map(this.#items.value);
    for (const item of page) if (!items.has(item.key)) items.set(item.key, item);
    this.#items.value = items;
  }
}
