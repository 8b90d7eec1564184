/**
 * Making the next epoch of a thread (docs/protocol.md, section 7): the list from the logs, a fresh secret sealed to every
 * member on it, the officers' shares, the sealed state, and the signed record.
 *
 * The caller verifies what it built like anybody else's record before it sends anything under it.
 */

import { type Bytes, bytesOf, equal, order } from './bytes.ts';
import { encode } from './codec.ts';
import { type Random, hashObject, hashValue, systemRandom } from './domain.ts';
import { envelopeRoot, sealEnvelope, toMember, toSeat } from './envelope.ts';
import type { Epoch, Listed } from './epoch.ts';
import { deriveEpochSecret, escrowShares, secretCommit, shareCommit } from './escrow.ts';
import type { Encapsulation } from './hpke.ts';
import { type EpochCore, type ThreadState, epochCore, epochRecord, sealedState } from './layouts/epoch.ts';
import { type Witnesses, known } from './membership.ts';
import type { Member, Membership } from './membership-rules.ts';
import type { OpenEpoch } from './epoch-open.ts';
import { isReady } from './person.ts';
import { insist } from './refusal.ts';
import { sealState } from './sealed-state.ts';
import { sign } from './signed.ts';
import type { Signer } from './signer.ts';

export type Author = { readonly person: Bytes; readonly device: Bytes; readonly signer: Signer };

export type EpochPlan = Pick<Witnesses, 'chain' | 'people'> & {
  /** The newest. */
  readonly membership: Membership;
  readonly previous: Epoch | null;
  readonly state: ThreadState;
  readonly author: Author;
  readonly issued: number;
  readonly random?: Random;
  /** The randomness of each envelope, in the order of the tree; only vectors give it. */
  readonly encapsulations?: (index: number) => Encapsulation;
};

export type BuiltEpoch = OpenEpoch & {
  /** A `signed` epoch-record. */
  readonly record: Bytes;
  readonly recordHash: Bytes;
  /** In the order of the tree: members ascending, then seats ascending. */
  readonly envelopes: readonly Bytes[];
  readonly sealedState: Bytes;
};

export async function buildEpoch(plan: EpochPlan): Promise<BuiltEpoch> {
  const { membership, previous, chain, author, random = systemRandom, encapsulations = () => ({}) } = plan;
  const name = { thread: membership.thread, epoch: (previous?.core.epoch ?? 0) + 1 };
  const { seats, threshold, hash: manifest } = chain.current;
  const recipients = listMembers(membership, plan.people);
  const isListed = recipients.some(({ entry }) => equal(entry.person, author.person));
  insist(isListed, 'wrong_members', 'the author is not among the members to whom the epoch can be sealed');

  const secret = random(32);
  const seatIndexes = seats.map(({ index }) => index);
  const shares = await escrowShares(secret, name, threshold, seatIndexes);
  const sealed = await sealState(secret, name, plan.state);
  const value: EpochCore = {
    ...name,
    previous: previous?.recordHash ?? bytesOf(32),
    membershipSeq: membership.seq,
    membershipHead: membership.head,
    manifest,
    members: recipients.map(({ entry }) => entry),
    secretCommit: await secretCommit(secret, name),
    shares: await Promise.all(
      shares.map(async (share) => ({ seat: share.seat, commit: await shareCommit(share, name) })),
    ),
    state: await hashObject(sealedState, sealed),
    person: author.person,
    device: author.device,
    issued: plan.issued,
  };
  const core = encode(epochCore, value);
  const coreHash = await hashObject(epochCore, core);
  const toSeal = [
    ...recipients.map(({ entry, key }) => ({ to: toMember(entry.person), key, secret })),
    ...seats.map(({ seal: key }, i) => ({
      to: toSeat(seatIndexes[i] ?? 0),
      key,
      secret: shares[i]?.share ?? bytesOf(0),
    })),
  ];
  const envelopes: Bytes[] = [];
  for (const [i, one] of toSeal.entries()) {
    envelopes.push(await sealEnvelope(coreHash, one.to, one.key, one.secret, encapsulations(i)));
  }
  const record = { core, envelopeRoot: await envelopeRoot(envelopes) };
  const recordHash = await hashValue(epochRecord, record);
  return {
    record: await sign(epochRecord, record, { kind: 'device', id: author.device, by: author.signer }),
    recordHash,
    envelopes,
    sealedState: sealed,
    secret,
    epochSecret: await deriveEpochSecret(secret, recordHash),
  };
}

/** Everybody in the thread to whom something can be sealed now, ascending, each with the key of their generation. */
function listMembers(membership: Membership, people: Witnesses['people']): { entry: Listed; key: Bytes }[] {
  return [...membership.members.values()]
    .sort((a, b) => order(a.person, b.person))
    .flatMap((member) => listMember(member, people));
}

function listMember({ person, identity }: Member, people: Witnesses['people']): { entry: Listed; key: Bytes }[] {
  const { current } = known(people, person);
  if (!isReady(current, identity)) {
    return [];
  }
  const { generation, seal } = current.generation;
  return [{ entry: { person, identity, logHead: current.head, generation }, key: seal }];
}
