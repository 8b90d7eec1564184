/**
 * Keeping up: a live connection when there is one, questions over HTTP when there is none, and after every gap the missing entries by
 * their seq. The server's word decides nothing here; it says where to look.
 */
import type { Bytes } from '../../crypto/bytes.ts';
import { systemRandom } from '../../crypto/domain.ts';
import { base64url, fromUuidText } from '../../crypto/names.ts';
import type { Connection, LockCause, ThreadId } from '../contract.ts';
import type { Env } from '../env.ts';
import { Unreachable, isProblem } from '../fault.ts';
import type { Accepted, Head } from '../remote/shapes.ts';
import { threadOf } from '../thread/log.ts';
import type { Threads } from '../thread/threads.ts';
import type { Ward } from '../ward.ts';
import { Live, type LiveEvent } from './live.ts';

export type SyncHooks = {
  connection: (state: Connection['state']) => void;
  /** Everything the server had is here. */
  synced: () => void;
  over: (cause: LockCause) => void;
};

const firstWait = 1000;
const longestWait = 30_000;
const pollEvery = 10_000;
const pingEvery = 15_000;
/** Without a live connection nobody tells what becomes of decisions. */
const decisionsEvery = 30_000;
/** What was announced and could not be fetched is asked for again. */
const askAgainAfter = 10_000;
/** Threads wait for the disk, the network and the cryptography most of the time: several do so together, the first come first. */
const threadsAtOnce = 8;
/** A connection that answers nothing for this long is dead. */
const answerTime = 8000;

export class Sync {
  readonly #env: Env;
  /** Which page this is: two that connect by turns are two copies of one browser, and the server notices (docs/protocol.md, section 13). */
  readonly #desk = base64url(systemRandom(16));
  readonly #ward: Ward;
  readonly #threads: Threads;
  readonly #hooks: SyncHooks;
  readonly #pending = new Map<ThreadId, Bytes[]>();
  readonly #reached = new Map<ThreadId, number>();
  #live: Live | undefined;
  /** The threads that were here when the server was asked for its heads. */
  #asked: ThreadId[] = [];
  #synced = false;
  #failures = 0;
  #lastSync: number | undefined;
  #state: Connection['state'] = 'connecting';
  #stopped = false;
  #flushing: Promise<void> = Promise.resolve();
  #connecting = false;
  readonly #cancel: (() => void)[] = [];
  /** Timers of which there is one at a time. */
  readonly #timers = new Map<'connect' | 'poll' | 'silence', () => void>();

  constructor(env: Env, ward: Ward, threads: Threads, hooks: SyncHooks) {
    this.#env = env;
    this.#ward = ward;
    this.#threads = threads;
    this.#hooks = hooks;
  }

  get state(): Connection['state'] {
    return this.#state;
  }

  get lastSync(): number | undefined {
    return this.#lastSync;
  }

  start(): void {
    void this.#connect();
    this.#cancel.push(this.#env.clock.every(pingEvery, () => this.#beat()));
    this.#cancel.push(this.#env.onNetwork((up) => this.#network(up)));
  }

  stop(): void {
    this.#stopped = true;
    for (const cancel of [...this.#cancel, ...this.#timers.values()]) cancel();
    this.#live?.close();
  }

  /** Sealed bytes to the server: over the live connection, or by a request. */
  readonly post = async (thread: ThreadId, message: Bytes, half: Bytes): Promise<Accepted> => {
    const live = this.#live;
    if (!live?.isOpen) return this.#ward.remote.threads.send(thread, message, half);
    let cancel: (() => void) | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      cancel = this.#env.after(answerTime, () => {
        reject(new Unreachable('no answer'));
        live.close();
      });
    });
    try {
      return await Promise.race([live.post(message, half), late]);
    } finally {
      cancel?.();
    }
  };

  /** The person has seen a thread up to here; also tells the server that somebody is there. */
  seen(thread: ThreadId, seq: number): void {
    if (this.#live?.isOpen) this.#live.mark('seen', thread, seq);
    else void this.#ward.remote.threads.seen(thread, seq).catch(() => undefined);
  }

  /** A change of one thread was announced, or is suspected. */
  async refresh(id: ThreadId): Promise<void> {
    const head = await this.#ward.remote.threads.head(id);
    const thread = this.#threads.ensure(id);
    thread.learnHead(head);
    await thread.catchUp();
    this.#tellReached();
  }

  /** A cable that was pulled is known at once; a socket would wait for its silence. */
  #network(up: boolean): void {
    this.#failures = 0;
    if (up) {
      void this.#connect();
    } else {
      this.#live?.close();
      this.#become('offline');
    }
  }

  async #connect(): Promise<void> {
    if (this.#stopped || this.#live || this.#connecting) return;
    this.#connecting = true;
    if (this.#state !== 'online') this.#become('connecting');
    try {
      const { ticket } = await this.#ward.remote.liveTicket();
      const query = new URLSearchParams({ ticket, desk: this.#desk });
      if (!this.#stopped) this.#open(`${this.#env.socketOrigin}/v1/live?${query.toString()}`);
    } catch (thrown) {
      this.#failures += 1;
      if (thrown instanceof Unreachable) this.#become('offline');
      this.#again();
    } finally {
      this.#connecting = false;
    }
  }

  #open(url: string): void {
    this.#live = new Live(this.#env.openSocket, url, {
      opened: () => {
        const have = this.#threads.have();
        this.#asked = Object.keys(have);
        this.#live?.sync(have);
      },
      event: (event) => void this.#heed(event).catch(() => undefined),
      entry: (bytes) => this.#entry(bytes),
      heard: () => this.#stillUpToDate(),
      closed: (wasOpen) => this.#closed(wasOpen),
    });
  }

  #closed(wasOpen: boolean): void {
    this.#live = undefined;
    this.#synced = false;
    if (this.#stopped) return;
    this.#threads.caughtUp();
    // The server can be asked although no socket comes through: then that is the way.
    this.#failures += 1;
    this.#become('connecting');
    if (!wasOpen) void this.#poll();
    this.#again();
  }

  #again(): void {
    const wait = Math.min(longestWait, firstWait * 2 ** Math.min(this.#failures - 1, 10));
    this.#later('connect', wait * (0.5 + this.#env.chance() / 2), () => void this.#connect());
  }

  /** Without a live connection: where all threads stand, and what is missing of each. */
  async #poll(): Promise<void> {
    if (this.#stopped || this.#live?.isOpen) return;
    try {
      const before = Object.keys(this.#threads.have());
      const { threads } = await this.#ward.remote.threads.heads();
      this.#heads(threads, before, decisionsEvery);
      await inParallel(threads, threadsAtOnce, async ({ thread, seq }) => {
        const known = this.#threads.ensure(thread);
        if (known.log.seq < seq) await known.catchUp();
      });
      this.#threads.caughtUp();
      await this.#upToDate();
      this.#later('poll', pollEvery, () => void this.#poll());
    } catch (thrown) {
      if (thrown instanceof Unreachable) this.#become('offline');
    }
  }

  #beat(): void {
    const live = this.#live;
    if (!live?.isOpen) return;
    const heard = live.heard;
    live.ping();
    this.#later('silence', answerTime, () => {
      if (this.#live === live && live.heard === heard) live.close();
    });
  }

  async #heed(event: LiveEvent): Promise<void> {
    switch (event.type) {
      case 'heads':
        this.#heads(event.threads, this.#asked);
        return;
      case 'synced':
        await this.#flush();
        this.#failures = 0;
        this.#synced = true;
        this.#threads.caughtUp();
        return this.#upToDate();
      case 'marks':
        this.#threads.get(event.thread)?.learnMarks(event.marks);
        return;
      case 'thread':
        return this.refresh(event.thread).catch((thrown: unknown) => {
          if (isProblem(thrown, 'thread_unknown')) return;
          this.#env.after(askAgainAfter, () => void (this.#stopped || this.#heed(event)));
        });
      case 'filing':
        return this.#threads.get(event.thread)?.learnFilings([event.filing]);
      case 'decision':
        return this.#threads.get(event.thread)?.learnDecisions([event.decision]);
      case 'log':
        if (await this.#ward.people.refresh([fromUuidText(event.person)])) this.#threads.personChanged(event.person);
        // What my own log says of me is shown beside the connection.
        if (event.person === this.#ward.me.id) this.#hooks.connection(this.#state);
        return;
      case 'resync':
        this.#live?.close();
        return;
      case 'locked':
        this.#hooks.over('idle');
        return;
      case 'ended':
        this.#hooks.over('revoked');
        return;
    }
  }

  #heads(heads: readonly Head[], before: readonly ThreadId[], rest?: number): void {
    this.#threads.learnHeads(heads);
    this.#threads.doubtDecisions(heads, rest);
    this.#threads.missing(before, new Set(heads.map(({ thread }) => thread)));
  }

  #entry(bytes: Bytes): void {
    let id: ThreadId;
    try {
      id = base64url(threadOf(bytes));
    } catch {
      return; // not a log entry: what it should have been is asked for at the next gap
    }
    const pending = this.#pending.get(id) ?? [];
    pending.push(bytes);
    this.#pending.set(id, pending);
    if (pending.length === 1) this.#env.after(0, () => void this.#flush());
  }

  /** What has come in goes to its threads, each thread's entries together. */
  #flush(): Promise<void> {
    if (this.#stopped) return Promise.resolve();
    const fresh = this.#synced;
    const batches = [...this.#pending];
    this.#pending.clear();
    this.#flushing = this.#flushing.then(async () => {
      await inParallel(
        batches,
        threadsAtOnce,
        ([id, entries]) =>
          this.#threads
            .ensure(id)
            .take(entries, fresh)
            .catch(() => undefined), // without the network it is asked for again
      );
      this.#tellReached();
    });
    return this.#flushing;
  }

  async #upToDate(): Promise<void> {
    await this.#ward.people.refresh().catch(() => undefined);
    if (this.#stopped) return;
    void this.#threads.retry();
    this.#lastSync = this.#ward.now();
    this.#become('online');
    this.#hooks.synced();
    this.#tellReached();
  }

  /** While the connection stands, what there is arrives by itself: each frame, a heartbeat too, moves the time that is told without it. */
  #stillUpToDate(): void {
    if (this.#synced && this.#state === 'online') this.#lastSync = this.#ward.now();
  }

  /** "Phone reached": everything up to here is stored on this device. */
  #tellReached(): void {
    for (const thread of this.#threads.all) {
      const { seq } = thread.log;
      if (thread.left || (this.#reached.get(thread.id) ?? 0) >= seq) continue;
      this.#reached.set(thread.id, seq);
      if (this.#live?.isOpen) this.#live.mark('reached', thread.id, seq);
      else void this.#ward.remote.threads.reached(thread.id, seq).catch(() => this.#reached.delete(thread.id));
    }
  }

  #later(what: 'connect' | 'poll' | 'silence', ms: number, run: () => void): void {
    this.#timers.get(what)?.();
    this.#timers.set(what, this.#env.after(ms, run));
  }

  #become(state: Connection['state']): void {
    if (this.#stopped || state === this.#state) return;
    this.#state = state;
    this.#hooks.connection(state);
  }
}

/** In order, some of them at a time. The first failure is told when those that had begun are done. */
async function inParallel<T>(all: readonly T[], most: number, run: (one: T) => Promise<void>): Promise<void> {
  const waiting = [...all].reverse();
  const next = async (): Promise<void> => {
    for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) await run(one);
  };
  const done = await Promise.allSettled(Array.from({ length: Math.min(most, all.length) }, next));
  for (const each of done) if (each.status === 'rejected') throw each.reason;
}
