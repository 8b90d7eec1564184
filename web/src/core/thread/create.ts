/** Starting a thread, whole: the create entry, its first members, its patient, its first keys, in one post (docs/protocol.md, section 6). */
import { type Bytes, equal } from '../../crypto/bytes.ts';
import { systemRandom } from '../../crypto/domain.ts';
import { buildEpoch } from '../../crypto/epoch-build.ts';
import { nfc } from '../../crypto/layout.ts';
import type { ThreadState } from '../../crypto/layouts/epoch.ts';
import { type Create, type Link, add, create, link } from '../../crypto/layouts/membership.ts';
import { type MembershipLog, followMembership, verifyMembership } from '../../crypto/membership.ts';
import { base64url, fromUuidText } from '../../crypto/names.ts';
import { sign } from '../../crypto/signed.ts';
import type { PersonId, ThreadId } from '../contract.ts';
import { Unreachable } from '../fault.ts';
import type { Ward } from '../ward.ts';
import { byDevice, founding as usual, identityOf } from './members.ts';
import { postOf } from './newKeys.ts';

/** A thread that is being made: its id is known before the server has heard of it. */
export type Founding = { readonly create: Bytes; readonly entries: Bytes[]; membership: MembershipLog };

type Rules = Pick<Create, 'space' | 'name' | 'addBy'>;
type FoundingReason = 'founding' | 'care-team' | 'on-call' | 'opinion' | 'handover' | 'cover' | 'supervision' | 'other';

/** Until retention has classes of its own. */
const retention = 1;

export async function found(ward: Ward, rules: Rules): Promise<Founding> {
  const { me, trust, people, now } = ward;
  const own = people.log(me.person);
  const value: Create = {
    ...rules,
    name: nfc(rules.name),
    person: me.person,
    device: me.device,
    identity: own?.current.identity ?? me.person,
    postBy: 'member',
    retention,
    manifest: trust.chain.current.hash,
    created: now(),
    nonce: systemRandom(16),
  };
  const created = await sign(create, value, byDevice(ward));
  return { create: created, entries: [], membership: await verifyMembership(created, [], witnesses(ward)) };
}

/** Everybody who is there from the beginning reads from the beginning. */
export async function invite(
  ward: Ward,
  thread: Founding,
  people: readonly PersonId[],
  reason: FoundingReason,
): Promise<void> {
  for (const person of new Set(people)) {
    const target = fromUuidText(person);
    if (equal(target, ward.me.person)) continue;
    const identity = await identityOf(ward, target);
    const value = { ...place(ward, thread), ...usual, target, identity, history: true, reason };
    await append(ward, thread, await sign(add, value, byDevice(ward)));
  }
}

export async function linkPatient(ward: Ward, thread: Founding, names: Pick<Link, 'tag' | 'assertion'>): Promise<void> {
  await append(ward, thread, await sign(link, { ...place(ward, thread), ...names }, byDevice(ward)));
}

/** Posts everything. The same bytes again get the same answer, so an answer that was lost is asked for once more. */
export async function start(ward: Ward, thread: Founding, state: ThreadState): Promise<ThreadId> {
  const { me, trust, people, now, remote } = ward;
  await people.mustBeLogged(
    [...thread.membership.current.members.values()].map(({ person }) => person),
    true,
  );
  const built = await buildEpoch({
    chain: trust.chain,
    people: people.log,
    membership: thread.membership.current,
    previous: null,
    state,
    author: me,
    issued: now(),
  });
  const post = () => remote.threads.create(thread.create, thread.entries, postOf(built));
  try {
    await post();
  } catch (thrown) {
    if (!(thrown instanceof Unreachable)) throw thrown;
    await post();
  }
  return idOf(thread);
}

export const idOf = ({ membership }: Founding): ThreadId => base64url(membership.thread);

async function append(ward: Ward, thread: Founding, entry: Bytes): Promise<void> {
  thread.membership = await followMembership(thread.membership, [entry], witnesses(ward));
  thread.entries.push(entry);
}

function place({ me, now }: Ward, { membership }: Founding) {
  const { seq, head } = membership.current;
  return {
    thread: membership.thread,
    seq: seq + 1,
    previous: head,
    person: me.person,
    device: me.device,
    issued: now(),
  };
}

const witnesses = ({ trust, people }: Ward) => ({ chain: trust.chain, people: people.log });
