/**
 * A thread's log on this device: every entry as it was served, in order, none missing (docs/protocol.md, section 6.2).
 *
 * Kept in sealed records of a few dozen entries. What is read back was verified before it was sealed, under a key that only this person
 * has, so the walk goes on from where it stood.
 *
 * Invariants: entries have consecutive seq from 1; an entry is replaced only by the tombstone of the very same message.
 */
import { type Bytes, equal, hex } from '../../crypto/bytes.ts';
import { decode } from '../../crypto/codec.ts';
import { epochCore, epochRecord } from '../../crypto/layouts/epoch.ts';
import { type LogEntry, type Tombstone, logEntry, tombstone } from '../../crypto/layouts/log.ts';
import { type Header, header, message } from '../../crypto/layouts/message.ts';
import { uuidText } from '../../crypto/names.ts';
import { insist } from '../../crypto/refusal.ts';
import { unpack } from '../../crypto/signed.ts';
import { type DeviceHead, type LogCheckpoint, LogWalk, type WalkedEntry } from '../../crypto/thread-log.ts';
import type { Filed } from '../store/cabinet.ts';

type Base = { readonly seq: number; readonly at: number; readonly entryHash: Bytes; readonly logHash: Bytes };

export type SignedEntry = Base & { readonly kind: 'create' | 'membership' | 'epoch'; readonly body: Bytes };
export type MessageEntry = Base & {
  readonly kind: 'message';
  readonly body: Bytes;
  readonly half: Bytes | null;
  readonly header: Header;
};
export type TombstoneEntry = Base & { readonly kind: 'tombstone'; readonly body: Bytes; readonly tombstone: Tombstone };
export type Entry = SignedEntry | MessageEntry | TombstoneEntry;

/** What became of an entry that was offered. */
export type Offered = { readonly what: 'new' | 'known' | 'ahead' | 'destroyed'; readonly seq: number };

/** Entries per record. */
const segment = 48;

type KeptEntry = [kind: Entry['kind'], at: number, entryHash: Bytes, logHash: Bytes, body: Bytes, half: Bytes | null];

export class ThreadLog {
  readonly thread: Bytes;
  readonly #entries: Entry[] = [];
  readonly #byHash = new Map<string, number>();
  readonly #byMessage = new Map<string, number>();
  readonly #dirty = new Set<number>();
  #walk: LogWalk;

  constructor(thread: Bytes) {
    this.thread = thread;
    this.#walk = new LogWalk(thread);
  }

  get seq(): number {
    return this.#entries.length;
  }

  /** The hash of the whole log up to now, zero before the first entry. */
  get logHash(): Bytes {
    return this.#walk.checkpoint.logHash;
  }

  entry(seq: number): Entry | undefined {
    return this.#entries[seq - 1];
  }

  *from(seq: number): Generator<Entry> {
    for (let at = Math.max(1, seq); at <= this.seq; at++) {
      const entry = this.entry(at);
      if (entry) yield entry;
    }
  }

  /** The newest entry of which something is true. */
  newest(is: (entry: Entry) => boolean): Entry | undefined {
    return this.#entries.findLast(is);
  }

  /** Is there something already where this `log-entry` says that it stands? */
  knows(bytes: Bytes): boolean {
    try {
      return decode(logEntry, bytes).seq <= this.seq;
    } catch {
      return false;
    }
  }

  /** Where an entry stands, by its entryHash. */
  readonly position = (entryHash: Bytes): number | undefined => this.#byHash.get(hex(entryHash));

  /** The message or tombstone with this id. */
  message(id: string): MessageEntry | TombstoneEntry | undefined {
    const entry = this.entry(this.#byMessage.get(id) ?? 0);
    return entry?.kind === 'message' || entry?.kind === 'tombstone' ? entry : undefined;
  }

  /** The newest message of a device. */
  deviceHead(device: Bytes): DeviceHead | undefined {
    return this.#walk.checkpoint.devices.find((head) => equal(head.device, device));
  }

  /** Takes a `log-entry`. Refuses one that does not fit, and stays as it was. */
  async offer(bytes: Bytes): Promise<Offered> {
    const offered = decode(logEntry, bytes);
    insist(equal(offered.thread, this.thread), 'broken_chain', 'a log entry of another thread');
    const { seq } = offered;
    if (seq > this.seq + 1) return { what: 'ahead', seq };
    if (seq <= this.seq) return { what: this.#again(offered), seq };
    if (offered.kind === 'message') this.#checkSeen(headerOf(offered.body));
    const entry = entryOf(await this.#walk.follow(bytes), offered.body);
    this.#append(entry);
    this.#dirty.add(segmentOf(seq));
    return { what: 'new', seq };
  }

  /** Does an entry that was refused say itself that its author had seen another log, or more of it? */
  sawAnother(bytes: Bytes): boolean {
    const { kind, body, seq } = decode(logEntry, bytes);
    if (kind === 'message') {
      const { seenSeq, seenHash } = headerOf(body);
      const seen = this.entry(seenSeq);
      return seenSeq >= seq || (seen !== undefined && !equal(seen.logHash, seenHash));
    }
    if (kind !== 'epoch') return false;
    const core = decode(epochCore, unpack(epochRecord, body).value.core);
    return core.membershipSeq > this.#walk.checkpoint.membership.seq;
  }

  /** What has to be written for the log to be kept, and where it stands; see `restore`. */
  changes(id: string): Filed[] {
    const filed = [...this.#dirty].map((number): Filed => {
      const entries = this.#entries.slice(number * segment, (number + 1) * segment);
      return { kind: 'log', name: `${id}/${String(number).padStart(6, '0')}`, value: entries.map(keep) };
    });
    this.#dirty.clear();
    return filed;
  }

  get checkpoint(): LogCheckpoint {
    return this.#walk.checkpoint;
  }

  /** Reads back what was kept, segments in order. Anything that does not fit together gives an empty log, to be fetched anew. */
  static restore(thread: Bytes, segments: readonly unknown[], checkpoint: LogCheckpoint | undefined): ThreadLog {
    const log = new ThreadLog(thread);
    try {
      for (const kept of segments.flat() as KeptEntry[]) log.#append(restored(kept, log.seq + 1));
    } catch {
      return new ThreadLog(thread);
    }
    const last = log.entry(log.seq);
    if (!last || !checkpoint || checkpoint.seq !== last.seq || !equal(checkpoint.logHash, last.logHash)) {
      return new ThreadLog(thread);
    }
    log.#walk = new LogWalk(checkpoint);
    return log;
  }

  /** An entry that is here already: the same, the same with its half, or the tombstone of the message that it was. */
  #again(offered: LogEntry): Offered['what'] {
    const present = this.entry(offered.seq);
    insist(present !== undefined && equal(offered.logHash, present.logHash), 'broken_chain', 'another log');
    if (present.kind !== 'message') return 'known';
    if (offered.kind === 'tombstone') {
      const stone = decode(tombstone, offered.body);
      const same =
        equal(stone.thread, this.thread) &&
        equal(stone.entry, present.entryHash) &&
        equal(stone.message, present.header.message) &&
        equal(stone.person, present.header.person) &&
        equal(stone.device, present.header.device) &&
        stone.deviceSeq === present.header.deviceSeq;
      insist(same, 'broken_chain', 'the tombstone of another message');
      const { seq, at, entryHash, logHash } = present;
      this.#replace({ seq, at, entryHash, logHash, kind: 'tombstone', body: offered.body, tombstone: stone });
      return 'destroyed';
    }
    if (offered.kind !== 'message' || !offered.half || present.half) return 'known';
    insist(equal(offered.body, present.body), 'broken_chain', 'another message');
    this.#replace({ ...present, half: offered.half.half });
    return 'new';
  }

  /** The walk knows the hashes since it was read back; before that, this log does. */
  #checkSeen({ seenSeq, seenHash }: Header): void {
    const seen = this.entry(seenSeq);
    if (seen) insist(equal(seen.logHash, seenHash), 'broken_chain', 'the author saw another log');
  }

  #append(entry: Entry): void {
    this.#entries.push(entry);
    this.#byHash.set(hex(entry.entryHash), entry.seq);
    if (entry.kind === 'message') this.#byMessage.set(uuidText(entry.header.message), entry.seq);
    if (entry.kind === 'tombstone') this.#byMessage.set(uuidText(entry.tombstone.message), entry.seq);
  }

  #replace(entry: Entry): void {
    this.#entries[entry.seq - 1] = entry;
    this.#dirty.add(segmentOf(entry.seq));
  }
}

/** The thread that a `log-entry` belongs to. */
export function threadOf(bytes: Bytes): Bytes {
  return decode(logEntry, bytes).thread;
}

const headerOf = (body: Bytes): Header => decode(header, decode(message, body).header);

const segmentOf = (seq: number): number => Math.floor((seq - 1) / segment);

function entryOf(walked: WalkedEntry, body: Bytes): Entry {
  const { seq, at, entryHash, logHash } = walked;
  const base = { seq, at, entryHash, logHash, body };
  switch (walked.kind) {
    case 'message':
      return { ...base, kind: 'message', half: walked.half, header: walked.message.header };
    case 'tombstone':
      return { ...base, kind: 'tombstone', tombstone: walked.tombstone };
    default:
      return { ...base, kind: walked.kind };
  }
}

function keep(entry: Entry): KeptEntry {
  const half = entry.kind === 'message' ? entry.half : null;
  return [entry.kind, entry.at, entry.entryHash, entry.logHash, entry.body, half];
}

function restored([kind, at, entryHash, logHash, body, half]: KeptEntry, seq: number): Entry {
  const base = { seq, at, entryHash, logHash, body };
  switch (kind) {
    case 'message':
      return { ...base, kind, half, header: headerOf(body) };
    case 'tombstone':
      return { ...base, kind, tombstone: decode(tombstone, body) };
    default:
      return { ...base, kind };
  }
}
