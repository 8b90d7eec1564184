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
import { standingDevice } from './standing.ts';

export type MembershipLog = {
  readonly thread: Bytes;
  readonly create: Create;
  readonly entries: readonly MembershipEntry[];
  readonly current: Membership;
};

/** A `signed` container, with its place in the thread's log and the server's time where they are known. */
export type Placed = { readonly signed: Bytes; readonly seq?: number; readonly at?: number };

/** What entries are judged by. */
export type Witnesses = {
  readonly chain: ManifestChain;
  /** The verified log of a person. Whoever signed anything here must be known. */
  readonly people: (person: Bytes) => PersonLog | undefined;
  /** Where an entry stands in the thread's log, by its entryHash. Needed once a device was revoked. */
  readonly position?: (entryHash: Bytes) => number | undefined;
};

/** The create entry and everything after it, oldest first. */
export async function verifyMembership(
  created: Placed,
  entries: readonly Placed[],
  witnesses: Witnesses,
): Promise<MembershipLog> {
  const entry = unpack(create, created.signed);
  const { value } = entry;
  insist(isNamed(value) || value.name === '', 'malformed', 'create: the name of this thread is in its sealed state');
  manifestNamed(witnesses.chain, value.manifest);
  const thread = await hashObject(create, entry.object);
  const claim = { ...value, thread, issued: value.created };
  await verifyByDevice(create, entry, claim, value.identity, created, witnesses);
  const log = { thread, create: value, entries: [], current: founding(thread, value) };
  return followMembership(log, entries, witnesses);
}

/** Continues a verified log. */
export async function followMembership(
  log: MembershipLog,
  entries: readonly Placed[],
  witnesses: Witnesses,
): Promise<MembershipLog> {
  const followed = [...log.entries];
  const draft = thaw(log.current);
  for (const placed of entries) {
    const entry = await verifyEntry(draft, placed, witnesses);
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

export function memberOf(membership: Membership, person: Bytes): Member | undefined {
  return membership.members.get(hex(person));
}

/** May this person write messages and make epochs here? */
export function mayPost(membership: Membership, person: Bytes): boolean {
  const role = memberOf(membership, person)?.role;
  return role === 'owner' || (role === 'member' && membership.create.postBy === 'member');
}

async function verifyEntry(draft: Draft, placed: Placed, witnesses: Witnesses): Promise<MembershipEntry> {
  switch (typeOf(decode(signed, placed.signed).object)) {
    case add.type: {
      const entry = unpack(add, placed.signed);
      return { kind: 'add', value: entry.value, hash: await verifyByMember(add, entry, draft, placed, witnesses) };
    }
    case remove.type: {
      const entry = unpack(remove, placed.signed);
      if (isByServer(entry.value)) {
        await verifyExactly(remove, entry, [{ kind: 'remove', keys: serverKeys(witnesses.chain, 'remove') }]);
        return { kind: 'remove', value: entry.value, hash: await hashObject(remove, entry.object) };
      }
      return {
        kind: 'remove',
        value: entry.value,
        hash: await verifyByMember(remove, entry, draft, placed, witnesses),
      };
    }
    case rekey.type: {
      const entry = unpack(rekey, placed.signed);
      return { kind: 'rekey', value: entry.value, hash: await verifyByMember(rekey, entry, draft, placed, witnesses) };
    }
    case memberRole.type: {
      const entry = unpack(memberRole, placed.signed);
      const hash = await verifyByMember(memberRole, entry, draft, placed, witnesses);
      return { kind: 'member-role', value: entry.value, hash };
    }
    case link.type: {
      const entry = unpack(link, placed.signed);
      return { kind: 'link', value: entry.value, hash: await verifyByMember(link, entry, draft, placed, witnesses) };
    }
    case rename.type: {
      const entry = unpack(rename, placed.signed);
      return {
        kind: 'rename',
        value: entry.value,
        hash: await verifyByMember(rename, entry, draft, placed, witnesses),
      };
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
  placed: Placed,
  witnesses: Witnesses,
): Promise<Bytes> {
  const author = memberOf(draft, entry.value.person);
  insist(author !== undefined, 'not_entitled', `${layout.name}: not by a member`);
  insist(equal(entry.value.thread, draft.thread), 'broken_chain', `${layout.name}: of another thread`);
  await verifyByDevice(layout, entry, entry.value, author.identity, placed, witnesses);
  return hashObject(layout, entry.object);
}

async function verifyByDevice(
  layout: Layout,
  entry: Unpacked<unknown>,
  { thread, person, device: id, issued }: Claim,
  identity: Bytes,
  { seq, at }: Placed,
  { people, position }: Witnesses,
): Promise<void> {
  const log = people(person);
  insist(log !== undefined, 'wrong_identity', `${layout.name}: the log of its author is not known`);
  const device = standingDevice(log, { thread, device: id, identity, at: at ?? issued, seq, position });
  await verifyExactly(layout, entry, [{ kind: 'device', id, keys: [device.key] }]);
}
