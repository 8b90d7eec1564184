/**
 * Envelopes: an epoch's secret sealed to one member, or one share sealed to one seat (docs/protocol.md, section 7.2).
 *
 * Each is bound to the record by its place in the Merkle tree under `envelopeRoot`: members ascending, then seats ascending.
 */

import { type Bytes, bytesOf, concat, equal } from './bytes.ts';
import { decode, encode } from './codec.ts';
import { hashObject, hpkeInfo } from './domain.ts';
import type { Epoch } from './epoch.ts';
import { type Encapsulation, hpkeOpen, hpkeSeal } from './hpke.ts';
import {
  type Envelope,
  type EpochCore,
  envelope,
  envelopeContext,
  envelopeLeaf,
  envelopeProof,
} from './layouts/epoch.ts';
import { merklePath, merkleRoot, verifyMerklePath } from './merkle.ts';
import { insist } from './refusal.ts';

export type Recipient = Pick<Envelope, 'purpose' | 'recipient'>;

export function toMember(person: Bytes): Recipient {
  return { purpose: 'member', recipient: person };
}

export function toSeat(seat: number): Recipient {
  return { purpose: 'seat', recipient: concat(bytesOf(15), Uint8Array.of(seat)) };
}

export function toGranted(person: Bytes): Recipient {
  return { purpose: 'grant', recipient: person };
}

/** Seals 32 bytes; returns the bytes of an `envelope`. */
export async function sealEnvelope(
  coreHash: Bytes,
  recipient: Recipient,
  publicKey: Bytes,
  secret: Bytes,
  encapsulation: Encapsulation = {},
): Promise<Bytes> {
  const info = hpkeInfo(envelopeContext, { core: coreHash, ...recipient });
  return encode(envelope, { ...recipient, sealed: await hpkeSeal(publicKey, info, secret, encapsulation) });
}

/** Opens an envelope that is for this recipient, without checking its place under the root. */
export async function openEnvelope(coreHash: Bytes, recipient: Recipient, seed: Bytes, bytes: Bytes): Promise<Bytes> {
  const { purpose, recipient: to, sealed } = decode(envelope, bytes);
  const mine = purpose === recipient.purpose && equal(to, recipient.recipient);
  insist(mine, 'wrong_members', 'an envelope for somebody else');
  return hpkeOpen(seed, hpkeInfo(envelopeContext, { core: coreHash, ...recipient }), sealed);
}

/** All recipients of a record, in the order of the tree. */
export function recipientsOf({ members, shares }: EpochCore): Recipient[] {
  return [...members.map(({ person }) => toMember(person)), ...shares.map(({ seat }) => toSeat(seat))];
}

export async function envelopeRoot(envelopes: readonly Bytes[]): Promise<Bytes> {
  return merkleRoot(await Promise.all(envelopes.map(leafOf)));
}

/** The `envelope-proof` of the envelope at `index`. */
export async function proveEnvelope(envelopes: readonly Bytes[], index: number): Promise<Bytes> {
  const path = await merklePath(await Promise.all(envelopes.map(leafOf)), index);
  return encode(envelopeProof, { index, count: envelopes.length, path: path.map((hash) => ({ hash })) });
}

/** Refuses an envelope that does not stand under the record's root in the recipient's own place. */
export async function verifyEnvelope(
  { core, envelopeRoot: root }: Pick<Epoch, 'core' | 'envelopeRoot'>,
  { purpose, recipient }: Recipient,
  bytes: Bytes,
  proof: Bytes,
): Promise<void> {
  const { index, count, path } = decode(envelopeProof, proof);
  const recipients = recipientsOf(core);
  const place = recipients.findIndex((one) => one.purpose === purpose && equal(one.recipient, recipient));
  insist(place >= 0, 'wrong_members', 'not a recipient of this record');
  insist(place === index && count === recipients.length, 'broken_chain', 'an envelope in another place');
  const leaf = await leafOf(bytes);
  const stands = await verifyMerklePath(root, leaf, { index, count, path: path.map(({ hash }) => hash) });
  insist(stands, 'broken_chain', 'an envelope that is not under the root of the record');
}

async function leafOf(bytes: Bytes): Promise<Bytes> {
  const { purpose, recipient } = decode(envelope, bytes);
  return encode(envelopeLeaf, { purpose, recipient, envelope: await hashObject(envelope, bytes) });
}
