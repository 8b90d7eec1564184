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
import { type Contradiction, type Frozen, type Statement, between, frozenAs, statementOf } from './freeze.ts';
import type { SignedEntry, ThreadLog } from './log.ts';

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

  /** True when it was not frozen before: once is for good. */
  freeze(frozen: Frozen): boolean {
    if (this.#frozen) return false;
    this.#frozen = frozen;
    return true;
  }

  /**
   * Judges everything that the log has gained, up to where the thread was frozen. A record under a manifest that has been overtaken while it
   * was on its way is honest; nothing more is sent under it (section 7.5).
   */
  async settle(): Promise<void> {
    if (this.#verified >= this.#end) return;
    // Somebody whom the server does not know is somebody whose entries are refused.
    await this.#ward.people.ensure(this.#named()).catch(unlessUnreachable);
    while (this.#verified < this.#end) {
      const entry = this.#log.entry(this.#verified + 1);
      if (!entry) return;
      if (entry.kind === 'create' || entry.kind === 'membership' || entry.kind === 'epoch') {
        await this.#judge(entry);
      }
      if (this.#verified < this.#end) this.#verified = entry.seq;
    }
  }

  get #end(): number {
    return Math.min(this.#log.seq, (this.#frozen?.seq ?? Number.MAX_SAFE_INTEGER) - 1);
  }

  async #judge(entry: SignedEntry): Promise<void> {
    try {
      await this.#take(entry);
    } catch (thrown) {
      if (!(thrown instanceof Refusal)) throw thrown;
      // Somebody's log, or the manifest, may have moved on since it was fetched, by this question or by another thread's. It is judged
      // once more with what is true now.
      await this.#catchUp(entry);
      try {
        await this.#take(entry);
      } catch (again) {
        if (!(again instanceof Refusal)) throw again;
        this.freeze(frozenAs(await this.#contradiction(entry, again.code), entry.seq, entry.at));
      }
    }
  }

  async #take(entry: SignedEntry): Promise<void> {
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
    const epoch = await verifyEpoch(entry.body, { ...witnesses, membership, previous });
    this.#epochs.push({ epoch, seq: entry.seq });
  }

  /** Two entries with one predecessor, two records for one epoch, or one that is simply not right. */
  async #contradiction(entry: SignedEntry, code: string): Promise<Contradiction> {
    const theirs = await statementOf(this.#ward, entry);
    const place = placeIn(entry);
    const membership = this.#membership?.entries[(place?.seq ?? 0) - 1];
    if (code === 'broken_chain' && place && membership && theirs?.author) {
      const ours = await this.#statementAt(this.#membershipSeqs[place.seq]);
      return { why: 'forked-members', code, ...between(ours, theirs) };
    }
    const record = place?.epoch === undefined ? undefined : this.#epochs[place.epoch - 1];
    if (code === 'broken_chain' && record && theirs?.author) {
      return { why: 'forked-keys', code, ...between(await this.#statementAt(record.seq), theirs) };
    }
    return { why: 'refused', code, ...between(theirs) };
  }

  async #statementAt(seq: number | undefined): Promise<Statement | undefined> {
    const entry = seq === undefined ? undefined : this.#log.entry(seq);
    return entry && statementOf(this.#ward, entry);
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

/** Which place an entry claims: that of a membership entry, or the number of an epoch. */
function placeIn({ body }: SignedEntry): { seq: number; epoch?: number } | undefined {
  try {
    const { object } = decode(signed, body);
    if (typeOf(object) === epochRecord.type) {
      return { seq: 0, epoch: decode(epochCore, decode(epochRecord, object).core).epoch };
    }
    const layout = [add, remove, rekey, memberRole, link, rename].find((each) => each.type === typeOf(object));
    return layout && { seq: decode<typeof link.fields>(layout as unknown as typeof link, object).seq };
  } catch {
    return undefined;
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
