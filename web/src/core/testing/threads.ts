/** Threads of the test server: one log each, with the rules that a client runs into (stale epochs, races), and no other. */
import { type Bytes, bytesOf, equal, hex } from '../../crypto/bytes.ts';
import { decode, encode, typeOf } from '../../crypto/codec.ts';
import { hashObject, hashValue } from '../../crypto/domain.ts';
import { proveEnvelope } from '../../crypto/envelope.ts';
import type { Layout } from '../../crypto/layout.ts';
import { signed } from '../../crypto/layouts/container.ts';
import { envelope, epochCore, epochRecord } from '../../crypto/layouts/epoch.ts';
import { type LogEntry, logEntry, logLink, tombstone } from '../../crypto/layouts/log.ts';
import { add, create, link, rekey, remove } from '../../crypto/layouts/membership.ts';
import { type Header, header, message } from '../../crypto/layouts/message.ts';
import { readMessage } from '../../crypto/message.ts';
import { base64url, fromUuidText, uuidText } from '../../crypto/names.ts';
import type { Filing, Quarantine } from '../remote/shapes.ts';
import { type Body, bytesIn, refuse } from './http.ts';

type Epoch = {
  record: Bytes;
  hash: Bytes;
  envelopes: Bytes[];
  sealedState: Bytes;
  membershipSeq: number;
  number: number;
};
const duty = 12 * 3_600_000;

type Place = { joined: number; left?: number; history: boolean };
type Mark = { person: string; reachedSeq: number; reachedAt: number; seenSeq: number; seenAt: number };

export class ServedThread {
  readonly id: string;
  readonly bytes: Bytes;
  readonly space: string;
  readonly name: string;
  readonly log: LogEntry[] = [];
  readonly places = new Map<string, Place>();
  readonly epochs: Epoch[] = [];
  readonly grants: { target: string; grant: Bytes; envelopes: Bytes[]; at: number }[] = [];
  readonly complaints: { person: string; epoch: number; complaint: Bytes; at: number }[] = [];
  /** Somebody cannot go on here: two people may have another direct thread. */
  closed = false;
  readonly marks = new Map<string, Mark>();
  readonly filings: Filing[] = [];
  quarantine: Quarantine | undefined;
  readonly #confirmed = new Map<string, number>();
  readonly #halves = new Map<number, Bytes>();
  readonly #messages = new Map<string, number>();
  readonly #now: () => number;
  #queue: Promise<unknown> = Promise.resolve();
  membership = { seq: 0, head: bytesOf(32) };
  /** The assertion of the present link. */
  linked: Bytes | undefined;
  /** The last epoch whose record names an earlier manifest than the present one. */
  overtaken = 0;

  private constructor(bytes: Bytes, value: { space: string; name: string }, now: () => number) {
    this.bytes = bytes;
    this.id = base64url(bytes);
    this.space = value.space;
    this.name = value.name;
    this.#now = now;
  }

  static async open(body: Body, now: () => number): Promise<ServedThread> {
    const first = bytesIn(body['create']);
    const { object } = decode(signed, first);
    const value = decode(create, object);
    const thread = new ServedThread(await hashObject(create, object), value, now);
    await thread.#append('create', first, thread.bytes);
    thread.places.set(uuidText(value.person), { joined: 1, history: true });
    thread.membership = { seq: 0, head: thread.bytes };
    for (const entry of body['entries'] as string[]) await thread.enter({ entry });
    await thread.rotate(body['epoch'] as Body);
    return thread;
  }

  /** One change after the other, as a database does it. */
  run<T>(change: () => Promise<T>): Promise<T> {
    const done = this.#queue.then(change);
    this.#queue = done.catch(() => undefined);
    return done;
  }

  has(person: string): boolean {
    const place = this.places.get(person);
    return place !== undefined && place.left === undefined;
  }

  get members(): string[] {
    return [...this.places].flatMap(([person, { left }]) => (left === undefined ? [person] : []));
  }

  head(person: string) {
    const place = this.places.get(person) ?? refuse(404, 'thread_unknown');
    const last = this.log[(place.left ?? this.log.length) - 1];
    return {
      thread: this.id,
      space: this.space,
      name: this.name,
      seq: place.left ?? this.log.length,
      logHash: last?.logHash ?? bytesOf(32),
      membershipSeq: this.membership.seq,
      membershipHead: this.membership.head,
      epoch: this.epochs.length,
      joinedSeq: place.joined,
      ...(place.left === undefined ? {} : { leftSeq: place.left }),
      seenSeq: this.marks.get(person)?.seenSeq ?? 0,
      unread: 0,
      lastAt: last?.at ?? 0,
      memberCount: this.members.length,
      unfiled: 0,
      complaints: this.complaints.length,
      ...this.#quarantineHead(person),
    };
  }

  #quarantineHead(person: string) {
    const { quarantine } = this;
    if (!quarantine) return {};
    const { seq, at, readers, filings } = quarantine;
    const waiting = readers.filter(({ acknowledgedAt }) => acknowledgedAt === 0);
    const acknowledged = !waiting.some((reader) => reader.person === person);
    return { quarantine: { seq, at, acknowledged, waiting: waiting.length, inError: filings.length } };
  }

  /** As it is told now: what the record was told of since is not owed any more. */
  get quarantineNow() {
    const { quarantine } = this;
    const stands = (id: string) => this.filings.find(({ filing }) => filing === id)?.retraction ?? 'owed';
    return (
      quarantine && {
        ...quarantine,
        filings: quarantine.filings.map((each) => ({ ...each, retraction: stands(each.filing) })),
      }
    );
  }

  takeNote(person: string): void {
    const reader = this.quarantine?.readers.find((each) => each.person === person) ?? refuse(409, 'not_quarantined');
    reader.acknowledgedAt ||= this.#now();
  }

  /** Who decides or files has confirmed the patient (R12). */
  mayFile(person: string): void {
    if (this.quarantine) refuse(409, 'thread_quarantined');
    const at = this.#confirmed.get(person);
    if (this.space === 'patient' && (at === undefined || this.#now() - at >= duty)) refuse(403, 'identity_unconfirmed');
  }

  /** What the server does with kinds that mean something to it. */
  #heed(seq: number, { kind, person, message: id, seenSeq }: Header): void {
    const by = uuidText(person);
    if (kind === 'confirm') this.#confirmed.set(by, this.#now());
    if (kind === 'acknowledge' && this.quarantine && seenSeq >= this.quarantine.seq) this.takeNote(by);
    if (kind !== 'quarantine' || this.quarantine) return;
    const at = this.#now();
    const filings = this.filings.filter(({ state }) => state === 'received');
    for (const filing of this.filings) {
      if (filing.state === 'received') filing.retraction ??= 'owed';
      else filing.state = 'stopped';
    }
    this.quarantine = {
      message: uuidText(id),
      by,
      seq,
      at,
      readers: [...this.places].map(([person, { left }]) => ({
        person,
        left: left !== undefined,
        gone: false,
        acknowledgedAt: person === by ? at : 0,
      })),
      filings: filings.map(({ filing, decision }) => ({ filing, decision, retraction: 'owed' })),
    };
  }

  /** Entries as this person may have them. */
  entries(person: string, after: number, limit: number): Bytes[] {
    const place = this.places.get(person) ?? refuse(404, 'thread_unknown');
    return this.log
      .filter(({ seq }) => seq > after && seq <= (place.left ?? Number.MAX_SAFE_INTEGER))
      .slice(0, limit)
      .map((entry) => this.#served(entry, place));
  }

  /** One entry for somebody who is a member now. */
  entry(person: string, seq: number): Bytes | undefined {
    const place = this.places.get(person);
    const entry = this.log[seq - 1];
    return place && entry ? this.#served(entry, place) : undefined;
  }

  /** A membership entry, with the epoch that goes with it. */
  async enter(body: Body): Promise<number> {
    const bytes = bytesIn(body['entry']);
    const { object } = decode(signed, bytes);
    const layout = layoutOf(object);
    const { seq, previous } = decode(layout as typeof link, object);
    if (seq !== this.membership.seq + 1 || !equal(previous, this.membership.head)) this.#moved();
    if (layout === (link as Layout)) this.#link(decode(link, object).assertion, body['epoch'] !== undefined);
    const hash = await hashObject(layout, object);
    const at = await this.#append('membership', bytes, hash);
    this.membership = { seq, head: hash };
    if (layout === (add as Layout)) {
      const { target, history } = decode(add, object);
      this.places.set(uuidText(target), { joined: at, history });
    }
    if (layout === (remove as Layout)) {
      const place = this.places.get(uuidText(decode(remove, object).target));
      if (place) place.left = at;
    }
    if (body['epoch']) await this.rotate(body['epoch'] as Body);
    return at;
  }

  /** A later link comes with the keys that carry it, and everybody confirms the patient again. */
  #link(assertion: Bytes, withKeys: boolean): void {
    if (this.linked && !withKeys) refuse(422, 'link_without_epoch');
    if (this.linked && this.quarantine) refuse(409, 'thread_quarantined');
    this.linked = assertion;
    this.#confirmed.clear();
  }

  async rotate(body: Body): Promise<number> {
    const record = bytesIn(body['record']);
    const { object } = decode(signed, record);
    const core = decode(epochCore, decode(epochRecord, object).core);
    if (core.epoch !== this.epochs.length + 1) refuse(409, 'epoch_taken', { epoch: this.epochs.length });
    if (core.membershipSeq !== this.membership.seq) this.#moved();
    const hash = await hashObject(epochRecord, object);
    this.epochs.push({
      record,
      hash,
      envelopes: (body['envelopes'] as string[]).map(bytesIn),
      sealedState: bytesIn(body['sealedState']),
      membershipSeq: core.membershipSeq,
      number: core.epoch,
    });
    return this.#append('epoch', record, hash);
  }

  async served(person: string, from: number, limit: number) {
    const page = this.epochs.slice(from - 1, from - 1 + limit);
    return Promise.all(
      page.map(async ({ number, record, sealedState, envelopes }) => {
        const at = envelopes.findIndex((bytes) => {
          const { purpose, recipient } = decode(envelope, bytes);
          return purpose === 'member' && equal(recipient, fromUuidText(person));
        });
        const mine = at < 0 || !this.has(person) ? undefined : envelopes[at];
        const proof = mine ? await proveEnvelope(envelopes, at) : null;
        return { epoch: number, record, sealedState, envelope: mine ?? null, proof };
      }),
    );
  }

  async post(bytes: Bytes, half: Bytes) {
    const read = await readMessage(bytes);
    const id = uuidText(read.header.message);
    const there = this.#messages.get(id);
    if (there !== undefined) {
      const same = equal(this.log[there - 1]?.body ?? bytesOf(0), bytes);
      return same ? this.accepted(id) : refuse(409, 'message_differs');
    }
    const newest = this.epochs.at(-1);
    const fresh =
      newest &&
      equal(read.header.record, newest.hash) &&
      newest.membershipSeq === this.membership.seq &&
      newest.number > this.overtaken;
    if (!fresh) refuse(409, 'stale_epoch', { epoch: this.epochs.length });
    if (this.quarantine && !['acknowledge', 'withdraw', 'quarantine'].includes(read.header.kind)) {
      refuse(409, 'thread_quarantined');
    }
    if (read.header.kind === 'decision') this.mayFile(uuidText(read.header.person));
    const seq = await this.#append('message', bytes, read.entryHash);
    this.#heed(seq, read.header);
    this.#halves.set(seq, half);
    this.#messages.set(id, seq);
    return this.accepted(id);
  }

  accepted(id: string) {
    const entry = this.log[(this.#messages.get(id) ?? 0) - 1] ?? refuse(404, 'message_unknown');
    return { message: id, seq: entry.seq, at: entry.at, logHash: entry.logHash };
  }

  mark(person: string, what: 'reachedSeq' | 'seenSeq', seq: number): void {
    const before = this.marks.get(person) ?? { person, reachedSeq: 0, reachedAt: 0, seenSeq: 0, seenAt: 0 };
    const reachedSeq = Math.max(before.reachedSeq, seq);
    this.marks.set(person, {
      ...before,
      reachedSeq,
      seenSeq: what === 'seenSeq' ? Math.max(before.seenSeq, seq) : before.seenSeq,
    });
  }

  /** The originals of a filing go: each becomes its tombstone, which has the place and the hash of what it was. */
  async destroy(filing: Filing): Promise<number[]> {
    const gone: number[] = [];
    for (const id of filing.sources) {
      const entry = this.log[(this.#messages.get(id) ?? 0) - 1];
      if (entry?.kind !== 'message') continue;
      const read = decode(header, decode(message, entry.body).header);
      const kinds = ['', 'text', 'decision'];
      const body = encode(tombstone, {
        thread: this.bytes,
        entry: (await readMessage(entry.body)).entryHash,
        message: read.message,
        person: read.person,
        device: read.device,
        deviceSeq: read.deviceSeq,
        time: read.time,
        kind: kinds.indexOf(read.kind),
        destroyed: this.#now(),
        reason: 'filed',
        filing: fromUuidText(filing.filing),
        documentHash: bytesOf(32),
        reference: filing.reference ?? '',
      });
      this.log[entry.seq - 1] = { ...entry, kind: 'tombstone', body };
      this.#halves.delete(entry.seq);
      gone.push(entry.seq);
    }
    return gone;
  }

  /** Messages of a kind that are still there, in the order of the log. */
  ofKind(kind: Header['kind']): { message: string; person: string; at: number }[] {
    return this.log.flatMap((entry) => {
      if (entry.kind !== 'message') return [];
      const read = decode(header, decode(message, entry.body).header);
      return read.kind === kind
        ? [{ message: uuidText(read.message), person: uuidText(read.person), at: entry.at }]
        : [];
    });
  }

  /** Puts whatever is given into the log with a right link, as a server could that has no scruples. */
  async force(kind: LogEntry['kind'], body: Bytes, entryHash: Bytes): Promise<number> {
    return this.#append(kind, body, entryHash);
  }

  async #append(kind: LogEntry['kind'], body: Bytes, entry: Bytes): Promise<number> {
    const seq = this.log.length + 1;
    const previous = this.log.at(-1)?.logHash ?? bytesOf(32);
    const logHash = await hashValue(logLink, { thread: this.bytes, seq, previous, entry });
    this.log.push({ thread: this.bytes, seq, kind, at: this.#now(), logHash, body, half: null });
    return seq;
  }

  #served(entry: LogEntry, place: Place): Bytes {
    const readable = place.left === undefined && (place.history || entry.seq > place.joined);
    const half = readable ? this.#halves.get(entry.seq) : undefined;
    return encode(logEntry, { ...entry, half: half ? { half } : null });
  }

  #moved(): never {
    refuse(409, 'membership_moved', { membershipSeq: this.membership.seq, membershipHead: hex(this.membership.head) });
  }
}

function layoutOf(object: Bytes): Layout {
  const found = [add, remove, rekey, link].find(({ type }) => type === typeOf(object));
  return found ?? refuse(422, 'malformed');
}
