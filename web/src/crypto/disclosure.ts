/**
 * Disclosure (docs/protocol.md, section 10): officers open exactly the epochs that an order lists, for its case key, and k of
 * them together give the reviewer the secrets; fewer give nothing. Only the messages that the order names are read.
 */

import { type Bytes, bytesOf, equal, erase } from './bytes.ts';
import { decode, encode } from './codec.ts';
import { hashObject, hpkeInfo } from './domain.ts';
import { openEnvelope, toSeat, verifyEnvelope } from './envelope.ts';
import { type OpenEpoch, acceptSecret } from './epoch-open.ts';
import type { Epoch } from './epoch.ts';
import { combineEscrow, shareCommit } from './escrow.ts';
import { type Encapsulation, hpkeOpen, hpkeSeal } from './hpke.ts';
import { type DisclosureOrder, caseContext, caseShare, disclosureOrder } from './layouts/disclosure.ts';
import { type ManifestChain, manifestNamed } from './manifest.ts';
import { type OpenMessage, type ReadMessage, openMessage } from './message.ts';
import { type PersonLog, deviceOf } from './person.ts';
import { insist } from './refusal.ts';
import { unpack, verifyExactly, verifySeats } from './signed.ts';
import type { Share } from './shamir.ts';
import { standingDevice } from './standing.ts';

export type VerifiedOrder = DisclosureOrder & { readonly hash: Bytes };

export type OrderContext = { readonly chain: ManifestChain; readonly requester: PersonLog };

/** Verifies a `signed` disclosure-order: by its requester's device and a threshold of the seats of the manifest it names. */
export async function verifyOrder(order: Bytes, { chain, requester }: OrderContext): Promise<VerifiedOrder> {
  const entry = unpack(disclosureOrder, order);
  const { value } = entry;
  insist(equal(value.requester, requester.person), 'wrong_identity', 'an order by somebody else');
  const manifest = manifestNamed(chain, value.manifest);
  const rest = await verifySeats(disclosureOrder, entry, manifest.seats, manifest.threshold);
  const device = standingDevice(requester, {
    thread: bytesOf(32),
    device: value.requesterDevice,
    identity: deviceOf(requester.current, value.requesterDevice)?.identity ?? requester.current.identity,
    at: value.issued,
  });
  const expected = { kind: 'device', id: value.requesterDevice, keys: [device.key] } as const;
  await verifyExactly(disclosureOrder, rest, [expected]);
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

/** What an officer's client needs to open one share. */
export type Opening = {
  readonly order: VerifiedOrder;
  readonly epoch: Pick<Epoch, 'core' | 'coreHash' | 'recordHash' | 'envelopeRoot'>;
  readonly seat: number;
  readonly seed: Bytes;
  readonly envelope: Bytes;
  readonly proof: Bytes;
  readonly chain: ManifestChain;
  readonly now: number;
  /** Does the order, by its hash, stand in the audit log? Asked before anything is opened. */
  readonly audited: (order: Bytes) => boolean | Promise<boolean>;
  readonly encapsulation?: Encapsulation;
};

/** An officer opens their own share of one listed epoch and seals it to the case key. Returns the bytes of a `case-share`. */
export async function resealShare(opening: Opening): Promise<Bytes> {
  const { order, epoch, seat, seed, envelope, proof, chain, now, audited } = opening;
  const { core } = epoch;
  insist(equal(order.manifest, chain.current.hash), 'not_entitled', 'an order of earlier officers');
  insist(now < order.expires, 'not_entitled', 'the order has expired');
  insist(await audited(order.hash), 'not_entitled', 'the order is not in the audit log');
  insist(listsEpoch(order, epoch), 'not_entitled', 'the order does not list this record');
  await verifyEnvelope(epoch, toSeat(seat), envelope, proof);
  const share = await openEnvelope(epoch.coreHash, toSeat(seat), seed, envelope);
  const committed = core.shares.find((one) => one.seat === seat)?.commit;
  const right = committed !== undefined && equal(await shareCommit({ seat, share }, core), committed);
  insist(right, 'wrong_share', 'not the share that the record commits to');
  const context = { order: order.hash, thread: core.thread, epoch: core.epoch, seat };
  const sealed = await hpkeSeal(order.caseKey, hpkeInfo(caseContext, context), share, opening.encapsulation);
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
  insist(same, 'wrong_share', 'a share of another order or epoch');
  const share = await hpkeOpen(caseSeed, hpkeInfo(caseContext, context), sealed);
  return { seat: context.seat, share };
}

/** Opens a message for a case, if the order names it. Verify it first, like any other. */
export async function openMessageForCase(
  order: VerifiedOrder,
  message: ReadMessage,
  half: Bytes,
  { epochSecret }: OpenEpoch,
): Promise<OpenMessage> {
  const { thread, message: id } = message.header;
  insist(listsMessage(order, thread, id), 'not_entitled', 'the order does not name this message');
  return openMessage(message, half, epochSecret);
}
