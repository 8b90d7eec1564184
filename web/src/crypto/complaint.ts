/**
 * What a member says of keys that were made for them and that they cannot use, and of a thread that contradicts itself (docs/protocol.md,
 * sections 7.7 and 7.8).
 *
 * Invariant: a complaint proves who made it and about whose keys. Whether it is true nobody else can tell, so it changes nothing by itself.
 */

import { type Bytes, equal } from './bytes.ts';
import type { Author } from './epoch-build.ts';
import { type Epoch, listed } from './epoch.ts';
import { type Complaint, type Conflict, complaint, conflict } from './layouts/complaint.ts';
import { type MembershipLog, type Witnesses, known } from './membership.ts';
import { Refusal, type RefusalCode, insist } from './refusal.ts';
import { sign, unpack, verifyExactly } from './signed.ts';
import { standingDevice } from './standing.ts';

/** The problem that a refusal of an epoch's key or state is; `undefined` for what is not its author's doing. */
export function problemOf(code: RefusalCode): Complaint['problem'] | undefined {
  switch (code) {
    case 'wrong_secret':
      return 'wrong-secret';
    case 'wrong_share':
      return 'wrong-share';
    case 'bad_commitment':
    case 'wrong_identity':
    case 'wrong_purpose':
    case 'bad_signature':
    case 'malformed':
    case 'broken_chain':
    case 'not_entitled':
      return 'wrong-state';
    default:
      return undefined;
  }
}

export function signComplaint(value: Omit<Complaint, 'person' | 'device'>, author: Author): Promise<Bytes> {
  const { person, device, signer } = author;
  return sign(complaint, { ...value, person, device }, { kind: 'device', id: device, by: signer });
}

export function signConflict(value: Omit<Conflict, 'person' | 'device'>, author: Author): Promise<Bytes> {
  const { person, device, signer } = author;
  return sign(conflict, { ...value, person, device }, { kind: 'device', id: device, by: signer });
}

export type ComplaintContext = Pick<Witnesses, 'people'> & {
  readonly membership: MembershipLog;
  /** A verified record by its number. */
  readonly epochs: (number: number) => Epoch | undefined;
};

/** Verifies a `signed` complaint; the epoch is the one that it is about. */
export async function verifyComplaint(
  container: Bytes,
  { membership, epochs, people }: ComplaintContext,
): Promise<{ value: Complaint; epoch: Epoch }> {
  const entry = unpack(complaint, container);
  const { value } = entry;
  insist(equal(value.thread, membership.thread), 'broken_chain', 'a complaint about another thread');
  const epoch = epochs(value.epoch);
  if (epoch === undefined) {
    throw new Refusal('rolled_back', 'a complaint about keys that are not here');
  }
  insist(equal(epoch.recordHash, value.record), 'broken_chain', 'a complaint about another record than the thread’s');
  const mine = listed(epoch.core, value.person);
  insist(mine !== undefined, 'not_entitled', 'a complaint by somebody for whom the keys were not made');
  insist(!equal(epoch.core.person, value.person), 'not_entitled', 'nobody complains about their own keys');
  const { thread, device: id, issued: at } = value;
  const device = standingDevice(known(people, value.person), { thread, device: id, identity: mine.identity, at });
  await verifyExactly(complaint, entry, [{ kind: 'device', id, keys: [device.key] }]);
  return { value, epoch };
}
