/**
 * Who may change who is in a thread: the table of docs/protocol.md, section 6.1, as a function of the log alone.
 *
 * Nothing here verifies a signature; membership.ts does, and then asks here whether the entry is allowed.
 */

import { type Bytes, equal, hex, isZero } from './bytes.ts';
import type { Add, Create, Link, MemberRole as RoleEntry, Rekey, Remove, Rename } from './layouts/membership.ts';
import { Refusal, insist } from './refusal.ts';

export type MemberRole = 'owner' | 'member' | 'reader';

export type Member = {
  readonly person: Bytes;
  /** The H(identity-key) that the thread has pinned. */
  readonly identity: Bytes;
  readonly role: MemberRole;
  readonly history: boolean;
  readonly standby: boolean;
  /** 0 for no end. For display: a membership ends by a `remove`, never by a clock. */
  readonly until: number;
  /** The membership seq at which they joined, 0 for the creator. */
  readonly since: number;
  /** The seq and time of the create, add or rekey that pinned the identity. */
  readonly pinnedSeq: number;
  readonly pinnedAt: number;
};

export type Membership = {
  readonly thread: Bytes;
  readonly create: Create;
  readonly name: string;
  readonly seq: number;
  /** The threadID before the first entry. */
  readonly head: Bytes;
  /** By `hex` of the person id. */
  readonly members: ReadonlyMap<string, Member>;
  /** In their order: the last is the present one, each says better than the one before who the patient is. */
  readonly links: readonly Link[];
  /** Everybody who was ever a member, by `hex`. */
  readonly ever: ReadonlySet<string>;
};

export type MembershipEntry = { readonly hash: Bytes } & (
  | { readonly kind: 'add'; readonly value: Add }
  | { readonly kind: 'remove'; readonly value: Remove }
  | { readonly kind: 'rekey'; readonly value: Rekey }
  | { readonly kind: 'member-role'; readonly value: RoleEntry }
  | { readonly kind: 'link'; readonly value: Link }
  | { readonly kind: 'rename'; readonly value: Rename }
);

/** A membership that a walk may change; `freeze` hands it out. */
export type Draft = { -readonly [K in keyof Membership]: Membership[K] } & {
  members: Map<string, Member>;
  ever: Set<string>;
};

/** Reasons with which the server's `remove` key may take somebody out. */
const SERVER_REASONS: readonly Remove['reason'][] = ['leaver', 'mover', 'lost-device'];

export function founding(thread: Bytes, create: Create): Membership {
  const creator: Member = {
    person: create.person,
    identity: create.identity,
    role: 'owner',
    history: true,
    standby: false,
    until: 0,
    since: 0,
    pinnedSeq: 0,
    pinnedAt: create.created,
  };
  const id = hex(create.person);
  const members = new Map([[id, creator]]);
  return { thread, create, name: create.name, seq: 0, head: thread, members, links: [], ever: new Set([id]) };
}

export function thaw(membership: Membership): Draft {
  return { ...membership, members: new Map(membership.members), ever: new Set(membership.ever) };
}

/** Takes one entry into the draft, or refuses it. */
export function advance(draft: Draft, entry: MembershipEntry): void {
  const { thread, seq, previous } = entry.value;
  insist(equal(thread, draft.thread), 'broken_chain', `${entry.kind}: of another thread`);
  insist(seq === draft.seq + 1, 'broken_chain', `${entry.kind}: out of sequence`);
  insist(equal(previous, draft.head), 'broken_chain', `${entry.kind}: does not follow the entry before it`);
  switch (entry.kind) {
    case 'add':
      advanceAdd(draft, entry.value);
      break;
    case 'remove':
      advanceRemove(draft, entry.value);
      break;
    case 'rekey':
      advanceRekey(draft, entry.value);
      break;
    case 'member-role':
      advanceRole(draft, entry.value);
      break;
    case 'link':
      advanceLink(draft, entry.value);
      break;
    case 'rename':
      owner(draft, entry.value.person, 'rename');
      insist(isNamed(draft.create), 'not_entitled', 'rename: the name of this thread is in its sealed state');
      draft.name = entry.value.name;
      break;
  }
  draft.seq = seq;
  draft.head = entry.hash;
}

/** Patient and direct threads have no name that the server sees. */
export function isNamed({ space }: Create): boolean {
  return space !== 'patient' && space !== 'direct';
}

/** An entry that the server's `remove` key signs, for nobody. */
export function isByServer({ person, device }: Pick<Remove, 'person' | 'device'>): boolean {
  return isZero(person) && isZero(device);
}

function advanceAdd(draft: Draft, { person, target, identity, memberRole, ...rest }: Add): void {
  const by = author(draft, person, 'add');
  const id = hex(target);
  insist(by.role === 'owner' || draft.create.addBy === 'member', 'not_entitled', 'add: only an owner here');
  insist(by.role === 'owner' || memberRole !== 'owner', 'not_entitled', 'add: only an owner adds an owner');
  insist(!draft.members.has(id), 'not_entitled', 'add: already a member');
  const third = draft.create.space === 'direct' && !draft.ever.has(id) && draft.ever.size >= 2;
  insist(!third, 'not_entitled', 'add: a direct thread has two people');
  const { history, standby, until, seq, issued } = rest;
  const pinned = { since: seq, pinnedSeq: seq, pinnedAt: issued };
  draft.members.set(id, { person: target, identity, role: memberRole, history, standby, until, ...pinned });
  draft.ever.add(id);
}

function advanceRemove(draft: Draft, entry: Remove): void {
  const target = present(draft, entry.target, 'remove');
  if (isByServer(entry)) {
    insist(SERVER_REASONS.includes(entry.reason), 'not_entitled', 'remove: not a reason of the server');
  } else {
    const by = present(draft, entry.person, 'remove');
    const others = by.role === 'owner' || (by.role === 'member' && draft.create.space === 'patient');
    insist(others || equal(by.person, target.person), 'not_entitled', 'remove: not of this member');
  }
  draft.members.delete(hex(target.person));
  succeed(draft);
}

/** A thread without an owner would be stuck: the member who is longest in it becomes one. */
function succeed(draft: Draft): void {
  const members = [...draft.members.values()];
  if (members.some(({ role }) => role === 'owner')) {
    return;
  }
  const [heir] = members.filter(({ role }) => role === 'member').sort((a, b) => a.since - b.since);
  if (heir !== undefined) {
    draft.members.set(hex(heir.person), { ...heir, role: 'owner' });
  }
}

function advanceRekey(draft: Draft, { person, target: id, identity, seq, issued }: Rekey): void {
  author(draft, person, 'rekey');
  const target = present(draft, id, 'rekey');
  insist(!equal(person, id), 'not_entitled', 'rekey: not of oneself');
  insist(!equal(target.identity, identity), 'not_entitled', 'rekey: to the identity that is pinned');
  draft.members.set(hex(id), { ...target, identity, pinnedSeq: seq, pinnedAt: issued });
}

/** The first link comes when the thread is made; one after it says better who the patient is, and never that it is another one. */
function advanceLink(draft: Draft, value: Link): void {
  const { role } = author(draft, value.person, 'link');
  insist(draft.create.space === 'patient', 'not_entitled', 'link: only in a patient thread');
  const present = draft.links.at(-1);
  if (present !== undefined) {
    const posts = role === 'owner' || draft.create.postBy === 'member';
    insist(posts, 'not_entitled', 'link: a later one only by somebody who may post');
    insist(!equal(present.assertion, value.assertion), 'not_entitled', 'link: to the assertion that is linked');
  }
  draft.links = [...draft.links, value];
}

function advanceRole(draft: Draft, { person, target: id, memberRole: role }: RoleEntry): void {
  owner(draft, person, 'role');
  const target = present(draft, id, 'role');
  const owners = [...draft.members.values()].filter((member) => member.role === 'owner');
  const last = target.role === 'owner' && role !== 'owner' && owners.length === 1;
  insist(!last, 'not_entitled', 'role: the last owner stays one');
  draft.members.set(hex(id), { ...target, role });
}

function present(draft: Draft, person: Bytes, what: string): Member {
  const found = draft.members.get(hex(person));
  if (found === undefined) {
    throw new Refusal('not_entitled', `${what}: not a member`);
  }
  return found;
}

/** A member who is not only a reader. */
function author(draft: Draft, person: Bytes, what: string): Member {
  const found = present(draft, person, what);
  insist(found.role !== 'reader', 'not_entitled', `${what}: not by a reader`);
  return found;
}

function owner(draft: Draft, person: Bytes, what: string): Member {
  const found = present(draft, person, what);
  insist(found.role === 'owner', 'not_entitled', `${what}: only by an owner`);
  return found;
}
