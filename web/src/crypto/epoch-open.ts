/**
 * Opening an epoch: a member's envelope, then everything that follows from its secret (docs/protocol.md, sections 7.1 to 7.4).
 */

import type { Bytes } from './bytes.ts';
import { openEnvelope, toMember, verifyEnvelope } from './envelope.ts';
import type { Epoch } from './epoch.ts';
import { checkSecret, deriveEpochSecret } from './escrow.ts';

export type OpenEpoch = {
  /** r: shares, sealed state and grants come from it. */
  readonly secret: Bytes;
  readonly epochSecret: Bytes;
};

/** A member's way in: the envelope with its path, and the seed of the generation that the record lists. */
export type EnvelopeKey = {
  readonly person: Bytes;
  readonly seed: Bytes;
  readonly envelope: Bytes;
  readonly proof: Bytes;
};

export async function openEpoch(epoch: Epoch, { person, seed, envelope, proof }: EnvelopeKey): Promise<OpenEpoch> {
  await verifyEnvelope(epoch, toMember(person), envelope, proof);
  return acceptSecret(epoch, await openEnvelope(epoch.coreHash, toMember(person), seed, envelope));
}

/** Checks a secret that came by any way (envelope, grant, store) against the record, all of the officers' shares included. */
export async function acceptSecret(epoch: Epoch, secret: Bytes): Promise<OpenEpoch> {
  await checkSecret(secret, epoch.core, epoch.threshold);
  return { secret, epochSecret: await deriveEpochSecret(secret, epoch.recordHash) };
}
