/**
 * What has been written and not yet accepted (docs/protocol.md, section 8.1).
 *
 * Invariants:
 * - A message is in a sealed record on this device before it is shown, and stays there until it stands in the thread's log.
 * - Its id never changes. Its bytes are kept before they go out; after a lost answer, a lock or a crash the server is asked for the
 *   id before they go again, and only a definite refusal of those very bytes lets it be sealed anew.
 * - A thread's messages go out one after the other, each chained to the one that was accepted before it.
 */
import { type Bytes, erase } from '../../crypto/bytes.ts';
import { encode } from '../../crypto/codec.ts';
import { type Inner, encodeInner, isSpoken } from '../../crypto/inner.ts';
import { logEntry } from '../../crypto/layouts/log.ts';
import { bytesOf } from '../../crypto/bytes.ts';
import type { LogHead } from '../../crypto/checkpoint.ts';
import { paddedSize, sealMessage } from '../../crypto/message.ts';
import { base64url, fromUuidText } from '../../crypto/names.ts';
import type { MessageId, ThreadId, WardError } from '../contract.ts';
import { Fault, Problem, Unreachable, isProblem, wardErrorOf } from '../fault.ts';
import type { Accepted } from '../remote/shapes.ts';
import { isOutdated } from '../thread/confirmed.ts';
import { allowedWhenQuarantined } from '../thread/quarantine.ts';
import { currentEpoch, isDue, mayAct, mayWrite, refreshMembers } from '../thread/rotate.ts';
import type { Thread } from '../thread/thread.ts';
import { newUuid } from '../uuid.ts';
import type { Ward } from '../ward.ts';

export type Waiting = {
  id: MessageId;
  thread: ThreadId;
  /** In the order of writing. */
  place: number;
  at: number;
  inner: Inner;
  sealed?: { message: Bytes; half: Bytes };
  failed?: WardError;
};

/** A message tells what this device knows of the Merkle log, where that makes it no longer on the wire (section 11.4). */
function withLog(inner: Inner, head: LogHead | undefined): Bytes {
  const plain = encodeInner(inner);
  if (!head || !isSpoken(inner)) return plain;
  const telling = encodeInner({ ...inner, log: { size: head.size, root: base64url(head.root) } });
  return paddedSize(telling.length) === paddedSize(plain.length) ? telling : plain;
}

/** Takes sealed bytes to the server by whatever way is open. */
export type Courier = (thread: ThreadId, message: Bytes, half: Bytes) => Promise<Accepted>;

export type OutboxOptions = {
  ward: Ward;
  courier: Courier;
  thread: (id: ThreadId) => Thread | undefined;
  changed: (thread: ThreadId) => void;
  /** It is in the log. */
  accepted: (thread: Thread, waiting: Waiting) => void;
};

const races = 8;

export class Outbox {
  readonly #options: OutboxOptions;
  readonly #waiting = new Map<MessageId, Waiting>();
  readonly #pumping = new Map<ThreadId, Promise<void>>();
  /** Bytes of theirs may have reached the server. */
  readonly #uncertain = new Set<MessageId>();
  #place = 0;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  async load(): Promise<void> {
    for (const { value } of await this.#options.ward.cabinet.all('outbox')) {
      const waiting = value as Waiting;
      this.#waiting.set(waiting.id, waiting);
      this.#place = Math.max(this.#place, waiting.place);
      if (waiting.sealed) this.#uncertain.add(waiting.id);
    }
  }

  get count(): number {
    return [...this.#waiting.values()].filter(({ failed }) => !failed).length;
  }

  of(thread: ThreadId): Waiting[] {
    return [...this.#waiting.values()].filter((each) => each.thread === thread).sort((a, b) => a.place - b.place);
  }

  /** Resolves when the message is safely on this device. */
  async queue(thread: ThreadId, inner: Inner): Promise<Waiting> {
    const { now } = this.#options.ward;
    this.#place += 1;
    const waiting: Waiting = { id: newUuid(now()), thread, place: this.#place, at: now(), inner };
    await this.#keep(waiting);
    void this.pump(thread);
    return waiting;
  }

  async retry(thread: ThreadId, id: MessageId): Promise<void> {
    const { failed, ...waiting } = this.#get(thread, id);
    if (!failed) return;
    await this.#keep(waiting);
    void this.pump(thread);
  }

  /** Takes a message back. One that the server has after all cannot be. */
  async discard(thread: ThreadId, id: MessageId): Promise<Inner> {
    const waiting = this.#get(thread, id);
    if (this.#uncertain.has(id)) {
      const found = this.#options.thread(thread);
      if (found && (await this.#arrived(found, waiting))) throw new Fault('message_sent');
    }
    await this.#drop(waiting);
    return waiting.inner;
  }

  /** Sends everything that waits. Called when there may be a way again. */
  pumpAll(): void {
    for (const thread of new Set([...this.#waiting.values()].map((each) => each.thread))) void this.pump(thread);
  }

  /** One at a time for each thread. */
  pump(id: ThreadId): Promise<void> {
    const running = this.#pumping.get(id);
    if (running) return running;
    const run = this.#run(id)
      .catch(() => undefined)
      .finally(() => this.#pumping.delete(id));
    this.#pumping.set(id, run);
    return run;
  }

  async #run(id: ThreadId): Promise<void> {
    for (;;) {
      const thread = this.#options.thread(id);
      const next = this.of(id).find(({ failed }) => !failed);
      if (!thread || !next || this.#options.ward.closed()) return;
      try {
        await this.#send(thread, next);
      } catch (thrown) {
        if (!isFinal(thrown)) return;
        // It may have been taken back meanwhile.
        const present = this.#waiting.get(next.id);
        if (present) await this.#keep({ ...present, failed: wardErrorOf(thrown) });
      }
    }
  }

  async #send(thread: Thread, first: Waiting): Promise<void> {
    let waiting = first;
    for (let race = 0; race < races; race++) {
      if (this.#uncertain.has(waiting.id) && (await this.#arrived(thread, waiting))) return;
      // It says nothing of the patient as they are linked now.
      if (isOutdated(thread, waiting.inner)) {
        await this.#drop(waiting);
        return;
      }
      if (!waiting.sealed) waiting = await this.#seal(thread, waiting);
      const { sealed } = waiting;
      if (!sealed) throw new Fault('unexpected');
      try {
        const accepted = await this.#options.courier(thread.id, sealed.message, sealed.half);
        this.#uncertain.add(waiting.id);
        await this.#adopt(thread, waiting, accepted);
        return;
      } catch (thrown) {
        waiting = await this.#afterRefusal(thread, waiting, thrown);
      }
    }
    throw new Fault('stale_epoch');
  }

  /** What to send next after an answer that was not a yes; throws when there is nothing. */
  async #afterRefusal(thread: Thread, waiting: Waiting, thrown: unknown): Promise<Waiting> {
    if (thrown instanceof Unreachable) {
      this.#uncertain.add(waiting.id);
      throw thrown;
    }
    if (isProblem(thrown, 'message_differs')) {
      await thread.catchUp();
      if (thread.log.message(waiting.id)) await this.#drop(waiting);
      else throw thrown;
      return waiting;
    }
    if (!isProblem(thrown, 'stale_epoch', 'device_order')) throw thrown;
    // These bytes were refused for certain, so the message may be sealed again.
    this.#uncertain.delete(waiting.id);
    await thread.catchUp();
    if (thrown.code === 'stale_epoch') {
      await refreshMembers(thread);
      // The server knows of a reason that we do not see.
      if (thrown.details['epoch'] === thread.records.newest?.epoch.core.epoch && !isDue(thread)) {
        await currentEpoch(thread, true);
      }
    }
    return unsealed(waiting);
  }

  /** Is it in the log? Then it is adopted. */
  async #arrived(thread: Thread, waiting: Waiting): Promise<boolean> {
    if (!thread.log.message(waiting.id)) {
      try {
        const accepted = await this.#options.ward.remote.threads.sent(thread.id, waiting.id);
        await this.#adopt(thread, waiting, accepted);
        return true;
      } catch (thrown) {
        if (!isProblem(thrown, 'message_unknown')) throw thrown;
        this.#uncertain.delete(waiting.id);
        return false;
      }
    }
    await this.#drop(waiting);
    this.#options.accepted(thread, waiting);
    return true;
  }

  async #adopt(thread: Thread, waiting: Waiting, { seq, at, logHash, message }: Accepted): Promise<void> {
    const { sealed } = waiting;
    if (sealed && message === waiting.id && seq === thread.log.seq + 1 && logHash.length === 32) {
      const body = sealed.message;
      const entry = {
        thread: thread.bytes,
        seq,
        kind: 'message' as const,
        at,
        logHash,
        body,
        half: { half: sealed.half },
      };
      await thread.take([encode(logEntry, entry)], true);
    } else if (!thread.log.message(waiting.id)) {
      await thread.catchUp();
    }
    if (!thread.log.message(waiting.id)) throw new Fault('thread_frozen');
    await this.#drop(waiting);
    this.#options.accepted(thread, waiting);
  }

  async #seal(thread: Thread, waiting: Waiting): Promise<Waiting> {
    if (allowedWhenQuarantined(waiting.inner.kind)) mayAct(thread);
    else mayWrite(thread);
    const { epoch, open } = await currentEpoch(thread);
    const { me, now, ledger } = this.#options.ward;
    const { create } = epoch.membership;
    const before = thread.log.deviceHead(me.device);
    const inner = withLog(waiting.inner, ledger.head);
    const { message, half } = await sealMessage({
      header: {
        thread: thread.bytes,
        epoch: epoch.core.epoch,
        record: epoch.recordHash,
        person: me.person,
        device: me.device,
        deviceSeq: (before?.deviceSeq ?? 0) + 1,
        previous: before?.entry ?? bytesOf(32),
        seenSeq: thread.log.seq,
        seenHash: thread.log.logHash,
        message: fromUuidText(waiting.id),
        time: now(),
        retention: create.retention,
        urgency: 'routine',
        dueAt: 0,
        requiredRole: bytesOf(16),
        kind: waiting.inner.kind,
      },
      inner,
      epochSecret: open.epochSecret,
      signer: me.signer,
    });
    erase(inner);
    const sealed = { ...waiting, sealed: { message, half } };
    await this.#keep(sealed);
    return sealed;
  }

  #get(thread: ThreadId, id: MessageId): Waiting {
    const found = this.#waiting.get(id);
    if (found?.thread !== thread) throw new Fault('message_unknown');
    return found;
  }

  async #keep(waiting: Waiting): Promise<void> {
    await this.#options.ward.cabinet.put('outbox', nameOf(waiting), waiting);
    this.#waiting.set(waiting.id, waiting);
    this.#options.changed(waiting.thread);
  }

  async #drop(waiting: Waiting): Promise<void> {
    await this.#options.ward.cabinet.change({ remove: [{ kind: 'outbox', name: nameOf(waiting) }] });
    this.#waiting.delete(waiting.id);
    this.#uncertain.delete(waiting.id);
    this.#options.changed(waiting.thread);
  }
}

function unsealed({ id, thread, place, at, inner }: Waiting): Waiting {
  return { id, thread, place, at, inner };
}

const nameOf = ({ thread, id }: Waiting): string => `${thread}/${id}`;

/** Will it never be accepted as it is? Everything else may go later. */
function isFinal(thrown: unknown): boolean {
  if (thrown instanceof Problem)
    return !['session_locked', 'not_signed_in', 'device_needed', 'too_many_tries', 'policy_needed'].includes(
      thrown.code,
    );
  return !(thrown instanceof Unreachable) && !(thrown instanceof Fault && thrown.code === 'locked');
}
