/**
 * Everything that can be done while the keys are in memory. A desk is opened by a password and closed by a lock; what it held is
 * erased then, and nothing on it can be used again.
 */
import { type Inner, MAX_TEXT, type Reference } from '../crypto/inner.ts';
import { base64url, fromUuidText, uuidText } from '../crypto/names.ts';
import { deviceSigner } from '../crypto/signer.ts';
import type { Acts } from './acts.ts';
import { decisionWords } from './compose/decision.ts';
import { Drafts } from './compose/drafts.ts';
import type {
  Connection,
  DecisionDraft,
  Finding,
  LockCause,
  MessageId,
  ThreadChange,
  ThreadId,
  ThreadSummary,
  ThreadView,
} from './contract.ts';
import type { Env } from './env.ts';
import { Fault, isProblem } from './fault.ts';
import { late } from './late.ts';
import { Outbox } from './outbox/outbox.ts';
import { isBlank } from './marks.ts';
import { numbersOf } from './patient/patient.ts';
import { Ledger, evidenceOf } from './people/ledger.ts';
import { People } from './people/people.ts';
import { rememberedOf } from './session/account.ts';
import { keptNewest } from './session/newest.ts';
import { owedKeys } from './session/owed.ts';
import type { SignedIn } from './session/signin.ts';
import { Trust } from './session/trust.ts';
import { VaultKeeper } from './session/vault.ts';
import { Cabinet } from './store/cabinet.ts';
import type { Store } from './store/store.ts';
import { Sync } from './sync/sync.ts';
import { referenceTo } from './thread/content.ts';
import { readDecisions } from './thread/filings.ts';
import { correctionOf } from './thread/life.ts';
import { spaceOf } from './thread/head.ts';
import type { MessageEntry } from './thread/log.ts';
import { confirmFirst } from './thread/confirmed.ts';
import { mayWrite } from './thread/rotate.ts';
import type { Thread } from './thread/thread.ts';
import { Threads } from './thread/threads.ts';
import type { View } from './thread/view.ts';
import type { Ward } from './ward.ts';

export type DeskHooks = {
  inbox: (summaries: ThreadSummary[]) => void;
  connection: () => void;
  thread: (thread: ThreadId, change: ThreadChange) => void;
  over: (cause: LockCause) => void;
  /** The server's time. */
  now: () => number;
};

/** What opens a thread, what checks what is written in it, and everything else that is done. */
const opening = late(() => import('./thread/view.ts'));
const checks = late(() => import('./compose/check.ts'));
const acting = late(() => import('./acts.ts'));

/** How long after the threads are there the rest is fetched. */
const actsAfter = 5000;
/** Somebody who opens a thread again within this time is told of its decisions what they were told before, and what was announced since. */
const decisionsFresh = 5000;
const bookmarkAfter = 20_000;
const bookmarkEvery = 300_000;

export class Desk {
  readonly ward: Ward;
  readonly threads: Threads;
  readonly outbox: Outbox;
  readonly drafts: Drafts;
  readonly sync: Sync;
  readonly vault: VaultKeeper;
  readonly #views = new Map<ThreadId, View>();
  readonly #hooks: DeskHooks;
  readonly #cancel: (() => void)[] = [];
  readonly #env: Env;
  #acts: Promise<Acts> | undefined;
  #actsPlanned = false;
  #closed = false;

  private constructor(env: Env, disk: Store, signedIn: SignedIn, cabinet: Cabinet, hooks: DeskHooks) {
    const { account, device, session } = signedIn;
    this.#hooks = hooks;
    this.#env = env;
    const { remote, clock } = env;
    const trust = new Trust(remote, clock, account.chain);
    const alarmed = () => hooks.connection();
    const ledger = new Ledger({ remote, cabinet, trust, now: hooks.now, after: env.after, alarmed });
    const people = new People({ remote, cabinet, trust, ledger, organisation: session.organisation });
    people.adopt(account.log, account.entries);
    people.learn([{ ...session, enrolled: true, left: false }]);
    this.ward = {
      remote,
      cabinet,
      clock,
      trust,
      people,
      ledger,
      me: {
        person: account.person,
        id: uuidText(account.person),
        device: device.device,
        signer: deviceSigner(device.key),
      },
      organisation: session.organisation,
      policy: account.policy,
      seed: (generation) => this.vault.seed(generation),
      after: env.after,
      shared: device.kind === 'shared',
      now: hooks.now,
      closed: () => this.#closed,
    };
    this.vault = new VaultKeeper(remote, disk, account, () => hooks.over('changed'));
    this.drafts = new Drafts(cabinet);
    this.threads = new Threads(env, this.ward, this.vault.bookmarks, {
      parts: (id) => ({ waiting: this.outbox.of(id), hasDraft: this.drafts.has(id) }),
      inbox: hooks.inbox,
      changed: (thread) => void this.#views.get(thread.id)?.refresh(),
      destroyed: (thread, messages) => this.#destroyed(thread, messages),
    });
    this.sync = new Sync(env, this.ward, this.threads, {
      connection: () => hooks.connection(),
      synced: () => this.#synced(),
      over: hooks.over,
    });
    this.outbox = new Outbox({
      ward: this.ward,
      courier: this.sync.post,
      thread: (id) => this.threads.get(id),
      changed: (id) => this.#waitingChanged(id),
      accepted: (thread, { id, inner }) => this.#accepted(thread, id, inner),
    });
    const saveBookmarks = () => void this.vault.save(this.threads.bookmarks()).catch(() => undefined);
    this.#cancel.push(env.after(bookmarkAfter, saveBookmarks), clock.every(bookmarkEvery, saveBookmarks));
  }

  static async open(env: Env, disk: Store, signedIn: SignedIn, hooks: DeskHooks): Promise<Desk> {
    const { account, device } = signedIn;
    const shared = device.kind === 'shared';
    const person = uuidText(account.person);
    const seeds = account.vault.vault.generations.map(({ seed }) => seed);
    const newest = seeds.pop() ?? account.key.ak;
    const cabinet = await Cabinet.open(disk, newest, { person, shared });
    const desk = new Desk(env, disk, signedIn, cabinet, hooks);
    const { store } = rememberedOf(account);
    if (((await keptNewest(disk, person))?.store ?? store) < store) await cabinet.reseal(seeds);
    await desk.vault.remember(store);
    await desk.ward.ledger.load();
    await desk.ward.people.load();
    desk.ward.people.adopt(account.log, account.entries);
    await desk.drafts.load();
    await desk.outbox.load();
    await desk.threads.load();
    desk.sync.start();
    return desk;
  }

  /** Erases what can be erased and lets go of the rest. */
  close(): void {
    this.#closed = true;
    this.sync.stop();
    for (const cancel of this.#cancel) cancel();
    for (const view of this.#views.values()) view.close();
    this.#views.clear();
    this.ward.ledger.close();
    this.threads.erase();
    this.drafts.clear();
    this.ward.cabinet.close();
    this.vault.erase();
  }

  connection(skewMs: number): Connection {
    const { lastSync, state } = this.sync;
    return {
      state,
      ...(lastSync === undefined ? {} : { lastSync }),
      queued: this.outbox.count,
      ...this.#alarm(),
      ...this.#renew(),
      ...(Math.abs(skewMs) > 60_000 ? { skewMs } : {}),
    };
  }

  async openThread(id: ThreadId): Promise<ThreadView> {
    const known = this.threads.get(id);
    if (!known?.membership && !known?.records.frozen) await this.fetch(id);
    // A report of a stopped thread that did not arrive goes with the next look at it.
    void known?.reportFrozen().catch(() => undefined);
    const { View } = await opening();
    if (this.#closed) throw new Fault('locked');
    const thread = this.threads.need(id);
    this.#views.get(id)?.close();
    const view = new View(thread, {
      outbox: this.outbox,
      drafts: this.drafts,
      threads: this.threads,
      emit: (change) => this.#hooks.thread(id, change),
    });
    const opened = await view.open();
    this.#views.set(id, view);
    // What became of its decisions may have passed this device by: the page does not wait for it.
    if (this.sync.state === 'online')
      this.threads.doubtDecisions([{ thread: id, seq: thread.log.seq }], decisionsFresh);
    // What came while the page was being made is told as a change.
    void view.refresh();
    if (thread.lives.size > 0)
      void this.acts().then(
        ({ decisions }) => decisions.settle(thread),
        () => undefined,
      );
    return opened;
  }

  closeThread(id: ThreadId): void {
    this.#views.get(id)?.close();
    this.#views.delete(id);
  }

  async olderItems(id: ThreadId, before: number, limit: number) {
    const view = this.#views.get(id);
    if (!view) throw new Fault('thread_unknown');
    return view.older(before, limit);
  }

  markSeen(id: ThreadId, upTo: number): void {
    const thread = this.threads.need(id);
    if (thread.markSeen(upTo)) this.sync.seen(id, thread.seenSeq);
  }

  /** Tells the server that somebody is there, who may be reading and sending nothing. */
  present(): void {
    const thread = [...this.#views.values()][0]?.thread ?? this.threads.all.find(({ left }) => !left);
    if (thread) this.sync.seen(thread.id, thread.seenSeq);
  }

  /** The checks are a part of their own: they are needed when somebody writes. */
  async checkText(id: ThreadId, text: string): Promise<Finding[]> {
    const { check } = await checks();
    const thread = this.threads.need(id);
    return check(text, { space: spaceOf(thread), numbers: numbersOf(thread.identities.values()) }, this.ward.now());
  }

  async send(arg: {
    thread: ThreadId;
    text: string;
    replyTo?: MessageId;
    emergencyReason?: string;
  }): Promise<{ key: string }> {
    const thread = this.threads.need(arg.thread);
    mayWrite(thread);
    const reason = arg.emergencyReason?.trim() ?? '';
    await this.#insistClean(thread, arg.text, reason !== '');
    await this.#insistClean(thread, reason, true);
    const text = reason === '' ? arg.text : `${arg.text}\n\nSent without a patient link: ${reason}`;
    const replyTo = arg.replyTo === undefined ? {} : { replyTo: referenceTo(this.#message(thread, arg.replyTo)) };
    const { id } = await this.outbox.queue(thread.id, { kind: 'text', text: withinLimits(text), ...replyTo });
    await this.saveDraft(thread.id, '');
    return { key: id };
  }

  async markDecision(
    id: ThreadId,
    draft: DecisionDraft,
    compared: boolean,
    corrects?: MessageId,
  ): Promise<{ key: string }> {
    const thread = this.threads.need(id);
    mayWrite(thread);
    const words = decisionWords(draft, (ids) =>
      ids
        .map((each) => this.#message(thread, each))
        .sort((a, b) => a.seq - b.seq)
        .map(referenceTo),
    );
    if (corrects !== undefined) await this.#insistFirst(thread, corrects);
    await this.#insistClean(thread, words.text, false);
    const inner = {
      kind: 'decision' as const,
      ...words,
      text: words.text === '' ? '' : withinLimits(words.text),
      ...(corrects === undefined ? {} : { corrects: this.#named(thread, corrects) }),
    };
    await confirmFirst(thread, this.outbox, compared);
    const { id: key } = await this.outbox.queue(id, inner);
    await this.saveDecisionDraft(id, undefined, corrects);
    return { key };
  }

  async saveDecisionDraft(id: ThreadId, draft: DecisionDraft | undefined, corrects?: MessageId): Promise<void> {
    await this.drafts.saveDecision(id, corrects, draft);
    const thread = this.threads.get(id);
    if (thread) this.threads.changed(thread);
  }

  async saveDraft(id: ThreadId, text: string, replyTo?: MessageId): Promise<void> {
    await this.drafts.save(id, { text, at: this.ward.now(), ...(replyTo ? { replyTo } : {}) });
    const thread = this.threads.get(id);
    if (thread) this.threads.changed(thread);
  }

  /**
   * What is done now and then: it is fetched when it is first needed, or soon after everything else is there.
   */
  async acts(): Promise<Acts> {
    this.#acts ??= acting().then(
      ({ Acts }) => new Acts(this),
      (thrown: unknown) => {
        this.#acts = undefined;
        throw thrown;
      },
    );
    const acts = await this.#acts;
    if (this.#closed) throw new Fault('locked');
    return acts;
  }

  /** A thread that has just been made, or that the server named. */
  async fetch(id: ThreadId): Promise<ThreadId> {
    await this.sync.refresh(id).catch((thrown: unknown) => {
      if (isProblem(thrown, 'thread_unknown')) throw new Fault('thread_unknown');
      throw thrown;
    });
    return id;
  }

  /** What the checks stop is stopped here too, whatever the screen did; what they ask about needs a reason. */
  async #insistClean(thread: Thread, text: string, asked: boolean): Promise<void> {
    const findings = await this.checkText(thread.id, text);
    refuseStopped(findings);
    if (findings.length > 0 && !asked) throw new Fault('stopped_unlinked');
  }

  /** One correction of a decision at a time, those that have not gone yet among them. */
  async #insistFirst(thread: Thread, decision: MessageId): Promise<void> {
    await readDecisions(thread);
    const waits = this.outbox
      .of(thread.id)
      .some(({ inner, failed }) => inner.kind === 'decision' && !failed && inner.corrects?.message === decision);
    if (waits || correctionOf(thread, decision)) throw new Fault('corrected_first');
  }

  /** For what goes out beside a conversation's own words. */
  async insistClean(thread: Thread, text: string): Promise<void> {
    await this.#insistClean(thread, text, true);
  }

  /** A message that is there, or its tombstone. */
  #named(thread: Thread, id: MessageId): Reference {
    const entry = thread.log.message(id);
    if (!entry) throw new Fault('message_unknown');
    return { message: id, entry: base64url(entry.entryHash) };
  }

  #message(thread: Thread, id: MessageId): MessageEntry {
    const entry = thread.log.message(id);
    if (entry?.kind !== 'message') throw new Fault('message_unknown');
    return entry;
  }

  /** Two logs that contradict each other, in plain words. */
  #alarm(): Pick<Connection, 'alarm'> {
    const { alarm } = this.ward.ledger;
    if (!alarm) return {};
    const by = alarm.by === undefined ? undefined : this.ward.people.card(fromUuidText(alarm.by)).name;
    return { alarm: { ...(by === undefined ? {} : { by }), evidence: evidenceOf(alarm) } };
  }

  /** My own log has a new entry. */
  meChanged(): void {
    this.threads.personChanged(this.ward.me.id);
    this.#hooks.connection();
  }

  #renew(): Pick<Connection, 'renew'> {
    const renew = owedKeys(this.ward.people.log(this.ward.me.person));
    return renew ? { renew } : {};
  }

  #synced(): void {
    if (!this.#actsPlanned) {
      this.#actsPlanned = true;
      this.#cancel.push(this.#env.after(actsAfter, () => void this.#fetchAhead()));
    }
    this.outbox.pumpAll();
    void this.#acts?.then(({ decisions }) => decisions.settleOwed()).catch(() => undefined);
    this.#hooks.connection();
  }

  /** What does not come now is asked for again when it is needed. */
  async #fetchAhead(): Promise<void> {
    await opening().catch(() => undefined);
    if (!this.#closed) await this.acts().catch(() => undefined);
  }

  /** What an act was about is told the server as soon as it is in the log. */
  #accepted(thread: Thread, id: MessageId, inner: Inner): void {
    if (inner.kind !== 'withdraw' && inner.kind !== 'countersign') return;
    void this.acts()
      .then(({ decisions }) => decisions.tell(thread, id, inner))
      .catch(() => undefined);
  }

  #waitingChanged(id: ThreadId): void {
    const thread = this.threads.get(id);
    if (thread) this.threads.changed(thread);
    this.#hooks.connection();
  }

  #destroyed(thread: Thread, messages: string[]): void {
    void this.drafts.forget(thread.id, messages).catch(() => undefined);
    void this.#acts?.then(({ filings }) => filings.forget(thread.id)).catch(() => undefined);
  }
}

export function refuseStopped(findings: readonly Finding[]): void {
  const stopping = findings.find(({ stops }) => stops);
  if (stopping?.kind === 'hidden-mark') throw new Fault('stopped_hidden_mark');
  if (stopping) throw new Fault(stopping.kind === 'other-patient' ? 'stopped_other_patient' : 'stopped_identifier');
}

export function withinLimits(text: string): string {
  if (isBlank(text)) throw new Fault('text_missing');
  if (Array.from(text).length > MAX_TEXT) throw new Fault('text_too_long');
  return text;
}
