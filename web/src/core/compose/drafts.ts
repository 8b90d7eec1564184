/** What is being written, thread by thread: sealed on this device as it is typed, so that a lock in the middle loses nothing (H17). */
import type { Draft, MessageId, ThreadId } from '../contract.ts';
import type { Cabinet } from '../store/cabinet.ts';

export class Drafts {
  readonly #cabinet: Cabinet;
  readonly #drafts = new Map<ThreadId, Draft>();
  #saving: Promise<unknown> = Promise.resolve();

  constructor(cabinet: Cabinet) {
    this.#cabinet = cabinet;
  }

  async load(): Promise<void> {
    for (const { name, value } of await this.#cabinet.all('draft')) this.#drafts.set(name, value as Draft);
  }

  of(thread: ThreadId): Draft | undefined {
    return this.#drafts.get(thread);
  }

  /** An empty draft is none. Saves go in the order in which they were asked for. */
  save(thread: ThreadId, draft: Draft | undefined): Promise<void> {
    if (draft && draft.text.trim() !== '') this.#drafts.set(thread, draft);
    else this.#drafts.delete(thread);
    const kept = this.#drafts.get(thread);
    const saved = this.#saving.then(() =>
      kept
        ? this.#cabinet.put('draft', thread, kept)
        : this.#cabinet.change({ remove: [{ kind: 'draft', name: thread }] }),
    );
    this.#saving = saved.catch(() => undefined);
    return saved;
  }

  /** A draft that answers a message which is gone keeps its words and loses the answer. */
  async forget(thread: ThreadId, messages: readonly MessageId[]): Promise<void> {
    const draft = this.#drafts.get(thread);
    if (!draft?.replyTo || !messages.includes(draft.replyTo)) return;
    await this.save(thread, { text: draft.text, at: draft.at });
  }

  clear(): void {
    this.#drafts.clear();
  }
}
