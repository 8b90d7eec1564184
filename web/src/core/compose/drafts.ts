/** What is being written, thread by thread: sealed on this device as it is typed, so that a lock in the middle loses nothing (H17). */
import type { DecisionDraft, DecisionId, Draft, MessageId, ThreadId } from '../contract.ts';
import type { Cabinet } from '../store/cabinet.ts';

/** A decision that is being made is kept beside the message that is being written, and the correction of one beside both. */
const nameOf = (thread: ThreadId, corrects?: DecisionId): string =>
  corrects === undefined ? `${thread} decision` : `${thread} corrects ${corrects}`;

const isDecision = (name: string): boolean => name.includes(' ');

export class Drafts {
  readonly #cabinet: Cabinet;
  readonly #drafts = new Map<ThreadId, Draft>();
  readonly #decisions = new Map<string, DecisionDraft>();
  #saving: Promise<unknown> = Promise.resolve();

  constructor(cabinet: Cabinet) {
    this.#cabinet = cabinet;
  }

  async load(): Promise<void> {
    for (const { name, value } of await this.#cabinet.all('draft')) {
      if (isDecision(name)) this.#decisions.set(name, value as DecisionDraft);
      else this.#drafts.set(name, value as Draft);
    }
  }

  of(thread: ThreadId): Draft | undefined {
    return this.#drafts.get(thread);
  }

  decision(thread: ThreadId, corrects?: DecisionId): DecisionDraft | undefined {
    return this.#decisions.get(nameOf(thread, corrects));
  }

  /** Anything that was begun in this thread. */
  has(thread: ThreadId): boolean {
    return this.#drafts.has(thread) || [...this.#decisions.keys()].some((name) => name.startsWith(`${thread} `));
  }

  /** An empty draft is none. Saves go in the order in which they were asked for. */
  save(thread: ThreadId, draft: Draft | undefined): Promise<void> {
    const kept = draft && draft.text.trim() !== '' ? draft : undefined;
    if (kept) this.#drafts.set(thread, kept);
    else this.#drafts.delete(thread);
    return this.#keep(thread, kept);
  }

  saveDecision(thread: ThreadId, corrects: DecisionId | undefined, draft: DecisionDraft | undefined): Promise<void> {
    const name = nameOf(thread, corrects);
    const kept = draft && !isNothing(draft) ? draft : undefined;
    if (kept) this.#decisions.set(name, kept);
    else this.#decisions.delete(name);
    return this.#keep(name, kept);
  }

  #keep(name: string, draft: Draft | DecisionDraft | undefined): Promise<void> {
    const saved = this.#saving.then(() =>
      draft ? this.#cabinet.put('draft', name, draft) : this.#cabinet.change({ remove: [{ kind: 'draft', name }] }),
    );
    this.#saving = saved.catch(() => undefined);
    return saved;
  }

  /** What names a message which is gone keeps its words and loses the message. */
  async forget(thread: ThreadId, messages: readonly MessageId[]): Promise<void> {
    const draft = this.#drafts.get(thread);
    if (draft?.replyTo && messages.includes(draft.replyTo)) {
      await this.save(thread, { text: draft.text, at: draft.at });
    }
    for (const [name, decision] of this.#decisions) {
      if (!name.startsWith(`${thread} `)) continue;
      const left = without(decision, messages);
      if (JSON.stringify(left) === JSON.stringify(decision)) continue;
      this.#decisions.set(name, left);
      await this.#keep(name, left);
    }
  }

  /** Nothing more is said there. */
  async drop(thread: ThreadId): Promise<void> {
    await this.save(thread, undefined);
    for (const name of [...this.#decisions.keys()].filter((each) => each.startsWith(`${thread} `))) {
      this.#decisions.delete(name);
      await this.#keep(name, undefined);
    }
  }

  clear(): void {
    this.#drafts.clear();
    this.#decisions.clear();
  }
}

const isNothing = ({ text, messages, form }: DecisionDraft): boolean =>
  [{ text, messages }, ...(form?.parts ?? [])].every((part) => part.text.trim() === '' && part.messages.length === 0);

/** The words alone, for another thread. */
export function wordsAlone(draft: DecisionDraft): DecisionDraft {
  const named = [...draft.messages, ...(draft.form?.parts ?? []).flatMap(({ messages }) => messages)];
  return without(draft, named);
}

function without({ text, messages, form }: DecisionDraft, gone: readonly MessageId[]): DecisionDraft {
  const left = (named: readonly MessageId[]) => named.filter((each) => !gone.includes(each));
  const parts = form?.parts.map((part) => ({ ...part, messages: left(part.messages) }));
  return { text, messages: left(messages), ...(form && parts ? { form: { kind: form.kind, parts } } : {}) };
}
