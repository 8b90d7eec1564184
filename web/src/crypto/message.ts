/**
 * Messages (docs/protocol.md, section 8): sealed under the epoch and a shred half, committed to with a franking key, signed by
 * a device.
 *
 * The way in is `readMessage` (decode), `verifyMessage` (who, where, in which epoch), `openMessage` (decrypt and check the
 * commitment). Destroying the half makes a message unreadable from everything that is kept.
 */

import { type Sealing, TAG, aeadOpen, aeadSeal, keyAndNonce } from './aead.ts';
import { type Bytes, bytesOf, concat, equal, erase, isZero, u32 } from './bytes.ts';
import { decode, encode } from './codec.ts';
import { type Random, hashLabel, hashValue, hmac, kdf, signedInput, systemRandom } from './domain.ts';
import { mustVerify } from './ed25519.ts';
import { type Epoch, listed } from './epoch.ts';
import { type Header, header, message, messageBinding, messageDigest, shredHalf } from './layouts/message.ts';
import { type Witnesses, known, mayPost } from './membership.ts';
import { insist } from './refusal.ts';
import type { Signer } from './signer.ts';
import { standingDevice } from './standing.ts';

/** Plaintext is padded to one of these. */
export const BUCKETS = [256, 512, 1024, 2048, 4096, 8192, 16384, 32768, 65536] as const;
const KF = 32;
const FRAME = KF + 4;
export const MAX_INNER = 65536 - FRAME;

export type MessageDraft = {
  readonly header: Omit<Header, 'shredCommit'>;
  /** The JSON of inner.ts, as UTF-8. */
  readonly inner: Bytes;
  readonly epochSecret: Bytes;
  readonly signer: Signer;
  readonly random?: Random;
};

export type SealedMessage = {
  /** The bytes of a `message`. */
  readonly message: Bytes;
  readonly half: Bytes;
  readonly header: Header;
  /** H(message-digest): the `previous` of the device's next message in this thread. */
  readonly entryHash: Bytes;
};

export async function sealMessage(draft: MessageDraft): Promise<SealedMessage> {
  const { inner, epochSecret, signer, random = systemRandom } = draft;
  insist(inner.length <= MAX_INNER, 'malformed', 'a message is too long');
  const half = random(32);
  const kf = random(KF);
  const { thread, message: id } = draft.header;
  const value: Header = { ...draft.header, shredCommit: await hashValue(shredHalf, { thread, message: id, half }) };
  const headerBytes = encode(header, value);
  const commitment = await frankingCommitment(kf, headerBytes, inner);
  const sealing = await messageSealing(epochSecret, half, headerBytes, commitment);
  const plain = bytesOf(paddedSize(inner.length));
  plain.set(concat(kf, u32(inner.length), inner));
  const ciphertext = await aeadSeal(sealing, plain);
  erase(plain, kf, sealing.key);
  const digest = await digestOf(headerBytes, commitment, ciphertext);
  const signature = await signer.sign(signedInput(messageDigest, digest));
  return {
    message: encode(message, { header: headerBytes, commitment, ciphertext, signature }),
    half,
    header: value,
    entryHash: await hashLabel(messageDigest.name, digest),
  };
}

/** A decoded message. Nothing about it is verified yet. */
export type ReadMessage = {
  readonly header: Header;
  readonly headerBytes: Bytes;
  readonly commitment: Bytes;
  readonly ciphertext: Bytes;
  readonly signature: Bytes;
  /** The bytes of its `message-digest`. */
  readonly digest: Bytes;
  readonly entryHash: Bytes;
};

export async function readMessage(bytes: Bytes): Promise<ReadMessage> {
  const { header: headerBytes, commitment, ciphertext, signature } = decode(message, bytes);
  const digest = await digestOf(headerBytes, commitment, ciphertext);
  const entryHash = await hashLabel(messageDigest.name, digest);
  return { header: decode(header, headerBytes), headerBytes, commitment, ciphertext, signature, digest, entryHash };
}

export type MessageContext = Pick<Witnesses, 'people' | 'position'> & {
  /** The verified epoch whose recordHash the header names. */
  readonly epoch: Epoch;
};

/** Refuses unless a device that stood for a member who may post signed exactly this, in this epoch. */
export async function verifyMessage(read: ReadMessage, context: MessageContext): Promise<void> {
  const { header: claim } = read;
  const sized = BUCKETS.some((bucket) => bucket + TAG === read.ciphertext.length);
  insist(sized, 'malformed', 'no message has this size');
  const { epoch, people, position } = context;
  const right =
    equal(claim.record, epoch.recordHash) && claim.epoch === epoch.core.epoch && equal(claim.thread, epoch.core.thread);
  insist(right, 'broken_chain', 'a message of another thread, epoch or record');
  insist(claim.deviceSeq > 0, 'broken_chain', 'device sequences count from 1');
  insist((claim.deviceSeq === 1) === isZero(claim.previous), 'broken_chain', 'only a first message follows nothing');
  const author = listed(epoch.core, claim.person);
  insist(author !== undefined, 'not_entitled', 'a message by someone to whom its epoch is not sealed');
  insist(mayPost(epoch.membership, claim.person), 'not_entitled', 'a message by someone who may not post');
  const device = standingDevice(known(people, claim.person), {
    thread: claim.thread,
    device: claim.device,
    identity: author.identity,
    at: claim.time,
    deviceSeq: claim.deviceSeq,
    entry: read.entryHash,
    position,
  });
  await mustVerify(device.key, read.signature, signedInput(messageDigest, read.digest), 'message');
}

export type OpenMessage = {
  readonly inner: Bytes;
  /** The franking key: with it a recipient can prove what was sent. */
  readonly kf: Bytes;
};

/** Call after `verifyMessage`: refuses a wrong half, a commitment that does not hold, and any padding but zeros. */
export async function openMessage(read: ReadMessage, half: Bytes, epochSecret: Bytes): Promise<OpenMessage> {
  const { thread, message: id, shredCommit } = read.header;
  const committed = await hashValue(shredHalf, { thread, message: id, half });
  insist(equal(committed, shredCommit), 'bad_commitment', 'not the half that the header commits to');
  const sealing = await messageSealing(epochSecret, half, read.headerBytes, read.commitment);
  const plain = await aeadOpen(sealing, read.ciphertext);
  erase(sealing.key);
  try {
    return await openFrame(read, plain);
  } finally {
    erase(plain);
  }
}

async function openFrame({ headerBytes, commitment }: ReadMessage, plain: Bytes): Promise<OpenMessage> {
  insist(plain.length >= FRAME, 'bad_commitment', 'too short');
  const length = new DataView(plain.buffer, plain.byteOffset).getUint32(KF);
  insist(length <= plain.length - FRAME, 'bad_commitment', 'the length is beyond the end');
  insist(paddedSize(length) === plain.length, 'bad_commitment', 'not padded to its size');
  insist(isZero(plain.subarray(FRAME + length)), 'bad_commitment', 'the padding is not zero');
  const kf = plain.slice(0, KF);
  const inner = plain.slice(FRAME, FRAME + length);
  const right = equal(await frankingCommitment(kf, headerBytes, inner), commitment);
  insist(right, 'bad_commitment', 'the content is not what was committed to');
  return { inner, kf };
}

/** HMAC-SHA256(kf, header ‖ u32 length ‖ inner), with kf of exactly 32 bytes: HMAC pads shorter keys. */
export function frankingCommitment(kf: Bytes, headerBytes: Bytes, inner: Bytes): Promise<Bytes> {
  insist(kf.length === KF, 'bad_commitment', 'a franking key has 32 bytes');
  return hmac(kf, concat(headerBytes, u32(inner.length), inner));
}

async function messageSealing(
  epochSecret: Bytes,
  half: Bytes,
  headerBytes: Bytes,
  commitment: Bytes,
): Promise<Sealing> {
  const salt = await hashValue(messageBinding, { header: headerBytes, commitment });
  const secret = concat(epochSecret, half);
  const derived = await kdf(secret, { label: 'message', salt, length: 44 });
  erase(secret);
  return { ...keyAndNonce(derived), aad: concat(headerBytes, commitment) };
}

async function digestOf(headerBytes: Bytes, commitment: Bytes, ciphertext: Bytes): Promise<Bytes> {
  const hash = await hashLabel('ciphertext', ciphertext);
  return encode(messageDigest, { header: headerBytes, commitment, ciphertext: hash });
}

/** The plaintext size for an inner of so many bytes; 0 when there is none. */
export function paddedSize(innerLength: number): number {
  return BUCKETS.find((bucket) => innerLength + FRAME <= bucket) ?? 0;
}
