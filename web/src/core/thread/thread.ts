/**
 * One thread on this device: its verified log and what follows from it, the server's hints beside it, and what is kept of it.
 *
 * Everything that changes a thread runs in its own queue, one after the other.
 *
 * Invariant: a log that contradicts itself, or what this person has seen of it before, freezes the thread: it can be read up to there,
 * and nothing is sent.
 */
import { type Bytes, bytesOf, equal } from '../../crypto/bytes.ts';
import type { ThreadState } from '../../crypto/layouts/epoch.ts';
import type { PatientAssertion } from '../../crypto/layouts/patient.ts';
import type { Vault } from '../../crypto/layouts/vault.ts';
import { decode } from '../../crypto/codec.ts';
import { logEntry } from '../../crypto/layouts/log.ts';
import { mayPost, memberOf } from '../../crypto/membership.ts';
import type { Member, Membership } from '../../crypto/membership-rules.ts';
import { fromBase64url, uuidText } from '../../crypto/names.ts';
import { Refusal } from '../../crypto/refusal.ts';
import type { LogCheckpoint } from '../../crypto/thread-log.ts';
import type { PatientStanding, ThreadId } from '../contract.ts';
import { Fault, Problem, Unreachable, isProblem } from '../fault.ts';
import type { Decision, Filing, Head, Mark } from '../remote/shapes.ts';
import type { Filed } from '../store/cabinet.ts';
import type { Ward } from '../ward.ts';
import { ThreadLog } from './log.ts';
import { Asked } from './asked.ts';
import { Complaints } from './complaints.ts';
import { type Contradiction, type Frozen, between, frozenAs, offeredStatement, report, statementOf } from './freeze.ts';
import { patientIn } from './identity.ts';
import { overtakes } from './overtakes.ts';
import { QuarantineList, quarantineIn } from './quarantine.ts';
import { Reading } from './reading.ts';
import { Records } from './records.ts';
import { type KeptSecrets, Secrets, ServedWrong } from './secrets.ts';

export type Bookmark = Vault['bookmarks'][number];

/** What is kept beside the log. */
type Kept = {
  checkpoint: LogCheckpoint;
  secrets: KeptSecrets;
  seenSeq: number;
  destroyedAt?: number;
  decided: Record<string, Decided>;
  again?: Record<string, MadeAgain>;
  goesOn?: Elsewhere;
  standing?: Standing;
};

/** What the record said when it was asked last, and of which assertion, base64url. */
export type Standing = { readonly of: string; readonly at: number; readonly said: PatientStanding };

/** What is remembered of a decision that was read: the authors of its words, and whether some of them are its own. */
export type Decided = { readonly by: readonly Bytes[]; readonly worded: boolean };

/** By which message of the right patient's thread a decision was made again, or was said not to need it (R51). */
export type MadeAgain = { readonly by: string; readonly passed: boolean };

export type Elsewhere = { readonly thread: ThreadId; readonly author: Bytes };

export type ThreadEvents = {
  /** Something about the thread is different: it has to be drawn again. */
  changed(thread: Thread): void;
  /** These messages were destroyed. */
  destroyed(thread: Thread, messages: string[]): void;
};

export class Thread {
  readonly id: ThreadId;
  readonly ward: Ward;
  readonly log: ThreadLog;
  readonly records: Records;
  readonly secrets: Secrets;
  readonly reading: Reading;
  readonly complaints: Complaints;
  readonly quarantine: QuarantineList;
  /** Where the talk went on, and who said so. */
  goesOn: Elsewhere | undefined;
  /** The thread about the wrong patient that this one goes on from. */
  continues: string | undefined;
  readonly marks = new Map<string, Mark>();
  readonly filings = new Map<string, Filing>();
  filingsKnown = false;
  /** What the server says of each decision's life; what was signed about it is in the log. */
  readonly lives = new Map<string, Decision>();
  #livesOf = 0;
  readonly #askedFilings = new Asked();
  readonly #askedLives = new Asked();
  /** Up to which entry, and when, the server was asked for the filings last. */
  filingsAsOf = { seq: 0, at: 0 };
  marksKnown = false;
  head: Head | undefined;
  /** What this person has seen of the thread before, here or on another device. */
  bookmark: Bookmark | undefined;
  /** What has arrived has been judged and opened once: before that there is nothing to show. */
  settled = false;
  /** Something that the server was asked for did not come, and what has arrived stays closed until it does: see `retry`. */
  wanting = false;
  /** The newest state that could be opened, and whose patient it names. */
  state: ThreadState | undefined;
  patient: PatientAssertion | null = null;
  /** The patients of all links that could be read here, by the hash of the assertion, in `hex`. */
  readonly identities = new Map<string, PatientAssertion>();
  /** What the record said of the patient's identity, when this device last asked. */
  standing: Standing | undefined;
  /** Each decision that was read, by its id: its authors are named when the originals are gone, and its messages counted. */
  readonly decided = new Map<string, Decided>();
  /** For a thread about the wrong patient, by its decisions. */
  readonly madeAgain = new Map<string, MadeAgain>();
  /** The free texts of adds and removals, by their place in the log. */
  readonly notes = new Map<number, string>();

  readonly #events: ThreadEvents;
  #seenSeq = 0;
  /** Up to when it is known here what was destroyed, by the server's count. */
  #destroyedAt = 0;
  #stateOf = 0;
  #reporting: Promise<void> = Promise.resolve();
  #queue: Promise<unknown> = Promise.resolve();

  constructor(ward: Ward, id: ThreadId, events: ThreadEvents, log = new ThreadLog(fromBase64url(id))) {
    this.ward = ward;
    this.id = id;
    this.#events = events;
    this.log = log;
    this.records = new Records(ward, log);
    this.secrets = new Secrets(ward, this.records, id);
    this.reading = new Reading(ward, log, this.records, this.secrets);
    this.complaints = new Complaints(this);
    this.quarantine = new QuarantineList(this);
  }

  /** From the sealed records of this device. */
  static async restore(ward: Ward, id: ThreadId, kept: unknown, events: ThreadEvents): Promise<Thread> {
    const {
      checkpoint,
      secrets = {},
      seenSeq = 0,
      destroyedAt = 0,
      decided = {},
      again = {},
      goesOn,
      standing,
    } = (kept ?? {}) as Partial<Kept>;
    const segments = await ward.cabinet.all('log', `${id}/`);
    const log = ThreadLog.restore(
      fromBase64url(id),
      segments.map(({ value }) => value),
      checkpoint,
    );
    const thread = new Thread(ward, id, events, log);
    thread.#seenSeq = seenSeq;
    thread.#destroyedAt = destroyedAt;
    thread.goesOn = goesOn;
    thread.standing = standing;
    for (const [decision, remembered] of Object.entries(decided)) thread.decided.set(decision, remembered);
    for (const [decision, made] of Object.entries(again)) thread.madeAgain.set(decision, made);
    const frozen = await ward.cabinet.get('frozen', id);
    if (frozen) thread.records.freeze((frozen as KeptFrozen).frozen);
    await thread.records.settle().catch(thread.#unlessOurs);
    await thread.secrets.restore(secrets);
    thread.bookmark = thread.bookmarkNow;
    thread.settled = thread.membership !== undefined;
    return thread;
  }

  get bytes(): Bytes {
    return this.log.thread;
  }

  get membership(): Membership | undefined {
    return this.records.membership?.current;
  }

  get me(): Member | undefined {
    return this.membership && memberOf(this.membership, this.ward.me.person);
  }

  /** I was a member and am not any more. */
  get left(): boolean {
    return this.membership !== undefined && this.me === undefined;
  }

  get mayPost(): boolean {
    return this.membership !== undefined && mayPost(this.membership, this.ward.me.person);
  }

  get seenSeq(): number {
    return Math.max(this.#seenSeq, this.head?.seenSeq ?? 0);
  }

  /** Why nothing can be written here. */
  get readOnly(): Fault | undefined {
    return this.barred ?? (quarantineIn(this) ? new Fault('thread_quarantined') : undefined);
  }

  /** Why not even an act or new keys can be. */
  get barred(): Fault | undefined {
    if (this.records.frozen) return new Fault('thread_frozen');
    if (this.left) return new Fault('not_a_member');
    return this.mayPost ? undefined : new Fault('may_not_post');
  }

  /** One after the other. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#queue.then(work);
    this.#queue = done.catch(() => undefined);
    return done;
  }

  /** Takes entries of the log as they come: in order or not, once or twice. `fresh`: they have just been written. */
  take(entries: readonly Bytes[], fresh: boolean): Promise<void> {
    return this.run(() => this.#take(entries, fresh));
  }

  /** Asks the server for what is missing. */
  catchUp(): Promise<void> {
    return this.run(() => this.#fetch());
  }

  /** Judges and opens what the server's silence kept closed. */
  retry(): Promise<void> {
    return this.run(() => this.#settle([]));
  }

  /** Entries that are here already, as they are now: destroyed messages come back as tombstones. */
  again(seqs: readonly number[]): Promise<void> {
    return this.run(async () => {
      for (const seq of seqs) {
        const { entries } = await this.ward.remote.threads.log(this.id, seq - 1, 1);
        await this.#take(entries, false);
      }
    });
  }

  /** What the server says of the thread. It must not have fewer entries than this person has seen. */
  learnHead(head: Head): void {
    this.head = head;
    if (this.bookmark && head.leftSeq === undefined && head.seq < this.bookmark.seq) {
      const { seq: place, logHash: seen } = this.bookmark;
      this.freeze(
        { why: 'rolled-back', code: 'rolled_back', place, seen, shown: head.logHash },
        Math.max(this.log.seq, head.seq) + 1,
      );
    }
    // However far behind an answer is, what it says of a place that is here must be what stands here.
    const here = this.log.entry(head.seq);
    if (here && !equal(here.logHash, head.logHash)) {
      const parted = { place: head.seq, seen: here.logHash, shown: head.logHash };
      this.freeze({ why: 'forked-log', code: 'broken_chain', ...parted }, this.log.seq + 1);
    }
    this.complaints.learnCount(head.complaints);
    this.#events.changed(this);
    // Without the network the next head brings it.
    if (head.destroyedAt > this.#destroyedAt) void this.loadDestroyed(head.destroyedAt).catch(() => undefined);
  }

  /** What was destroyed while this device was away, for whatever reason: here it goes too. */
  async loadDestroyed(until: number): Promise<void> {
    while (until > this.#destroyedAt && !this.ward.closed()) {
      const after = this.#destroyedAt;
      const { entries, at } = await this.ward.remote.threads.destroyed(this.id, after);
      await this.take(entries, false);
      if (at <= after) return;
      await this.run(async () => {
        this.#destroyedAt = at;
        if (!this.ward.closed()) await this.save();
      });
    }
  }

  learnMarks(marks: readonly Mark[]): void {
    for (const mark of marks) {
      const before = this.marks.get(mark.person);
      if (before && before.reachedSeq >= mark.reachedSeq && before.seenSeq >= mark.seenSeq) continue;
      this.marks.set(mark.person, mark);
      if (mark.person === this.ward.me.id) this.#seenSeq = Math.max(this.#seenSeq, mark.seenSeq);
    }
    this.#events.changed(this);
  }

  /** Some originals may have been destroyed while nobody was here to hear it. */
  async learnFilings(filings: readonly Filing[]): Promise<void> {
    for (const filing of filings) {
      if (overtakes(filing, this.filings.get(filing.filing))) this.filings.set(filing.filing, filing);
    }
    const gone = filings.filter(({ destroyedAt }) => destroyedAt).flatMap(({ sources }) => sources);
    const stale = gone.map((id) => this.log.message(id)).filter((entry) => entry?.kind === 'message');
    this.#events.changed(this);
    if (stale.length > 0) await this.again(stale.flatMap((entry) => entry?.seq ?? []));
  }

  /** For a thread in which something was decided: once, and again after a doubt. */
  loadFilings(): Promise<void> {
    if (this.left) return Promise.resolve();
    return this.#askedFilings.need(async () => {
      const asOf = { seq: Math.max(this.log.seq, this.head?.seq ?? 0), at: this.ward.now() };
      await this.askFilings(async () => (await this.ward.remote.filings.list(this.id)).filings);
      this.filingsKnown = true;
      this.filingsAsOf = asOf;
      this.#events.changed(this);
    });
  }

  /** The live connection may bring later news of a filing while an answer is on its way: that one stands. */
  async askFilings(ask: () => Promise<readonly Filing[]>): Promise<void> {
    const before = new Map(this.filings);
    const answer = await ask();
    await this.learnFilings(answer.filter(({ filing }) => this.filings.get(filing) === before.get(filing)));
  }

  /** After something that changes what the server says of them. */
  async reloadFilings(): Promise<void> {
    this.#askedFilings.again();
    await this.loadFilings().catch(() => undefined);
  }

  /** The server may have said something of the decisions that was not heard here: whoever draws the thread next asks. */
  doubtDecisions(): void {
    this.#askedFilings.again();
    this.#askedLives.again();
    this.#events.changed(this);
  }

  learnDecisions(decisions: readonly Decision[]): void {
    for (const each of decisions) {
      const known = this.lives.get(each.decision);
      if (!known || each.changedAt >= known.changedAt) this.lives.set(each.decision, each);
    }
    this.#events.changed(this);
  }

  /** For a thread in which something was decided, when somebody opens it. */
  loadDecisions(): Promise<void> {
    if (this.left) return Promise.resolve();
    // One that was marked since is new to this.
    const count = decisionCount(this);
    if (this.#livesOf < count) this.#askedLives.again();
    this.#livesOf = count;
    return this.#askedLives.need(async () => {
      const { decisions } = await this.ward.remote.decisions.list(this.id);
      this.learnDecisions(decisions);
    });
  }

  async loadMarks(): Promise<void> {
    if (this.marksKnown || this.left) return;
    const { marks } = await this.ward.remote.threads.marks(this.id);
    this.marksKnown = true;
    this.learnMarks(marks);
  }

  /** True when it is news. */
  markSeen(seq: number): boolean {
    const upTo = Math.min(seq, this.log.seq);
    if (upTo <= this.seenSeq) return false;
    this.#seenSeq = upTo;
    this.#events.changed(this);
    return true;
  }

  changed(): void {
    this.#events.changed(this);
  }

  /** The newest state that can be opened: its name, and in a patient thread whose it is. */
  async openState(): Promise<void> {
    const { newest, membership } = this.records;
    if (this.left) {
      // Membership decides who is told whose patient it is (R13): from the moment on, not from the next start.
      [this.state, this.patient, this.#stateOf] = [undefined, null, 0];
      this.identities.clear();
    }
    if (!newest || !membership || this.left || this.#stateOf === newest.epoch.core.epoch) return;
    try {
      const state = await this.secrets.state(newest.epoch.core.epoch);
      if (!state) return;
      const patient = await patientIn(this, newest.epoch, state);
      [this.state, this.patient, this.#stateOf] = [state, patient, newest.epoch.core.epoch];
    } catch (thrown) {
      if (!(thrown instanceof Refusal)) throw thrown;
      if (thrown instanceof ServedWrong) {
        this.freeze({ why: 'refused', code: thrown.code }, newest.seq);
        return;
      }
      // Its author sealed something else than they had to: these keys are not used, and not by me alone.
      this.secrets.spoil(newest.epoch.core.epoch, thrown.code);
    }
  }

  /** Stops the thread for good on this device, and says so to whoever runs the service. What was verified stays readable. */
  freeze(what: Contradiction, seq = this.log.seq + 1): void {
    if (this.records.freeze(frozenAs(what, seq, this.ward.now()))) this.#keepFrozen();
    this.#events.changed(this);
  }

  /** A report that did not arrive is sent with the next chance. */
  async reportFrozen(): Promise<void> {
    const { frozen } = this.records;
    if (!frozen || this.ward.closed()) return;
    const kept = (await this.ward.cabinet.get('frozen', this.id)) as KeptFrozen | undefined;
    if (kept?.reported) return;
    await report(this.ward, this.id, this.bytes, frozen);
    await this.ward.cabinet.put('frozen', this.id, { frozen, reported: true } satisfies KeptFrozen);
  }

  #keepFrozen(): void {
    const { frozen } = this.records;
    if (!frozen) return;
    this.#reporting = this.ward.cabinet
      .put('frozen', this.id, { frozen, reported: false } satisfies KeptFrozen)
      .then(() => this.reportFrozen())
      .catch(() => undefined); // it is tried again when the thread is opened
  }

  /** Somebody goes on elsewhere. Remembered on this device as long as the thread. */
  continueIn(where: Elsewhere): void {
    if (this.goesOn) return;
    this.goesOn = where;
    void this.run(async () => (this.ward.closed() ? undefined : this.save())).catch(() => undefined);
    this.#events.changed(this);
  }

  /** Remembered on this device until the patient is linked anew. */
  learnStanding(standing: Standing): void {
    this.standing = standing;
    void this.run(async () => (this.ward.closed() ? undefined : this.save())).catch(() => undefined);
    this.#events.changed(this);
  }

  /** The report that is on its way. */
  get reporting(): Promise<void> {
    return this.#reporting;
  }

  /** Remembers who decided, on this device, as long as the thread itself. */
  rememberDecided(decision: string, decided: Decided): void {
    if (decided.by.length === 0 || this.decided.has(decision)) return;
    this.decided.set(decision, decided);
    this.#keepSoon();
  }

  /** Remembers by what a decision was made again: its words go with their originals, and nobody must be asked to decide it once more. */
  rememberAgain(decision: string, made: MadeAgain): void {
    if (this.madeAgain.get(decision)?.by === made.by) return;
    this.madeAgain.set(decision, made);
    this.#keepSoon();
  }

  /** What is not kept now is kept with the next entry. */
  #keepSoon(): void {
    void this.run(async () => (this.ward.closed() ? undefined : this.save())).catch(() => undefined);
  }

  /** For the vault and for this device: what must not be gone back behind. */
  get bookmarkNow(): Bookmark | undefined {
    const { membership, newest, frozen } = this.records;
    if (!membership || this.log.seq === 0) return undefined;
    // What was believed before it was frozen must not be forgotten: it shows the same to my other devices.
    if (frozen) return this.bookmark;
    return {
      thread: this.bytes,
      membershipSeq: membership.current.seq,
      membershipHead: membership.current.head,
      epoch: newest?.epoch.core.epoch ?? 0,
      seq: this.log.seq,
      logHash: this.log.logHash,
    };
  }

  async save(): Promise<void> {
    const kept: Kept = {
      checkpoint: this.log.checkpoint,
      secrets: this.secrets.kept,
      seenSeq: this.#seenSeq,
      destroyedAt: this.#destroyedAt,
      ...(this.goesOn ? { goesOn: this.goesOn } : {}),
      ...(this.standing ? { standing: this.standing } : {}),
      decided: Object.fromEntries(this.decided),
      ...(this.madeAgain.size > 0 ? { again: Object.fromEntries(this.madeAgain) } : {}),
    };
    const put: Filed[] = [...this.log.changes(this.id), { kind: 'thread', name: this.id, value: kept }];
    await this.ward.cabinet.change({ put });
  }

  /** Nothing readable is left in memory. */
  erase(): void {
    this.secrets.erase();
    this.reading.clear();
    this.notes.clear();
    this.state = undefined;
    this.patient = null;
    this.identities.clear();
  }

  async #take(entries: readonly Bytes[], fresh: boolean): Promise<void> {
    const destroyed: number[] = [];
    let offered: Bytes | undefined;
    try {
      for (const bytes of entries) {
        if (this.ward.closed() || this.#stopped) break;
        offered = bytes;
        const { what, seq } = await this.log.offer(bytes);
        if (what === 'ahead') {
          await this.#fetch();
          break;
        }
        if (what === 'destroyed') destroyed.push(seq);
        if (what === 'new') this.#checkBookmark();
      }
    } catch (thrown) {
      if (!(thrown instanceof Refusal)) throw thrown;
      // The next frame may have been damaged or out of place; what the server answers to a question may not, nor may it take
      // the place of something that is here.
      if (fresh && offered && !this.log.knows(offered)) await this.#fetch();
      else this.freeze(await this.#parted(offered, thrown));
    }
    await this.#settle(destroyed);
  }

  /** How a log that was offered parts from the one that is here. */
  async #parted(offered: Bytes | undefined, { code }: Refusal): Promise<Contradiction> {
    const { bookmark, log, ward } = this;
    if (bookmark && log.seq === bookmark.seq && !equal(log.logHash, bookmark.logHash)) {
      return { why: 'bookmark', code, place: bookmark.seq, seen: bookmark.logHash, shown: log.logHash };
    }
    const theirs = await offeredStatement(ward, offered);
    const { seq: place, logHash: shown } = placeOf(offered);
    const ours = log.entry(place);
    if (ours) {
      return {
        why: 'forked-log',
        code,
        place,
        seen: ours.logHash,
        shown,
        ...between(await statementOf(ward, ours), theirs),
      };
    }
    const why = offered && theirs?.author && log.sawAnother(offered) ? 'split-view' : 'refused';
    return { why, code, place, shown, ...between(theirs) };
  }

  async #settle(destroyed: number[]): Promise<void> {
    const gone = destroyed.flatMap((seq) => {
      this.reading.forget(seq);
      const entry = this.log.entry(seq);
      return entry?.kind === 'tombstone' ? [uuidText(entry.tombstone.message)] : [];
    });
    this.wanting = true;
    try {
      const before = this.records.frozen;
      await this.records.settle();
      if (!before && this.records.frozen) this.#keepFrozen();
      this.wanting = false;
      await this.openState().catch(this.#unlessOurs);
      this.secrets.forgetGrants();
      this.settled = true;
      await this.save();
      this.complaints.settled();
    } finally {
      if (gone.length > 0) this.#events.destroyed(this, gone);
      // Also when something is wanting: whoever hears of it sees to it that it is tried again.
      this.#events.changed(this);
    }
  }

  /** What the server did not answer is asked for again later; it must not keep what arrived from being kept. */
  readonly #unlessOurs = (thrown: unknown): void => {
    if (!(thrown instanceof Unreachable || thrown instanceof Problem)) throw thrown;
    this.wanting = true;
  };

  async #fetch(): Promise<void> {
    for (let more = true; more && !this.ward.closed() && !this.#stopped; ) {
      const before = this.log.seq;
      const page = await this.ward.remote.threads.log(this.id, before).catch((thrown: unknown) => {
        if (isProblem(thrown, 'thread_unknown')) return { entries: [], more: false };
        throw thrown;
      });
      await this.#take(page.entries, false);
      more = page.more && this.log.seq > before;
    }
  }

  #checkBookmark(): void {
    const { bookmark, log } = this;
    if (!bookmark || log.seq !== bookmark.seq) return;
    if (!equal(log.logHash, bookmark.logHash)) throw new Refusal('rolled_back', 'another log than was seen before');
  }

  /** Nothing is taken beyond the place where the thread was frozen. */
  get #stopped(): boolean {
    const { frozen } = this.records;
    return frozen !== undefined && this.log.seq + 1 >= frozen.seq;
  }
}

/** Kept apart from the thread, with what a later sign-in must not fall behind. */
type KeptFrozen = { frozen: Frozen; reported: boolean };

function placeOf(offered: Bytes | undefined): { seq: number; logHash: Bytes } {
  try {
    if (offered) return decode(logEntry, offered);
  } catch {
    // Not a log entry at all.
  }
  return { seq: 0, logHash: bytesOf(32) };
}

function decisionCount({ log }: Thread): number {
  let count = 0;
  for (const entry of log.from(1)) {
    if (entry.kind === 'message' && entry.header.kind === 'decision') count += 1;
    if (entry.kind === 'tombstone' && entry.tombstone.kind === decisionKind) count += 1;
  }
  return count;
}

const decisionKind = 2;
