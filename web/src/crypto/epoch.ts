/**
 * Epoch records: what every receiver checks before it trusts one (docs/protocol.md, section 7.1).
 *
 * `verifyEpoch` needs no secret; opening is in epoch-open.ts, making one in epoch-build.ts.
 *
 * Invariants:
 * - The list of members in a record is the one that the logs give. Any difference, in either direction, is a refusal.
 * - Epochs are verified in order from the first: each is judged against the one before it.
 */

import { type Bytes, equal, hex, isZero } from './bytes.ts';
import { decode } from './codec.ts';
import { hashObject } from './domain.ts';
import { type EpochCore, epochCore, epochRecord } from './layouts/epoch.ts';
import { manifestNamed } from './manifest.ts';
import { type MembershipLog, type Witnesses, known, mayPost, membershipAt } from './membership.ts';
import type { Member, Membership } from './membership-rules.ts';
import { type PersonLog, isReady, stateAt } from './person.ts';
import { insist } from './refusal.ts';
import { unpack, verifyExactly } from './signed.ts';
import { standingDevice } from './standing.ts';

/** A verified record. */
export type Epoch = {
  readonly core: EpochCore;
  /** H(epoch-core) */
  readonly coreHash: Bytes;
  /** H(epoch-record) */
  readonly recordHash: Bytes;
  readonly envelopeRoot: Bytes;
  /** The threshold of the manifest that the record names. */
  readonly threshold: number;
  /** At the head that the record names. */
  readonly membership: Membership;
};

export type EpochContext = Witnesses & {
  readonly membership: MembershipLog;
  /** The epoch before; `null` for the first. */
  readonly previous: Epoch | null;
  /** A record that arrives now must name the current manifest; one from history may name any of the chain. */
  readonly fresh?: boolean;
};

/** Verifies a `signed` epoch-record. */
export async function verifyEpoch(record: Bytes, context: EpochContext): Promise<Epoch> {
  const { chain, people, position, previous, fresh = false } = context;
  const entry = unpack(epochRecord, record);
  const core = decode(epochCore, entry.value.core);
  insist(equal(core.thread, context.membership.thread), 'broken_chain', 'a record of another thread');
  insist(core.epoch === (previous?.core.epoch ?? 0) + 1, 'broken_chain', 'a record out of sequence');
  const follows = previous === null ? isZero(core.previous) : equal(core.previous, previous.recordHash);
  insist(follows, 'broken_chain', 'a record that does not follow the one before it');
  const older = core.membershipSeq < (previous?.core.membershipSeq ?? 0);
  insist(!older, 'rolled_back', 'a record with an older membership than the one before it');

  const manifest = manifestNamed(chain, core.manifest);
  const current = !fresh || manifest.version === chain.current.version;
  insist(current, 'rolled_back', 'a new record under an older manifest');
  const backwards = previous !== null && manifest.version < manifestNamed(chain, previous.core.manifest).version;
  insist(!backwards, 'rolled_back', 'a record under an older manifest than the one before it');

  const membership = membershipAt(context.membership, core.membershipSeq, core.membershipHead);
  checkMembers(core, membership, people, previous?.core);
  checkSeats(core, manifest.seats);
  const author = membership.members.get(hex(core.person));
  insist(
    author !== undefined && mayPost(membership, core.person),
    'not_entitled',
    'a record by someone who may not post',
  );
  insist(listed(core, core.person) !== undefined, 'wrong_members', 'a record by someone who is not in its list');

  const recordHash = await hashObject(epochRecord, entry.object);
  const use = {
    thread: core.thread,
    device: core.device,
    identity: author.identity,
    at: core.issued,
    entry: recordHash,
    position,
  };
  const device = standingDevice(known(people, core.person), use);
  await verifyExactly(epochRecord, entry, [{ kind: 'device', id: core.device, keys: [device.key] }]);
  return {
    core,
    coreHash: await hashObject(epochCore, entry.value.core),
    recordHash,
    envelopeRoot: entry.value.envelopeRoot,
    threshold: manifest.threshold,
    membership,
  };
}

export type Listed = EpochCore['members'][number];

export function listed({ members }: EpochCore, person: Bytes): Listed | undefined {
  return members.find((member) => equal(member.person, person));
}

/** Refuses unless the list is the one that the membership and the person logs give. */
function checkMembers(
  core: EpochCore,
  { members }: Membership,
  people: Witnesses['people'],
  previous: EpochCore | undefined,
): void {
  for (const entry of core.members) {
    const member = members.get(hex(entry.person));
    insist(member !== undefined, 'wrong_members', 'the list names someone who is not a member');
    checkListed(entry, member, known(people, entry.person), previous);
  }
  const names = new Set(core.members.map(({ person }) => hex(person)));
  for (const [id, member] of members) {
    const left = names.has(id) || mayBeLeftOut(member, known(people, member.person), previous);
    insist(left, 'wrong_members', 'the list leaves out a member');
  }
}

function checkListed(entry: Listed, member: Member, log: PersonLog, previous: EpochCore | undefined): void {
  const state = stateAt(log, entry.logHead);
  insist(state !== undefined, 'wrong_members', 'the list names a head that is not in the log of that person');
  insist(equal(entry.identity, member.identity), 'wrong_identity', 'the list has another identity than is pinned');
  insist(equal(state.identity, member.identity), 'wrong_identity', 'the head belongs to another identity');
  insist(state.seq >= listedSeq(log, previous), 'rolled_back', 'an older head than in the record before');
  insist(isReady(state, member.identity), 'wrong_members', 'the list names someone to whom nothing can be sealed');
  insist(state.generation.generation === entry.generation, 'wrong_members', 'not the latest generation at that head');
}

/** Somebody may be left out only if nothing could be sealed to them at some entry since the epoch before, or since they joined. */
function mayBeLeftOut(member: Member, log: PersonLog, previous: EpochCore | undefined): boolean {
  const joined = log.states.findLast(({ issued }) => issued <= member.pinnedAt)?.seq ?? 1;
  const floor = Math.max(listedSeq(log, previous), joined);
  return log.states.some((state) => state.seq >= floor && !isReady(state, member.identity));
}

/** Where in their log the previous record listed a person; 0 if it did not. */
function listedSeq(log: PersonLog, previous: EpochCore | undefined): number {
  const before = previous === undefined ? undefined : listed(previous, log.person);
  if (before === undefined) {
    return 0;
  }
  const state = stateAt(log, before.logHead);
  insist(state !== undefined, 'rolled_back', 'a person log without what the record before had seen');
  return state.seq;
}

function checkSeats({ shares }: EpochCore, seats: readonly { readonly index: number }[]): void {
  const same = shares.length === seats.length && shares.every(({ seat }, i) => seat === seats[i]?.index);
  insist(same, 'wrong_share', 'not the seats of the manifest');
}
