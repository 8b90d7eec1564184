/** A thread of the small hospital, with everything that its members and the server would hold. For vectors and tests. */

import { type Bytes, bytesOf, equal, hex } from '../bytes.ts';
import { encode } from '../codec.ts';
import { hashObject, hashValue } from '../domain.ts';
import { type BuiltEpoch, buildEpoch } from '../epoch-build.ts';
import { type Epoch, verifyEpoch } from '../epoch.ts';
import { type BuiltGrant, buildGrant } from '../grant.ts';
import { type Inner, encodeInner } from '../inner.ts';
import type { Fields, Layout, Values } from '../layout.ts';
import type { ThreadState } from '../layouts/epoch.ts';
import { type LogEntry, logEntry, logLink, tombstone } from '../layouts/log.ts';
import { type Add, type Create, add, create, link, memberRole, rekey, remove, rename } from '../layouts/membership.ts';
import type { Header } from '../layouts/message.ts';
import { type PatientAssertion, patientAssertion } from '../layouts/patient.ts';
import { type MembershipLog, type Witnesses, followMembership, verifyMembership } from '../membership.ts';
import type { MemberRole } from '../membership-rules.ts';
import { type SealedMessage, sealMessage } from '../message.ts';
import { type Note, sealNote } from '../note.ts';
import { sign, unpack } from '../signed.ts';
import { LogWalk } from '../thread-log.ts';
import type { Hospital, Staff } from './hospital.ts';

export type KeptEpoch = BuiltEpoch & { readonly epoch: Epoch };
export type KeptMessage = SealedMessage & { readonly inner: Bytes; readonly logSeq: number };

const NO_STATE: ThreadState = { name: '', assertion: null };

export class Thread {
  readonly hospital: Hospital;
  readonly create: Bytes;
  readonly entries: Bytes[] = [];
  readonly epochs: KeptEpoch[] = [];
  readonly messages: KeptMessage[] = [];
  readonly grants: BuiltGrant[] = [];
  readonly log: LogEntry[] = [];
  readonly walk: LogWalk;
  membership: MembershipLog;
  state: ThreadState = NO_STATE;
  assertion: Bytes | null = null;

  private constructor(hospital: Hospital, created: Bytes, membership: MembershipLog) {
    this.hospital = hospital;
    this.create = created;
    this.membership = membership;
    this.walk = new LogWalk(membership.thread);
  }

  static async open(hospital: Hospital, by: Staff, changes: Partial<Create>): Promise<Thread> {
    const value: Create = {
      space: 'team',
      person: by.person,
      device: by.device.id,
      identity: by.identityHash,
      name: '',
      addBy: 'member',
      postBy: 'member',
      retention: 1,
      manifest: hospital.chain.current.hash,
      created: hospital.tick(),
      nonce: hospital.random(16),
      ...changes,
    };
    const created = await sign(create, value, byDevice(by));
    const membership = await verifyMembership(created, [], { chain: hospital.chain, people: hospital.people });
    const thread = new Thread(hospital, created, membership);
    await thread.#log('create', created, membership.thread);
    return thread;
  }

  get id(): Bytes {
    return this.membership.thread;
  }

  get witnesses(): Witnesses {
    return { chain: this.hospital.chain, people: this.hospital.people, position: this.walk.position };
  }

  /** The newest epoch. */
  get newest(): KeptEpoch {
    const newest = this.epochs.at(-1);
    if (newest === undefined) {
      throw new TypeError('no epoch');
    }
    return newest;
  }

  /** The part that every next membership entry has. */
  next(by: Staff): { thread: Bytes; seq: number; previous: Bytes; person: Bytes; device: Bytes; issued: number } {
    const { seq, head } = this.membership.current;
    const place = { thread: this.id, seq: seq + 1, previous: head, issued: this.hospital.tick() };
    return { ...place, person: by.person, device: by.device.id };
  }

  async add(
    by: Staff,
    target: Staff,
    changes: Partial<Pick<Add, 'memberRole' | 'history' | 'standby' | 'until' | 'reason' | 'note'>> = {},
  ): Promise<void> {
    const value: Add = {
      ...this.next(by),
      target: target.person,
      identity: target.identityHash,
      memberRole: 'member',
      history: false,
      standby: false,
      until: 0,
      reason: 'care-team',
      note: null,
      ...changes,
    };
    await this.append(add, value, by);
  }

  async remove(by: Staff, target: Staff, note: Note | null = null): Promise<void> {
    await this.append(remove, { ...this.next(by), target: target.person, reason: 'left-team', note }, by);
  }

  /** By the server's `remove` key, for a leaver. */
  async removeLeaver(target: Staff): Promise<void> {
    const nobody = { person: bytesOf(16), device: bytesOf(16) };
    const place = { ...this.next(target), ...nobody };
    const value = { ...place, target: target.person, reason: 'leaver' as const, note: null };
    await this.appendSigned(await sign(remove, value, { kind: 'remove', by: this.hospital.server.remove }));
  }

  async rekey(by: Staff, target: Staff): Promise<void> {
    await this.append(rekey, { ...this.next(by), target: target.person, identity: target.identityHash }, by);
  }

  async role(by: Staff, target: Staff, role: MemberRole): Promise<void> {
    await this.append(memberRole, { ...this.next(by), target: target.person, memberRole: role }, by);
  }

  async rename(by: Staff, name: string): Promise<void> {
    await this.append(rename, { ...this.next(by), name }, by);
  }

  /** Asks for an assertion about a patient for this thread, and links it: in the place of the one before, where there is one. */
  async link(by: Staff, patient: Partial<PatientAssertion>): Promise<void> {
    const issued = this.hospital.tick();
    const value: PatientAssertion = {
      tag: this.hospital.random(32),
      tagKey: 1,
      thread: this.id,
      requester: by.person,
      nhsNumber: '9434765919',
      family: 'Smith',
      given: 'John',
      title: 'Mr',
      birthDate: '1954-03-12',
      hospitalNumber: '',
      needs: '',
      superseded: '',
      restricted: false,
      deceased: '',
      reference: 'Patient/9434765919',
      version: 'W/"1"',
      issued,
      expires: issued + 600_000,
      continues: this.membership.current.links.at(-1)?.assertion ?? bytesOf(32),
      identifiedBy: 'nhs-number',
      ...patient,
    };
    this.assertion = await sign(patientAssertion, value, { kind: 'assert', by: this.hospital.server.assert });
    const assertion = await hashValue(patientAssertion, value);
    await this.append(link, { ...this.next(by), tag: value.tag, assertion }, by);
    this.state = { name: '', assertion: { assertion: this.assertion } };
  }

  async append<F extends Fields>(layout: Layout<F>, value: Values<F>, by: Staff): Promise<void> {
    await this.appendSigned(await sign(layout, value, byDevice(by)));
  }

  async appendSigned(entry: Bytes): Promise<void> {
    this.membership = await followMembership(this.membership, [entry], this.witnesses);
    this.entries.push(entry);
    await this.#log('membership', entry, this.membership.current.head);
  }

  note(seq: number, text: string): Promise<Note> {
    const { epochSecret, epoch } = this.newest;
    return sealNote(epochSecret, epoch.core.epoch, { thread: this.id, seq }, text, this.hospital.random);
  }

  async rotate(by: Staff): Promise<KeptEpoch> {
    const previous = this.epochs.at(-1)?.epoch ?? null;
    const built = await buildEpoch({
      membership: this.membership.current,
      previous,
      chain: this.hospital.chain,
      people: this.hospital.people,
      state: this.state,
      author: by.author,
      issued: this.hospital.tick(),
      random: this.hospital.random,
      encapsulations: this.#encapsulation,
    });
    const context = { ...this.witnesses, membership: this.membership, previous, fresh: true };
    const kept = { ...built, epoch: await verifyEpoch(built.record, context) };
    this.epochs.push(kept);
    await this.#log('epoch', built.record, built.recordHash);
    return kept;
  }

  /** The header of the next message of somebody's newest device. */
  nextHeader(by: Staff, kind: Header['kind'] = 'text'): Omit<Header, 'shredCommit'> {
    const { epoch } = this.newest;
    const { seq, logHash, devices } = this.walk.checkpoint;
    const before = devices.find(({ device }) => equal(device, by.device.id));
    return {
      thread: this.id,
      epoch: epoch.core.epoch,
      record: epoch.recordHash,
      person: by.person,
      device: by.device.id,
      deviceSeq: (before?.deviceSeq ?? 0) + 1,
      previous: before?.entry ?? bytesOf(32),
      seenSeq: seq,
      seenHash: logHash,
      message: this.hospital.random(16),
      time: this.hospital.tick(),
      retention: 1,
      urgency: 'routine',
      dueAt: 0,
      requiredRole: bytesOf(16),
      kind,
    };
  }

  async send(by: Staff, inner: Inner | string): Promise<KeptMessage> {
    const content = typeof inner === 'string' ? ({ kind: 'text', text: inner } as const) : inner;
    const bytes = encodeInner(content);
    const sealed = await sealMessage({
      header: this.nextHeader(by, content.kind),
      inner: bytes,
      epochSecret: this.newest.epochSecret,
      signer: by.device.key,
      random: this.hospital.random,
    });
    await this.#log('message', sealed.message, sealed.entryHash, sealed.half);
    const kept = { ...sealed, inner: bytes, logSeq: this.log.length };
    this.messages.push(kept);
    return kept;
  }

  /** What the server serves of a message whose half is destroyed. */
  destroy({ header, entryHash, logSeq }: KeptMessage, documentHash: Bytes): void {
    const { thread, message, person, device, deviceSeq, time } = header;
    const stone = encode(tombstone, {
      ...{ thread, message, person, device, deviceSeq, time },
      entry: entryHash,
      kind: 1,
      destroyed: this.hospital.tick(),
      reason: 'filed',
      filing: this.hospital.random(16),
      documentHash,
      reference: 'DocumentReference/1',
    });
    const entry = this.log[logSeq - 1];
    if (entry !== undefined) {
      this.log[logSeq - 1] = { ...entry, kind: 'tombstone', body: stone, half: null };
    }
  }

  async grant(by: Staff, target: Staff, epochs: readonly KeptEpoch[] = this.epochs): Promise<BuiltGrant> {
    const built = await buildGrant({
      membership: this.membership,
      people: this.hospital.people,
      target: target.person,
      epochs,
      author: by.author,
      issued: this.hospital.tick(),
      encapsulations: this.#encapsulation,
    });
    this.grants.push(built);
    return built;
  }

  /** The log as the server serves it. */
  served(): Bytes[] {
    return this.log.map((entry) => encode(logEntry, entry));
  }

  readonly #encapsulation = () => ({ ekm: this.hospital.random(64) });

  async #log(kind: LogEntry['kind'], body: Bytes, entryHash: Bytes, half: Bytes | null = null): Promise<void> {
    const { seq, logHash: previous } = this.walk.checkpoint;
    const logHash = await hashValue(logLink, { thread: this.id, seq: seq + 1, previous, entry: entryHash });
    const at = this.hospital.tick();
    const entry = { thread: this.id, seq: seq + 1, kind, at, logHash, body, half: half === null ? null : { half } };
    await this.walk.follow(encode(logEntry, entry));
    this.log.push(entry);
  }
}

export function byDevice({ device: { id, key } }: Staff): { kind: 'device'; id: Bytes; by: Staff['device']['key'] } {
  return { kind: 'device', id, by: key };
}

/** H of the object inside a container. */
export function objectHash(layout: Layout, container: Bytes): Promise<Bytes> {
  return hashObject(layout, unpack(layout, container).object);
}

export function sameId(a: Bytes, b: Bytes): boolean {
  return hex(a) === hex(b);
}
