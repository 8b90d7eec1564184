/**
 * History grants (docs/protocol.md, section 7.6): a member gives somebody the secrets of earlier epochs, as far as the `add`
 * allows or the person had them before.
 */

import { type Bytes, concat, equal } from './bytes.ts';
import { hashLabel } from './domain.ts';
import { openEnvelope, sealEnvelope, toGranted } from './envelope.ts';
import { type OpenEpoch, acceptSecret } from './epoch-open.ts';
import type { Author } from './epoch-build.ts';
import { type Epoch, listed } from './epoch.ts';
import type { Encapsulation } from './hpke.ts';
import { type HistoryGrant, historyGrant } from './layouts/epoch.ts';
import { type MembershipLog, type Witnesses, known, memberOf, standingsSince } from './membership.ts';
import type { Member } from './membership-rules.ts';
import { deviceOf, isReady } from './person.ts';
import { Refusal, insist } from './refusal.ts';
import { type Unpacked, sign, unpack, verifyExactly } from './signed.ts';
import { standingDevice } from './standing.ts';

export type GrantPlan = Pick<Witnesses, 'people'> & {
  readonly membership: MembershipLog;
  readonly target: Bytes;
  /** The epochs to give, with their secrets. Those that the rules do not allow are refused. */
  readonly epochs: readonly { readonly epoch: Epoch; readonly secret: Bytes }[];
  readonly author: Author;
  readonly issued: number;
  readonly encapsulations?: (index: number) => Encapsulation;
};

export type BuiltGrant = { readonly grant: Bytes; readonly envelopes: readonly Bytes[] };

export async function buildGrant(plan: GrantPlan): Promise<BuiltGrant> {
  const { membership, target, author, issued, people, encapsulations = () => ({}) } = plan;
  const member = memberOf(membership.current, target);
  insist(member !== undefined, 'not_entitled', 'history only for a member');
  const state = known(people, target).current;
  insist(isReady(state, member.identity), 'wrong_members', 'nothing can be sealed to this member');
  const epochs = [...plan.epochs].sort((a, b) => a.epoch.core.epoch - b.epoch.core.epoch);
  const envelopes: Bytes[] = [];
  for (const [i, { epoch, secret }] of epochs.entries()) {
    insist(mayRead(member, epoch), 'not_entitled', 'an epoch that the add does not give');
    const { seal } = state.generation;
    envelopes.push(await sealEnvelope(epoch.coreHash, toGranted(target), seal, secret, encapsulations(i)));
  }
  const value: HistoryGrant = {
    thread: membership.thread,
    target,
    identity: member.identity,
    generation: state.generation.generation,
    membershipSeq: member.pinnedSeq,
    person: author.person,
    device: author.device,
    issued,
    records: epochs.map(({ epoch }) => ({ epoch: epoch.core.epoch, record: epoch.recordHash })),
    envelopes: await hashEnvelopes(envelopes),
  };
  const grant = await sign(historyGrant, value, { kind: 'device', id: author.device, by: author.signer });
  return { grant, envelopes };
}

export type GrantContext = Pick<Witnesses, 'people'> & {
  readonly membership: MembershipLog;
  /** A verified epoch of the thread, by its number. */
  readonly epochs: (epoch: number) => Epoch | undefined;
  /** Whose grant it is, and the seed of a generation of theirs. */
  readonly person: Bytes;
  readonly seeds: (generation: number) => Bytes | undefined;
};

/** Verifies a grant and opens every epoch in it, in their order. */
export async function openGrant(
  { grant, envelopes }: BuiltGrant,
  context: GrantContext,
): Promise<(OpenEpoch & { readonly epoch: Epoch })[]> {
  const { value, epochs } = await verifyGrant(grant, context);
  const same = envelopes.length === epochs.length && equal(await hashEnvelopes(envelopes), value.envelopes);
  insist(same, 'broken_chain', 'not the envelopes that were granted');
  const seed = context.seeds(value.generation);
  insist(seed !== undefined, 'wrong_secret', 'sealed to a generation that is not at hand');
  const opened = [];
  for (const [i, epoch] of epochs.entries()) {
    const bytes = envelopes[i] ?? new Uint8Array();
    const secret = await openEnvelope(epoch.coreHash, toGranted(context.person), seed, bytes);
    opened.push({ epoch, ...(await acceptSecret(epoch, secret)) });
  }
  return opened;
}

async function verifyGrant(grant: Bytes, context: GrantContext): Promise<{ value: HistoryGrant; epochs: Epoch[] }> {
  const entry = unpack(historyGrant, grant);
  const { value } = entry;
  const { membership, person, epochs } = context;
  insist(equal(value.thread, membership.thread), 'broken_chain', 'a grant of another thread');
  insist(equal(value.target, person), 'wrong_identity', 'a grant for somebody else');
  const member = memberOf(membership.current, person);
  insist(member !== undefined, 'not_entitled', 'a grant for someone who is not a member');
  const pinned = equal(member.identity, value.identity) && member.pinnedSeq === value.membershipSeq;
  insist(pinned, 'not_entitled', 'a grant for another identity or entry than the thread has pinned');
  insist(!equal(value.person, person), 'not_entitled', 'nobody grants to themselves');
  const certified = known(context.people, person).states.some(
    ({ identity, generation }) => equal(identity, value.identity) && generation?.generation === value.generation,
  );
  insist(certified, 'wrong_identity', 'sealed to a generation that this identity never had');
  await verifyGranter(entry, context);
  const found = value.records.map(({ epoch: number, record }) => {
    const epoch = epochs(number);
    if (epoch === undefined || !equal(epoch.recordHash, record)) {
      throw new Refusal('broken_chain', 'a grant of a record that is not in the thread');
    }
    insist(mayRead(member, epoch), 'not_entitled', 'an epoch that the add does not give');
    return epoch;
  });
  return { value, epochs: found };
}

/**
 * Any member but a reader may give history, and what they gave stays given when they have left. A grant is in no log, so of a
 * revoked device it counts only from before the revocation.
 */
async function verifyGranter(entry: Unpacked<HistoryGrant>, { membership, people }: GrantContext): Promise<void> {
  const { thread, person, device: id, issued, membershipSeq } = entry.value;
  const standings = standingsSince(membership, membershipSeq, person).filter(({ role }) => role !== 'reader');
  const log = known(people, person);
  const certified = deviceOf(log.current, id)?.identity ?? log.current.identity;
  const granter = standings.find(({ identity }) => equal(identity, certified)) ?? standings[0];
  insist(granter !== undefined, 'not_entitled', 'a grant by someone who may not give it');
  const device = standingDevice(log, { thread, device: id, identity: granter.identity, at: issued });
  await verifyExactly(historyGrant, entry, [{ kind: 'device', id, keys: [device.key] }]);
}

/**
 * Added with history: everything. Otherwise what was made for this person, and what was made since their present identity was pinned, from
 * which they can only be missing because no key could be sealed to them then.
 */
export function mayRead({ person, history, pinnedSeq }: Member, { core }: Epoch): boolean {
  return history || listed(core, person) !== undefined || core.membershipSeq >= pinnedSeq;
}

function hashEnvelopes(envelopes: readonly Bytes[]): Promise<Bytes> {
  return hashLabel('grant-envelopes', concat(...envelopes));
}
