/**
 * Disclosure (docs/protocol.md, section 10): officers open exactly the epochs that an order lists, for its case key, and k of
 * them together give the reviewer the secrets; fewer give nothing.
 *
 * Whether the order stands in the audit log is checked by the caller, before `resealShare`.
 */

import { type Bytes, bytesOf, equal, erase } from './bytes.ts';
import { decode, encode } from './codec.ts';
import { hashObject, hpkeInfo } from './domain.ts';
import { openEnvelope, toSeat } from './envelope.ts';
import { type OpenEpoch, acceptSecret } from './epoch-open.ts';
import type { Epoch } from './epoch.ts';
import { combineEscrow, shareCommit } from './escrow.ts';
import { type Encapsulation, hpkeOpen, hpkeSeal } from './hpke.ts';
import { type DisclosureOrder, caseContext, caseShare, disclosureOrder } from './layouts/disclosure.ts';
import { type ManifestChain, manifestNamed } from './manifest.ts';
import type { PersonLog } from './person.ts';
import { Refusal, insist } from './refusal.ts';
import { unpack, verifyExactly, verifySeats } from './signed.ts';
import type { Share } from './shamir.ts';
import { standingDevice } from './standing.ts';

export type VerifiedOrder = DisclosureOrder & { readonly hash: Bytes };

export type OrderContext = {
  readonly chain: ManifestChain;
  readonly requester: PersonLog;
  readonly now: number;
};

/** Verifies a `signed` disclosure-order: by its requester's device and a threshold of seats, and still in time. */
export async function verifyOrder(order: Bytes, { chain, requester, now }: OrderContext): Promise<VerifiedOrder> {
  const entry = unpack(disclosureOrder, order);
  const { value } = entry;
  insist(equal(value.requester, requester.person), 'wrong_identity', 'an order by somebody else');
  const manifest = manifestNamed(chain, value.manifest);
  const rest = await verifySeats(disclosureOrder, entry, manifest.seats, manifest.threshold);
  const device = standingDevice(requester, {
    thread: bytesOf(32),
    device: value.requesterDevice,
    identity: requester.current.identity,
    at: value.issued,
  });
  const expected = { kind: 'device', id: value.requesterDevice, keys: [device.key] } as const;
  await verifyExactly(disclosureOrder, rest, [expected]);
  insist(value.issued < value.expires && now < value.expires, 'not_entitled', 'the order has expired');
  return { ...value, hash: await hashObject(disclosureOrder, entry.object) };
}

/** Does the order list this record? Nothing else of the thread may be opened. */
export function listsEpoch(
  { epochs }: DisclosureOrder,
  { core, recordHash }: Pick<Epoch, 'core' | 'recordHash'>,
): boolean {
  const entry = epochs.find(({ thread, epoch }) => equal(thread, core.thread) && epoch === core.epoch);
  return entry !== undefined && equal(entry.record, recordHash);
}

/** Does the order name this message? Only these are read, of all that the epoch's secret could open. */
export function listsMessage({ messages }: DisclosureOrder, thread: Bytes, message: Bytes): boolean {
  return messages.some((one) => equal(one.thread, thread) && equal(one.message, message));
}

export type SeatKey = { readonly seat: number; readonly seed: Bytes };

/** An officer opens their own share of one listed epoch and seals it to the case key. Returns the bytes of a `case-share`. */
export async function resealShare(
  order: VerifiedOrder,
  epoch: Pick<Epoch, 'core' | 'coreHash' | 'recordHash'>,
  { seat, seed }: SeatKey,
  envelope: Bytes,
  encapsulation: Encapsulation = {},
): Promise<Bytes> {
  insist(listsEpoch(order, epoch), 'not_entitled', 'the order does not list this record');
  const share = await openEnvelope(epoch.coreHash, toSeat(seat), seed, envelope);
  const committed = epoch.core.shares.find((one) => one.seat === seat)?.commit;
  const right =
    committed !== undefined && share.length === 32 && equal(await shareCommit({ seat, share }, epoch.core), committed);
  insist(right, 'wrong_share', 'not the share that the record commits to');
  const context = { order: order.hash, thread: epoch.core.thread, epoch: epoch.core.epoch, seat };
  const sealed = await hpkeSeal(order.caseKey, hpkeInfo(caseContext, context), share, encapsulation);
  erase(share);
  return encode(caseShare, { ...context, sealed });
}

/** The reviewer opens the officers' shares with the case key and combines them. */
export async function openCase(
  order: VerifiedOrder,
  epoch: Epoch,
  caseSeed: Bytes,
  caseShares: readonly Bytes[],
): Promise<OpenEpoch> {
  insist(listsEpoch(order, epoch), 'not_entitled', 'the order does not list this record');
  const shares: Share[] = [];
  for (const bytes of caseShares) {
    shares.push(await openCaseShare(order, epoch, caseSeed, bytes));
  }
  try {
    return await acceptSecret(epoch, await combineEscrow(shares, epoch.core, epoch.threshold));
  } finally {
    erase(...shares.map(({ share }) => share));
  }
}

async function openCaseShare(order: VerifiedOrder, { core }: Epoch, caseSeed: Bytes, bytes: Bytes): Promise<Share> {
  const { sealed, ...context } = decode(caseShare, bytes);
  const same = equal(context.order, order.hash) && equal(context.thread, core.thread) && context.epoch === core.epoch;
  if (!same) {
    throw new Refusal('not_entitled', 'a share of another order or epoch');
  }
  const share = await hpkeOpen(caseSeed, hpkeInfo(caseContext, context), sealed);
  return { seat: context.seat, share };
}
