/**
 * What a thread carries for its members alone: its private name and the patient assertion (docs/protocol.md, section 7.3).
 *
 * Sealed anew in each epoch, under keys derived from r, because epochSecret depends on the record that carries its hash.
 */

import { type Sealing, aeadOpen, aeadSeal, keyAndNonce } from './aead.ts';
import { type Bytes, concat, equal, erase, u32 } from './bytes.ts';
import { decode, encode } from './codec.ts';
import { hashObject, kdf } from './domain.ts';
import type { EpochName } from './escrow.ts';
import { type EpochCore, type ThreadState, sealedState, threadState } from './layouts/epoch.ts';
import { insist } from './refusal.ts';

/** Returns the bytes of a `sealed-state`. */
export async function sealState(secret: Bytes, { thread, epoch }: EpochName, state: ThreadState): Promise<Bytes> {
  const sealing = await stateSealing(secret, { thread, epoch });
  const ciphertext = await aeadSeal(sealing, encode(threadState, state));
  erase(sealing.key);
  return encode(sealedState, { thread, epoch, ciphertext });
}

/** What of a record names its state. */
export type StateName = Pick<EpochCore, 'thread' | 'epoch' | 'state'>;

/** Refuses a sealed state that is not the one that the record names. */
export async function openState(
  secret: Bytes,
  core: Pick<EpochCore, 'thread' | 'epoch' | 'state'>,
  sealed: Bytes,
): Promise<ThreadState> {
  const { thread, epoch, ciphertext } = decode(sealedState, sealed);
  const named = equal(thread, core.thread) && epoch === core.epoch;
  insist(named, 'bad_commitment', 'the sealed state of another epoch');
  insist(
    equal(await hashObject(sealedState, sealed), core.state),
    'bad_commitment',
    'not the state that the record names',
  );
  const sealing = await stateSealing(secret, core);
  const plain = await aeadOpen(sealing, ciphertext);
  erase(sealing.key);
  return decode(threadState, plain);
}

async function stateSealing(secret: Bytes, { thread, epoch }: EpochName): Promise<Sealing> {
  const context = concat(thread, u32(epoch));
  return { ...keyAndNonce(await kdf(secret, { label: 'state', context, length: 44 })), aad: context };
}
