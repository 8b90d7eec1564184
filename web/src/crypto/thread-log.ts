/**
 * A thread's log, walked entry by entry (docs/protocol.md, section 6.2): nothing is missing, nothing is out of order, no
 * device's messages were reordered, replayed or taken out, and everybody sees the same log.
 *
 * The walk proves order and completeness only. Who may write what is membership.ts, epoch.ts and message.ts.
 */

import { type Bytes, bytesOf, equal, hex, isZero } from './bytes.ts';
import { decode, typeOf } from './codec.ts';
import { hashObject, hashValue } from './domain.ts';
import type { Layout } from './layout.ts';
import { signed } from './layouts/container.ts';
import { type EpochCore, epochCore, epochRecord } from './layouts/epoch.ts';
import { type LogEntry, type Tombstone, logEntry, logLink, tombstone } from './layouts/log.ts';
import { add, create, link, memberRole, rekey, remove, rename } from './layouts/membership.ts';
import type { Vault } from './layouts/vault.ts';
import type { MembershipLog } from './membership.ts';
import { type ReadMessage, readMessage } from './message.ts';
import { Refusal, insist } from './refusal.ts';
import { unpack } from './signed.ts';

/** A device's newest message in the thread. */
export type DeviceHead = { readonly device: Bytes; readonly deviceSeq: number; readonly entry: Bytes };

/** Where a walk stands: enough to go on later. Structured-cloneable. */
export type LogCheckpoint = {
  readonly thread: Bytes;
  readonly seq: number;
  readonly logHash: Bytes;
  readonly devices: readonly DeviceHead[];
  /** The newest membership entry: 0 and the threadID while there is none but create. */
  readonly membership: MembershipHead;
  /** The newest epoch record, and the membership that it names. */
  readonly record: RecordHead | null;
};

export type MembershipHead = { readonly seq: number; readonly head: Bytes };
export type RecordHead = { readonly hash: Bytes; readonly membershipSeq: number };

export type WalkedEntry = {
  readonly seq: number;
  readonly at: number;
  readonly logHash: Bytes;
  readonly entryHash: Bytes;
} & (
  | { readonly kind: 'create' | 'membership'; readonly signed: Bytes }
  | { readonly kind: 'epoch'; readonly signed: Bytes; readonly core: EpochCore }
  | { readonly kind: 'message'; readonly message: ReadMessage; readonly bytes: Bytes; readonly half: Bytes | null }
  | { readonly kind: 'tombstone'; readonly tombstone: Tombstone }
);

export type Bookmark = Vault['bookmarks'][number];

const MEMBERSHIP: readonly Layout[] = [add, remove, rekey, memberRole, link, rename];

export class LogWalk {
  readonly #thread: Bytes;
  readonly #devices: Map<string, DeviceHead>;
  readonly #hashes = new Map<number, Bytes>();
  readonly #positions = new Map<string, number>();
  #seq: number;
  #logHash: Bytes;
  #membership: MembershipHead;
  #record: RecordHead | null;

  /** From the first entry, or from where an earlier walk stood. */
  constructor(from: Bytes | LogCheckpoint) {
    const { thread, seq, logHash, devices, membership, record } = from instanceof Uint8Array ? beginning(from) : from;
    this.#thread = thread;
    this.#seq = seq;
    this.#logHash = logHash;
    this.#membership = membership;
    this.#record = record;
    this.#devices = new Map(devices.map((head) => [hex(head.device), head]));
    this.#hashes.set(seq, logHash);
  }

  get checkpoint(): LogCheckpoint {
    return {
      thread: this.#thread,
      seq: this.#seq,
      logHash: this.#logHash,
      devices: [...this.#devices.values()],
      membership: this.#membership,
      record: this.#record,
    };
  }

  /** Takes the next `log-entry`, or refuses it and stays where it was. */
  async follow(bytes: Bytes): Promise<WalkedEntry> {
    const entry = decode(logEntry, bytes);
    insist(equal(entry.thread, this.#thread), 'broken_chain', 'a log entry of another thread');
    insist(entry.seq === this.#seq + 1, 'broken_chain', 'a log entry out of sequence');
    insist((entry.kind === 'create') === (entry.seq === 1), 'broken_chain', 'a log begins with its create entry');
    insist(entry.half === null || entry.kind === 'message', 'malformed', 'only a message has a half');
    const walked = await this.#read(entry);
    insist(this.position(walked.entryHash) === undefined, 'broken_chain', 'an entry for the second time');
    const { thread, seq } = entry;
    const linked = await hashValue(logLink, { thread, seq, previous: this.#logHash, entry: walked.entryHash });
    insist(equal(linked, entry.logHash), 'broken_chain', 'the log hash does not follow');
    this.#checkFresh(walked);
    const head = this.#deviceHead(walked);
    if (walked.kind === 'membership') {
      this.#membership = { seq: this.#membership.seq + 1, head: walked.entryHash };
    }
    if (walked.kind === 'epoch') {
      this.#record = { hash: walked.entryHash, membershipSeq: walked.core.membershipSeq };
    }
    if (head !== undefined) {
      this.#devices.set(hex(head.device), head);
    }
    this.#seq = seq;
    this.#logHash = linked;
    this.#hashes.set(seq, linked);
    this.#positions.set(hex(walked.entryHash), seq);
    return walked;
  }

  /** Where an entry stands, by its entryHash, if this walk passed it. */
  readonly position = (entryHash: Bytes): number | undefined => this.#positions.get(hex(entryHash));

  /** The log hash after an entry, if this walk passed it. */
  hashAt(seq: number): Bytes | undefined {
    return this.#hashes.get(seq);
  }

  /** Refuses a thread that is older than a bookmark from the vault, or another one. */
  checkBookmark(bookmark: Bookmark, membership: MembershipLog, epoch: number): void {
    const mine = equal(bookmark.thread, this.#thread) && equal(membership.thread, this.#thread);
    insist(mine, 'broken_chain', 'the bookmark of another thread');
    const { seq, logHash, membershipSeq, membershipHead } = bookmark;
    const older = seq > this.#seq || membershipSeq > membership.current.seq || bookmark.epoch > epoch;
    insist(!older, 'rolled_back', 'older than the bookmark');
    const here = this.#hashes.get(seq);
    insist(here === undefined || equal(here, logHash), 'broken_chain', 'another log than the bookmark’s');
    const head = membershipSeq === 0 ? membership.thread : membership.entries[membershipSeq - 1]?.hash;
    const same = head !== undefined && equal(head, membershipHead);
    insist(same, 'broken_chain', 'another membership than the bookmark’s');
  }

  async #read({ seq, at, logHash, kind, body, half }: LogEntry): Promise<WalkedEntry> {
    const place = { seq, at, logHash };
    switch (kind) {
      case 'create': {
        const entryHash = await hashSigned([create], body);
        insist(equal(entryHash, this.#thread), 'broken_chain', 'the create entry of another thread');
        return { ...place, kind, entryHash, signed: body };
      }
      case 'membership':
        return { ...place, kind, entryHash: await hashSigned(MEMBERSHIP, body), signed: body };
      case 'epoch': {
        const entryHash = await hashSigned([epochRecord], body);
        const core = decode(epochCore, unpack(epochRecord, body).value.core);
        return { ...place, kind, entryHash, signed: body, core };
      }
      case 'message': {
        const message = await readMessage(body);
        return { ...place, kind, entryHash: message.entryHash, message, bytes: body, half: half?.half ?? null };
      }
      case 'tombstone': {
        const stone = decode(tombstone, body);
        return { ...place, kind, entryHash: stone.entry, tombstone: stone };
      }
    }
  }

  /**
   * A record stands on the newest membership, a message under the newest record. Somebody who was removed still has the keys
   * and a certified device, and could otherwise go on writing with a server's help.
   */
  #checkFresh(walked: WalkedEntry): void {
    const { seq, head } = this.#membership;
    if (walked.kind === 'epoch') {
      const { membershipSeq, membershipHead } = walked.core;
      insist(membershipSeq <= seq, 'rolled_back', 'the author had seen membership entries that are not here');
      insist(membershipSeq === seq && equal(membershipHead, head), 'stale_epoch', 'a record of an older membership');
    }
    if (walked.kind === 'message') {
      const record = this.#record;
      const newest = record !== null && equal(walked.message.header.record, record.hash);
      insist(newest && record.membershipSeq === seq, 'stale_epoch', 'a message that is not under the newest record');
    }
  }

  /** Checks the device's own chain, and what its author had seen, and gives the device's new head. */
  #deviceHead(walked: WalkedEntry): DeviceHead | undefined {
    if (walked.kind !== 'message' && walked.kind !== 'tombstone') {
      return undefined;
    }
    const { thread, device, deviceSeq } = walked.kind === 'message' ? walked.message.header : walked.tombstone;
    insist(equal(thread, this.#thread), 'broken_chain', 'a message of another thread');
    const before = this.#devices.get(hex(device));
    insist(deviceSeq === (before?.deviceSeq ?? 0) + 1, 'broken_chain', 'a message of a device is missing or repeated');
    if (walked.kind === 'message') {
      const { previous, seenSeq, seenHash } = walked.message.header;
      const follows = before === undefined ? isZero(previous) : equal(previous, before.entry);
      insist(follows, 'broken_chain', 'a message does not follow the one before it of its device');
      insist(seenSeq < walked.seq, 'rolled_back', 'the author had seen entries that are not here');
      const seen = this.#hashes.get(seenSeq);
      insist(seen === undefined || equal(seen, seenHash), 'broken_chain', 'the author saw another log');
    }
    return { device, deviceSeq, entry: walked.entryHash };
  }
}

function beginning(thread: Bytes): LogCheckpoint {
  const membership = { seq: 0, head: thread };
  return { thread, seq: 0, logHash: bytesOf(32), devices: [], membership, record: null };
}

/** The hash of the object in a container that must be one of these. */
async function hashSigned(layouts: readonly Layout[], body: Bytes): Promise<Bytes> {
  const { object } = decode(signed, body);
  const type = typeOf(object);
  const layout = layouts.find((one) => one.type === type);
  if (layout === undefined) {
    throw new Refusal('malformed', 'a log entry of another kind');
  }
  decode(layout, object);
  return hashObject(layout, object);
}
