/**
 * The Merkle log as this device has seen it (docs/protocol.md, section 11): which heads of person logs are in it, and that it only grows.
 *
 * Invariants:
 * - The newest log that was accepted is kept, sealed, on the device; a later one must continue it.
 * - After a contradiction nothing new is taken for proved, here or after a lock, and both sides of it are kept as evidence.
 */
import { type Bytes, equal } from '../../crypto/bytes.ts';
import { type LogHead, openCheckpoint } from '../../crypto/checkpoint.ts';
import { evidenceText } from '../../crypto/evidence.ts';
import type { ToldLog } from '../../crypto/inner.ts';
import { serverKey } from '../../crypto/manifest.ts';
import { fromBase64url, fromUuidText, uuidText } from '../../crypto/names.ts';
import type { PersonLog } from '../../crypto/person.ts';
import { Refusal, type RefusalCode } from '../../crypto/refusal.ts';
import { checkLogGrew, checkPersonLeaf } from '../../crypto/transparency.ts';
import type { Remote } from '../remote/remote.ts';
import type { Grown, Place } from '../remote/shapes.ts';
import type { Trust } from '../session/trust.ts';
import type { Cabinet } from '../store/cabinet.ts';

/** How old the newest checkpoint may be, and how far in the future. */
const maxAge = 24 * 3_600_000;
/** What comes in together is compared together; and then not again for a while. */
const compareAfter = 2000;
const compareEvery = 60_000;
const sizesAtOnce = 64;

type Seen = LogHead & { readonly at: number; readonly note: string };
/** What contradicts the log that was seen: a checkpoint of the server's, or what the device of a colleague was shown. */
export type Alarm = {
  readonly code: RefusalCode;
  readonly own: Seen | undefined;
  readonly other: LogHead;
  readonly otherNote?: string;
  readonly by?: string;
};

export type LedgerOptions = {
  remote: Remote;
  cabinet: Cabinet;
  trust: Trust;
  now: () => number;
  after: (ms: number, run: () => void) => () => void;
  /** Two logs that cannot both be true. */
  alarmed: () => void;
};

export class Ledger {
  readonly #options: LedgerOptions;
  /** The proved head of each person's log. */
  readonly #proved = new Map<string, Bytes>();
  /** By author: the largest log told and not compared yet, and the largest that was. */
  readonly #told = new Map<string, LogHead>();
  readonly #agreed = new Map<string, number>();
  #seen: Seen | undefined;
  #alarm: Alarm | undefined;
  #trouble: Refusal | undefined;
  #queue: Promise<unknown> = Promise.resolve();
  #compared = 0;
  #planned: (() => void) | undefined;

  constructor(options: LedgerOptions) {
    this.#options = options;
  }

  async load(): Promise<void> {
    const { cabinet } = this.#options;
    this.#seen = (await cabinet.get('ledger', 'seen')) as Seen | undefined;
    this.#alarm = (await cabinet.get('ledger', 'alarm')) as Alarm | undefined;
    const proved = ((await cabinet.get('person', 'proved')) ?? {}) as Record<string, Bytes>;
    if (this.#seen) for (const [person, head] of Object.entries(proved)) this.#proved.set(person, head);
  }

  close(): void {
    this.#planned?.();
  }

  get alarm(): Alarm | undefined {
    return this.#alarm;
  }

  /** The size that a question goes out from, zero before the first. */
  get size(): number {
    return this.#seen?.size ?? 0;
  }

  /** What the next message tells colleagues. */
  get head(): LogHead | undefined {
    return this.#alarm ? undefined : this.#seen;
  }

  isProved({ person, current }: PersonLog): boolean {
    const head = this.#proved.get(uuidText(person));
    return head !== undefined && equal(head, current.head);
  }

  get isOld(): boolean {
    return this.#seen === undefined || Math.abs(this.#options.now() - this.#seen.at) > maxAge;
  }

  /** Why a key cannot be sealed to that is not proved. */
  get refusal(): Refusal {
    if (this.#alarm) return new Refusal(this.#alarm.code, 'two logs were shown');
    return this.#trouble ?? new Refusal('not_logged', 'a key that is not in the Merkle log');
  }

  /**
   * Takes an answer to a question that went out from a size: its checkpoint, then the places of these logs' heads under it. What is wrong
   * with it stops nothing here: it is refused when something is to be sealed.
   */
  take(from: number, grown: Grown, places: readonly { log: PersonLog; place: Place }[]): Promise<void> {
    return this.#run(async () => {
      try {
        this.#trouble = undefined;
        const head = await this.#accept(from, grown);
        if (this.#alarm) return;
        for (const { log, place } of places) await this.#prove(head, log, place);
        if (places.length > 0) await this.#options.cabinet.put('person', 'proved', Object.fromEntries(this.#proved));
      } catch (thrown) {
        if (!(thrown instanceof Refusal)) throw thrown;
        this.#trouble = thrown;
      }
    });
  }

  /** A message tells what its author's device was shown. */
  hear(by: Bytes, told: ToldLog): void {
    const author = uuidText(by);
    if (told.size <= Math.max(this.#agreed.get(author) ?? 0, this.#told.get(author)?.size ?? 0)) return;
    this.#told.set(author, { size: told.size, root: fromBase64url(told.root) });
    if (this.#planned || this.#alarm) return;
    const wait = Math.max(compareAfter, this.#compared + compareEvery - this.#options.now());
    this.#planned = this.#options.after(wait, () => void this.compare().catch(() => undefined));
  }

  /** Asks for the proofs of what colleagues told. */
  compare(): Promise<void> {
    this.#planned = undefined;
    this.#compared = this.#options.now();
    return this.#run(async () => {
      const told = [...this.#told].slice(0, sizesAtOnce);
      if (told.length === 0 || this.#alarm) return;
      const from = this.size;
      const sizes = [...new Set(told.map(([, { size }]) => size))];
      const answer = await this.#options.remote.log.compare(from, sizes);
      try {
        const head = await this.#accept(from, answer);
        for (const { size, consistency } of answer.sizes) {
          for (const [author, other] of told)
            if (other.size === size) await this.#agree(author, other, head, consistency);
        }
      } catch (thrown) {
        if (!(thrown instanceof Refusal)) throw thrown;
        this.#trouble = thrown;
      }
    });
  }

  async #agree(author: string, other: LogHead, head: LogHead, consistency: readonly Bytes[]): Promise<void> {
    try {
      await checkLogGrew(other, head, consistency);
    } catch (thrown) {
      if (thrown instanceof Refusal) await this.#raise({ code: 'split_view', own: this.#seen, other, by: author });
      throw thrown;
    }
    this.#agreed.set(author, other.size);
    if (this.#told.get(author)?.size === other.size) this.#told.delete(author);
  }

  /** The head of the answer's checkpoint, consistent with everything that was accepted before. */
  async #accept(from: number, { checkpoint: note, consistency = [] }: Grown): Promise<LogHead> {
    if (note === undefined) throw new Refusal('not_logged', 'the server gave no checkpoint');
    const next = { ...(await this.#open(note)), note };
    const seen = this.#seen;
    try {
      if (next.size < from) throw new Refusal('rolled_back', 'a shorter log than the one that was seen');
      if (!seen) {
        // The first: from here on it only grows.
      } else if (seen.size === from) {
        await checkLogGrew(seen, next, consistency);
      } else {
        await this.#checkBetween(seen, next);
      }
    } catch (thrown) {
      const contradicts = thrown instanceof Refusal && ['split_view', 'rolled_back'].includes(thrown.code);
      if (contradicts) await this.#raise({ code: thrown.code, own: seen, other: next, otherNote: note });
      throw thrown;
    }
    if (!seen || next.size > seen.size || next.at > seen.at) {
      const { size, root, at } = next;
      this.#seen = { size, root, at, note };
      await this.#options.cabinet.put('ledger', 'seen', this.#seen);
    }
    return next;
  }

  /** Another answer came first: either of the two logs may be the longer. */
  async #checkBetween(seen: LogHead, next: LogHead): Promise<void> {
    const [older, newer] = next.size < seen.size ? [next, seen] : [seen, next];
    const proof =
      older.size === newer.size ? [] : (await this.#options.remote.log.consistency(older.size, newer.size)).consistency;
    await checkLogGrew(older, newer, proof);
  }

  /** By the newest manifest's key; a newer one may have come. */
  async #open(note: string) {
    const { trust } = this.#options;
    try {
      return await openCheckpoint(note, serverKey(trust.chain.current, 'audit'));
    } catch (thrown) {
      if (!(thrown instanceof Refusal) || thrown.code !== 'bad_signature' || !(await trust.refresh())) throw thrown;
      return openCheckpoint(note, serverKey(trust.chain.current, 'audit'));
    }
  }

  async #prove(head: LogHead, { person, current }: PersonLog, { actor, ...place }: Place): Promise<void> {
    try {
      const entry = { person, seq: current.seq, entry: current.head };
      await checkPersonLeaf(head, entry, { ...place, actor: fromUuidText(actor) });
      this.#proved.set(uuidText(person), current.head);
    } catch (thrown) {
      if (!(thrown instanceof Refusal)) throw thrown;
      this.#trouble = thrown;
    }
  }

  /** The first contradiction is kept: what follows it is no news. */
  async #raise(alarm: Alarm): Promise<void> {
    if (this.#alarm) return;
    this.#alarm = alarm;
    await this.#options.cabinet.put('ledger', 'alarm', alarm);
    this.#options.alarmed();
  }

  #run(work: () => Promise<void>): Promise<void> {
    const done = this.#queue.then(work);
    this.#queue = done.catch(() => undefined);
    return done;
  }
}

/** The evidence as the file that `wardline verify evidence` reads. */
export function evidenceOf({ code, own, other, otherNote, by }: Alarm): string {
  return evidenceText({
    code,
    ...(own && { seen: own.note }),
    ...(otherNote && { shown: otherNote }),
    ...(by && { told: { ...other, by: fromUuidText(by) } }),
  });
}
