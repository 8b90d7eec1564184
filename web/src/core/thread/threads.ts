/** All my threads on this device: read back, kept in step with the server's heads, and summed up for the inbox. */
import { equal, hex } from '../../crypto/bytes.ts';
import { base64url, fromUuidText } from '../../crypto/names.ts';
import type { Patient, PersonId, ThreadId, ThreadSummary } from '../contract.ts';
import type { Env } from '../env.ts';
import { Fault } from '../fault.ts';
import { patientCard } from '../patient/patient.ts';
import { pages } from '../people/people.ts';
import type { Head } from '../remote/shapes.ts';
import type { Ward } from '../ward.ts';
import { hasDecisions, isSettled, readDecisions } from './filings.ts';
import { type SummaryParts, lastItem, spaceOf, summaryOf } from './head.ts';
import { continuesIn, mayContinue } from './continued.ts';
import { prepare } from './items.ts';
import { quarantineIn } from './quarantine.ts';
import { type Bookmark, Thread, type ThreadEvents } from './thread.ts';

export type ThreadsHooks = ThreadEvents & {
  parts: (thread: ThreadId) => SummaryParts;
  inbox: (summaries: ThreadSummary[]) => void;
};

/** A device that has so many threads to open shows each of them before it reads any of them further back. */
const many = 20;
/** As many threads' keys as the server gives in one answer. */
const keysAtOnce = 500;

/** How much of a thread's end is read for its line in the inbox. */
const tail = 16;
const together = 40;
/** What could not be read for want of an answer is tried again after this time, and whenever everything else is up to date. */
const retryAfter = 10_000;

export class Threads {
  readonly #env: Pick<Env, 'after'>;
  readonly #ward: Ward;
  readonly #hooks: ThreadsHooks;
  readonly #threads = new Map<ThreadId, Thread>();
  readonly #bookmarks = new Map<ThreadId, Bookmark>();
  readonly #summaries = new Map<ThreadId, ThreadSummary>();
  readonly #dirty = new Set<ThreadId>();
  #told = '';
  #planned = false;
  readonly #wanting = new Set<ThreadId>();
  #retrying = false;
  /** Set while many threads arrive at once. */
  #hurry = false;
  readonly #unread = new Set<ThreadId>();
  #summing: Promise<void> = Promise.resolve();

  constructor(env: Pick<Env, 'after'>, ward: Ward, bookmarks: readonly Bookmark[], hooks: ThreadsHooks) {
    this.#env = env;
    this.#ward = ward;
    this.#hooks = hooks;
    for (const bookmark of bookmarks) this.#bookmarks.set(base64url(bookmark.thread), bookmark);
  }

  async load(): Promise<void> {
    for (const { name, value } of await this.#ward.cabinet.all('thread')) {
      const thread = await Thread.restore(this.#ward, name, value, this.#events);
      this.#add(thread);
      await thread.openState().catch(() => (thread.wanting = true)); // it may need the server
      this.changed(thread);
    }
  }

  get all(): Thread[] {
    return [...this.#threads.values()];
  }

  get(id: ThreadId): Thread | undefined {
    return this.#threads.get(id);
  }

  /** One of mine, or a refusal in plain words. */
  need(id: ThreadId): Thread {
    const thread = this.#threads.get(id);
    if (!thread?.membership && !thread?.records.frozen) throw new Fault('thread_unknown');
    return thread;
  }

  /** Also one that has not been heard of yet. */
  ensure(id: ThreadId): Thread {
    const known = this.#threads.get(id);
    if (known) return known;
    const thread = new Thread(this.#ward, id, this.#events);
    this.#add(thread);
    return thread;
  }

  /** What this device holds, for the server to fill the gaps. */
  have(): Record<ThreadId, number> {
    return Object.fromEntries(this.all.map(({ id, log }) => [id, log.seq]));
  }

  /**
   * What the server says of all my threads. A device that has hundreds of them to open asks for their keys at once, while the logs are still on
   * their way.
   */
  learnHeads(heads: readonly Head[]): void {
    for (const head of heads) this.ensure(head.thread).learnHead(head);
    const closed = heads.filter(({ thread, epoch, leftSeq }) => {
      const secrets = this.#threads.get(thread)?.secrets;
      return epoch > 0 && leftSeq === undefined && !secrets?.has(epoch) && !secrets?.expects(epoch);
    });
    this.#hurry ||= closed.length > many;
    if (closed.length > 1) for (const page of pages(closed, keysAtOnce)) this.#askForKeys(page);
  }

  /**
   * What became of decisions is told once, to whoever is connected. After a time without that it is asked for, of each thread in which something may
   * have become of them, and not of one for which that was done in the last `rest` milliseconds.
   */
  doubtDecisions(of: readonly Pick<Head, 'thread' | 'seq'>[], rest = 0): void {
    for (const { thread: id, seq } of of) {
      const thread = this.#threads.get(id);
      // What was never asked for is asked for when it is needed.
      if (!thread?.filingsKnown || thread.left) continue;
      const { seq: place, at } = thread.filingsAsOf;
      if (seq <= place && (isSettled(thread) || this.#ward.now() - at < rest)) continue;
      thread.doubtDecisions();
    }
  }

  /** What there was has arrived, or will not for now: what was passed over in the hurry is read. */
  caughtUp(): void {
    this.#hurry = false;
    for (const id of this.#unread) {
      const thread = this.#threads.get(id);
      if (thread) this.changed(thread);
    }
    this.#unread.clear();
  }

  #askForKeys(heads: readonly Head[]): void {
    const answer = this.#ward.remote.threads
      .keys(heads.map(({ thread }) => thread))
      .then(({ keys }) => new Map(keys.map((each) => [each.thread, each])))
      .catch(() => undefined); // each thread asks for its own then
    for (const { thread, epoch } of heads) {
      this.#threads.get(thread)?.secrets.expect(
        epoch,
        answer.then((found) => found?.get(thread)),
      );
    }
  }

  /** Threads that were here before the server was asked, and that it does not speak of. */
  missing(before: readonly ThreadId[], present: ReadonlySet<ThreadId>): void {
    for (const id of before) {
      const thread = this.#threads.get(id);
      if (!thread || present.has(id) || thread.log.seq === 0 || thread.left) continue;
      thread.freeze({ why: 'missing', code: 'rolled_back' });
    }
    // Those that another device of mine has seen, and this one never.
    for (const [id, { seq: place, logHash: seen }] of this.#bookmarks) {
      if (this.#threads.get(id)?.log.seq || present.has(id)) continue;
      this.ensure(id).freeze({ why: 'missing', code: 'rolled_back', place, seen });
    }
  }

  personChanged(person: PersonId): void {
    const id = hex(fromUuidText(person));
    for (const thread of this.all) if (thread.membership?.members.has(id)) this.changed(thread);
  }

  /** Plans the thread's line in the inbox anew. */
  readonly changed = (thread: Thread): void => {
    this.#dirty.add(thread.id);
    this.#hooks.changed(thread);
    if (this.#planned) return;
    this.#planned = true;
    this.#env.after(together, () => {
      this.#planned = false;
      void this.#sumUp();
    });
  };

  /** Tries again what could not be judged or read because the server did not answer. */
  async retry(): Promise<void> {
    const wanting = [...this.#wanting].flatMap((id) => this.#threads.get(id) ?? []);
    this.#wanting.clear();
    for (const thread of wanting) {
      if (this.#ward.closed()) return;
      if (thread.wanting) await thread.retry().catch(() => undefined);
      else this.changed(thread);
    }
  }

  async inbox(): Promise<ThreadSummary[]> {
    await this.#sumUp();
    return this.#sorted();
  }

  patients(): { thread: ThreadId; patient: Patient }[] {
    return this.all.flatMap(({ id, patient, left }) =>
      patient && !left ? [{ thread: id, patient: patientCard(patient) }] : [],
    );
  }

  /** The direct thread with a person that can be written in. */
  direct(person: PersonId): Thread | undefined {
    const id = hex(fromUuidText(person));
    const all = this.all.filter(
      (thread) => !thread.left && spaceOf(thread) === 'direct' && thread.membership?.members.has(id) === true,
    );
    // There is more than one when one of them could not be used any more.
    const open = all.filter(({ records, goesOn }) => !records.frozen && !goesOn);
    return open.at(-1) ?? all.find(({ goesOn }) => goesOn === undefined);
  }

  bookmarks(): Bookmark[] {
    return this.all.flatMap((thread) => thread.bookmarkNow ?? []);
  }

  erase(): void {
    for (const thread of this.all) thread.erase();
    this.#threads.clear();
    this.#summaries.clear();
  }

  #add(thread: Thread): void {
    const bookmark = this.#bookmarks.get(thread.id);
    this.#threads.set(thread.id, thread);
    if (!bookmark) return;
    const here = thread.log.entry(bookmark.seq);
    if (here && !equal(here.logHash, bookmark.logHash)) {
      const parted = { place: bookmark.seq, seen: bookmark.logHash, shown: here.logHash };
      thread.freeze({ why: 'bookmark', code: 'rolled_back', ...parted });
    }
    if (bookmark.seq > (thread.bookmark?.seq ?? 0)) thread.bookmark = bookmark;
  }

  readonly #events: ThreadEvents = {
    changed: (thread) => this.changed(thread),
    destroyed: (thread, messages) => this.#hooks.destroyed(thread, messages),
  };

  /** One at a time, so that whoever waits for one has what was true when they asked. */
  #sumUp(): Promise<void> {
    this.#summing = this.#summing.catch(() => undefined).then(() => this.#sumUpNow());
    return this.#summing;
  }

  async #sumUpNow(): Promise<void> {
    const dirty = [...this.#dirty];
    this.#dirty.clear();
    for (const id of dirty) {
      const thread = this.#threads.get(id);
      if (!thread || this.#ward.closed()) continue;
      let complete = !thread.wanting;
      // Somebody who has left is not kept in the list: membership decides what is shown (R13).
      const stopped = thread.records.frozen !== undefined;
      // But what they read about the wrong patient they are told until they have taken note (R51).
      const gone = thread.left && thread.head?.quarantine?.acknowledged !== false;
      if (!(thread.settled || stopped) || !(thread.membership || stopped) || gone) {
        this.#summaries.delete(id);
      } else {
        if (!(await this.#readTail(thread))) complete = false;
        this.#summaries.set(id, summaryOf(thread, this.#hooks.parts(id)));
      }
      if (!complete) this.#retryLater(thread);
      this.#followOn(thread);
    }
    if (this.#ward.closed()) return;
    const sorted = this.#sorted();
    const text = JSON.stringify(sorted);
    if (text === this.#told) return;
    this.#told = text;
    this.#hooks.inbox(sorted);
  }

  /** A thread that says that it goes on from another one: that one shows the way. */
  #followOn(thread: Thread): void {
    for (const { from, author } of continuesIn(this.#ward, thread)) {
      const before = this.#threads.get(from);
      if (!before || !mayContinue(before, thread, author)) continue;
      before.continueIn({ thread: thread.id, author });
      if (quarantineIn(before) && thread.continues !== from) {
        thread.continues = from;
        this.#hooks.changed(thread);
      }
    }
  }

  #retryLater({ id }: Thread): void {
    this.#wanting.add(id);
    if (this.#retrying) return;
    this.#retrying = true;
    this.#env.after(retryAfter, () => {
      this.#retrying = false;
      void this.retry();
    });
  }

  /** False when something that belongs there could not be read. */
  async #readTail(thread: Thread): Promise<boolean> {
    try {
      if (hasDecisions(thread)) {
        // What is known of them is shown meanwhile.
        await thread.loadFilings().catch((thrown: unknown) => {
          if (!thread.filingsKnown) throw thrown;
          this.#retryLater(thread);
        });
        await readDecisions(thread);
      }
      await thread.quarantine.load();
      await prepare(thread, this.#hurry ? newestSaid(thread) : tailOf(thread), thread.log.seq);
      if (this.#hurry && lastItem(thread)?.kind === 'system') await prepare(thread, tailOf(thread), thread.log.seq);
      else if (this.#hurry) this.#unread.add(thread.id);
      const last = lastItem(thread);
      if (last?.kind === 'message' && last.own) await thread.loadMarks();
      return true;
    } catch {
      return false; // without the network the line says what is known
    }
  }

  #sorted(): ThreadSummary[] {
    return [...this.#summaries.values()].sort((a, b) => b.at - a.at);
  }
}

const tailOf = (thread: Thread): number => Math.max(1, Math.min(thread.log.seq - tail, newestSaid(thread)));

/** Where the newest message stands, however many system lines came after it: it is what the list shows of the thread. */
function newestSaid({ log }: Thread): number {
  for (let seq = log.seq; seq > 0; seq--) {
    const kind = log.entry(seq)?.kind;
    if (kind === 'message' || kind === 'tombstone') return seq;
  }
  return log.seq;
}
