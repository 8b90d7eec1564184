/**
 * What a thread's log amounts to: who is in it, and under which keys (docs/protocol.md, sections 6.1 and 7.1). Each membership entry and
 * each epoch record is verified in its place in the log, the records' lists against the people's own logs.
 *
 * Invariant: an entry that is refused stops the thread there. What was verified before it stays; nothing after it is believed.
 */
import { type Bytes, equal } from '../../crypto/bytes.ts';
import { decode, typeOf } from '../../crypto/codec.ts';
import { type Epoch, verifyEpoch } from '../../crypto/epoch.ts';
import { signed } from '../../crypto/layouts/container.ts';
import { epochCore, epochRecord } from '../../crypto/layouts/epoch.ts';
import { add, create, link, memberRole, rekey, remove, rename } from '../../crypto/layouts/membership.ts';
import { type MembershipLog, type Witnesses, followMembership, verifyMembership } from '../../crypto/membership.ts';
import { isZero } from '../../crypto/bytes.ts';
import { Refusal, insist } from '../../crypto/refusal.ts';
import { Unreachable } from '../fault.ts';
import type { Ward } from '../ward.ts';
import type { SignedEntry, ThreadLog } from './log.ts';

export type Frozen = { seq: number; at: number; code: string; authors: Bytes[] };

/** An epoch with its place in the log. */
export type PlacedEpoch = { readonly epoch: Epoch; readonly seq: number };

export class Records {
  readonly #ward: Ward;
  readonly #log: ThreadLog;
  #membership: MembershipLog | undefined;
  /** The log seq of each membership entry, create first. */
  readonly #membershipSeqs: number[] = [];
  readonly #epochs: PlacedEpoch[] = [];
  #verified = 0;
  #frozen: Frozen | undefined;

  constructor(ward: Ward, log: ThreadLog) {
    this.#ward = ward;
    this.#log = log;
  }

  get membership(): MembershipLog | undefined {
    return this.#membership;
  }

  get epochs(): readonly PlacedEpoch[] {
    return this.#epochs;
  }

  get newest(): PlacedEpoch | undefined {
    return this.#epochs.at(-1);
  }

  get frozen(): Frozen | undefined {
    return this.#frozen;
  }

  /** Up to where the log has been judged. */
  get verified(): number {
    return this.#verified;
  }

  epoch(number: number): Epoch | undefined {
    return this.#epochs[number - 1]?.epoch;
  }

  /** The membership seq at a place in the log: how many membership entries stand before it. */
  membershipSeqAt(seq: number): number {
    return this.#membershipSeqs.filter((each) => each < seq).length - 1;
  }

  /** The log seq of a membership entry; 0 is the create entry. */
  placeOf(membershipSeq: number): number {
    return this.#membershipSeqs[membershipSeq] ?? 0;
  }

  get witnesses(): Witnesses {
    const { trust, people } = this.#ward;
    return { chain: trust.chain, people: people.log, position: this.#log.position };
  }

  freeze(at: Pick<Frozen, 'seq' | 'at' | 'code'>, authors: Bytes[]): void {
    this.#frozen ??= { ...at, authors };
  }

  /**
   * Judges everything that the log has gained, up to where the thread was frozen. `fresh`: it has just arrived, so a record must be made
   * under the newest manifest.
   */
  async settle(fresh: boolean): Promise<void> {
    if (this.#verified >= this.#end) return;
    // Somebody whom the server does not know is somebody whose entries are refused.
    await this.#ward.people.ensure(this.#named()).catch(unlessUnreachable);
    while (this.#verified < this.#end) {
      const entry = this.#log.entry(this.#verified + 1);
      if (!entry) return;
      if (entry.kind === 'create' || entry.kind === 'membership' || entry.kind === 'epoch') {
        await this.#judge(entry, fresh);
      }
      if (this.#verified < this.#end) this.#verified = entry.seq;
    }
  }

  get #end(): number {
    return Math.min(this.#log.seq, (this.#frozen?.seq ?? Number.MAX_SAFE_INTEGER) - 1);
  }

  async #judge(entry: SignedEntry, fresh: boolean): Promise<void> {
    try {
      await this.#take(entry, fresh);
    } catch (thrown) {
      if (!(thrown instanceof Refusal)) throw thrown;
      // Somebody's log, or the manifest, may have moved on since it was fetched, by this question or by another thread's. It is judged
      // once more with what is true now.
      await this.#catchUp(entry);
      try {
        await this.#take(entry, fresh);
      } catch (again) {
        if (!(again instanceof Refusal)) throw again;
        this.freeze({ seq: entry.seq, at: entry.at, code: again.code }, authorsOf(entry));
      }
    }
  }

  async #take(entry: SignedEntry, fresh: boolean): Promise<void> {
    const { witnesses } = this;
    if (entry.kind === 'create') {
      this.#membership = await verifyMembership(entry.body, [], witnesses);
      this.#membershipSeqs.push(entry.seq);
      return;
    }
    const membership = this.#membership;
    insist(membership !== undefined, 'broken_chain', 'a log that does not begin with its create entry');
    if (entry.kind === 'membership') {
      this.#membership = await followMembership(membership, [entry.body], witnesses);
      this.#membershipSeqs.push(entry.seq);
      return;
    }
    const previous = this.newest?.epoch ?? null;
    const epoch = await verifyEpoch(entry.body, { ...witnesses, membership, previous, fresh });
    this.#epochs.push({ epoch, seq: entry.seq });
  }

  async #catchUp(entry: SignedEntry): Promise<void> {
    await this.#ward.people.refresh(namedIn(entry)).catch(unlessUnreachable);
    await this.#ward.trust.refresh();
  }

  #named(): Bytes[] {
    const pending = [...this.#log.from(this.#verified + 1)];
    return pending.flatMap((entry) => (entry.kind === 'message' || entry.kind === 'tombstone' ? [] : namedIn(entry)));
  }
}

function unlessUnreachable(thrown: unknown): void {
  if (thrown instanceof Unreachable) throw thrown;
}

/** Everybody whose log an entry is judged by. */
function namedIn({ body }: SignedEntry): Bytes[] {
  try {
    const { object } = decode(signed, body);
    if (typeOf(object) === epochRecord.type) {
      const core = decode(epochCore, decode(epochRecord, object).core);
      return core.members.map(({ person }) => person);
    }
    return peopleIn(object).filter((person) => !isZero(person));
  } catch {
    return []; // it is refused when it is judged
  }
}

function authorsOf({ body }: SignedEntry): Bytes[] {
  try {
    const { object } = decode(signed, body);
    if (typeOf(object) === epochRecord.type) return [decode(epochCore, decode(epochRecord, object).core).person];
    return peopleIn(object)
      .slice(0, 1)
      .filter((person) => !isZero(person));
  } catch {
    return [];
  }
}

/** The author first, then whom the entry is about. */
function peopleIn(object: Bytes): Bytes[] {
  for (const layout of [add, remove, rekey, memberRole]) {
    if (typeOf(object) !== layout.type) continue;
    const { person, target } = decode<typeof add.fields>(layout as typeof add, object);
    return equal(person, target) ? [person] : [person, target];
  }
  for (const layout of [create, link, rename]) {
    if (typeOf(object) === layout.type)
      return [decode<typeof link.fields>(layout as unknown as typeof link, object).person];
  }
  return [];
}
