/**
 * The membership log: who is in a thread, decided by its members and by nobody else (docs/protocol.md, section 6.1).
 *
 * `verifyMembership` walks from the create entry over every signed entry; `membershipAt` gives the members at an earlier
 * head, for records and messages that were made then. What an entry may do is in membership-rules.ts.
 *
 * Invariants:
 * - Every entry is signed by a device that the author's pinned identity certified, or is a removal by the server.
 * - A log is immutable; following it further gives a new one.
 */

import { type Bytes, equal, hex } from './bytes.ts';
import { decode, typeOf } from './codec.ts';
import { hashObject } from './domain.ts';
import type { Layout } from './layout.ts';
import { signed } from './layouts/container.ts';
import { type Create, add, create, link, memberRole, rekey, remove, rename } from './layouts/membership.ts';
import { type ManifestChain, manifestNamed, serverKeys } from './manifest.ts';
import {
  type Draft,
  type Member,
  type Membership,
  type MembershipEntry,
  advance,
  founding,
  isByServer,
  isNamed,
  thaw,
} from './membership-rules.ts';
import type { PersonLog } from './person.ts';
import { Refusal, insist } from './refusal.ts';
import { type Unpacked, unpack, verifyExactly } from './signed.ts';
import { type Position, standingDevice } from './standing.ts';

export type MembershipLog = {
  readonly thread: Bytes;
  readonly create: Create;
  readonly entries: readonly MembershipEntry[];
  readonly current: Membership;
};

/** What entries are judged by. */
export type Witnesses = {
  readonly chain: ManifestChain;
  /** The verified log of a person. Whoever signed or was let in must be known. */
  readonly people: (person: Bytes) => PersonLog | undefined;
  /** Needed once a device was revoked: without it, entries of that device are refused. */
  readonly position?: Position;
};

/** The `signed` create entry and every `signed` entry after it, oldest first. */
export async function verifyMembership(
  created: Bytes,
  entries: readonly Bytes[],
  witnesses: Witnesses,
): Promise<MembershipLog> {
  const entry = unpack(create, created);
  const { value } = entry;
  insist(isNamed(value) || value.name === '', 'not_entitled', 'create: the name of this thread is in its sealed state');
  manifestNamed(witnesses.chain, value.manifest);
  const thread = await hashObject(create, entry.object);
  const claim = { ...value, thread, issued: value.created };
  await verifyByDevice(create, entry, claim, value.identity, thread, witnesses);
  const log = { thread, create: value, entries: [], current: founding(thread, value) };
  return followMembership(log, entries, witnesses);
}

/** Continues a verified log. */
export async function followMembership(
  log: MembershipLog,
  entries: readonly Bytes[],
  witnesses: Witnesses,
): Promise<MembershipLog> {
  const followed = [...log.entries];
  const draft = thaw(log.current);
  for (const container of entries) {
    const entry = await verifyEntry(draft, container, witnesses);
    advance(draft, entry);
    followed.push(entry);
  }
  return { ...log, entries: followed, current: thaw(draft) };
}

/** The membership at an earlier head; refuses with `broken_chain` when the log has no such head. */
export function membershipAt(log: MembershipLog, seq: number, head: Bytes): Membership {
  if (log.current.seq === seq && equal(log.current.head, head)) {
    return log.current;
  }
  const draft = thaw(founding(log.thread, log.create));
  for (const entry of log.entries.slice(0, seq)) {
    advance(draft, entry);
  }
  insist(draft.seq === seq && equal(draft.head, head), 'broken_chain', 'names a membership head that is not there');
  return draft;
}

/** What a person was in a thread, at every head from this seq on. */
export function standingsSince(log: MembershipLog, seq: number, person: Bytes): Member[] {
  const draft = thaw(founding(log.thread, log.create));
  const standings = new Set<Member>();
  for (const entry of [null, ...log.entries]) {
    if (entry !== null) {
      advance(draft, entry);
    }
    const member = draft.seq >= seq ? memberOf(draft, person) : undefined;
    if (member !== undefined) {
      standings.add(member);
    }
  }
  return [...standings];
}

export function memberOf(membership: Membership, person: Bytes): Member | undefined {
  return membership.members.get(hex(person));
}

/** The log of a person, or a refusal when it is not at hand. */
export function known(people: Witnesses['people'], person: Bytes): PersonLog {
  const log = people(person);
  if (log === undefined) {
    throw new Refusal('wrong_identity', 'the log of a person who is named is not known');
  }
  return log;
}

/** May this person write messages and make epochs here? */
export function mayPost(membership: Membership, person: Bytes): boolean {
  const role = memberOf(membership, person)?.role;
  return role === 'owner' || (role === 'member' && membership.create.postBy === 'member');
}

async function verifyEntry(draft: Draft, container: Bytes, witnesses: Witnesses): Promise<MembershipEntry> {
  const by = (layout: Layout, entry: Unpacked<Claim>) => verifyByMember(layout, entry, draft, witnesses);
  switch (typeOf(decode(signed, container).object)) {
    case add.type: {
      const entry = unpack(add, container);
      const hash = await by(add, entry);
      checkBound(entry.value, witnesses);
      return { kind: 'add', value: entry.value, hash };
    }
    case remove.type: {
      const entry = unpack(remove, container);
      if (isByServer(entry.value)) {
        await verifyExactly(remove, entry, [{ kind: 'remove', keys: serverKeys(witnesses.chain, 'remove') }]);
        return { kind: 'remove', value: entry.value, hash: await hashObject(remove, entry.object) };
      }
      return { kind: 'remove', value: entry.value, hash: await by(remove, entry) };
    }
    case rekey.type: {
      const entry = unpack(rekey, container);
      const hash = await by(rekey, entry);
      checkBound(entry.value, witnesses);
      return { kind: 'rekey', value: entry.value, hash };
    }
    case memberRole.type: {
      const entry = unpack(memberRole, container);
      return { kind: 'member-role', value: entry.value, hash: await by(memberRole, entry) };
    }
    case link.type: {
      const entry = unpack(link, container);
      return { kind: 'link', value: entry.value, hash: await by(link, entry) };
    }
    case rename.type: {
      const entry = unpack(rename, container);
      return { kind: 'rename', value: entry.value, hash: await by(rename, entry) };
    }
    default:
      throw new Refusal('malformed', 'not a membership entry');
  }
}

/** What every entry claims about its author. */
type Claim = { readonly thread: Bytes; readonly person: Bytes; readonly device: Bytes; readonly issued: number };

/** Returns the entry's hash. */
async function verifyByMember(
  layout: Layout,
  entry: Unpacked<Claim>,
  draft: Draft,
  witnesses: Witnesses,
): Promise<Bytes> {
  const author = memberOf(draft, entry.value.person);
  insist(author !== undefined, 'not_entitled', `${layout.name}: not by a member`);
  const hash = await hashObject(layout, entry.object);
  await verifyByDevice(layout, entry, entry.value, author.identity, hash, witnesses);
  return hash;
}

async function verifyByDevice(
  layout: Layout,
  entry: Unpacked<unknown>,
  { thread, person, device: id, issued }: Claim,
  identity: Bytes,
  hash: Bytes,
  { people, position }: Witnesses,
): Promise<void> {
  const device = standingDevice(known(people, person), {
    thread,
    device: id,
    identity,
    at: issued,
    entry: hash,
    position,
  });
  await verifyExactly(layout, entry, [{ kind: 'device', id, keys: [device.key] }]);
}

/** An identity that is about to be pinned must be one that the person's own log bound. */
function checkBound({ target, identity }: { target: Bytes; identity: Bytes }, { people }: Witnesses): void {
  const bound = known(people, target).current.identities.has(hex(identity));
  insist(bound, 'wrong_identity', 'an identity that the log of that person never bound');
}
