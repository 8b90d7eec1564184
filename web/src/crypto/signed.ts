/**
 * Signatures beside the object they cover (docs/protocol.md, section 3).
 *
 * Invariants:
 * - What is verified is the bytes that arrived; nothing is encoded again first.
 * - A container carries exactly the signatures that its object needs. One too many is refused like one too few, so that no
 *   two clients count differently.
 */

import { type Bytes, bytesOf, concat, equal, order } from './bytes.ts';
import { decode, encode } from './codec.ts';
import { signedInput } from './domain.ts';
import { mustVerify, verifyEd25519 } from './ed25519.ts';
import type { Fields, Layout, Values } from './layout.ts';
import { type Signed, signed } from './layouts/container.ts';
import { Refusal, insist } from './refusal.ts';
import type { Signer } from './signer.ts';

export type SignatureKind = Signed['signatures'][number]['kind'];
export type ServerPurpose = 'bind' | 'remove' | 'assert' | 'audit';

/** A signature to make: `index` for a seat, `id` for a device (its id) or an identity (the person's id). */
export type Signing = { kind: SignatureKind; by: Signer; index?: number; id?: Bytes };

/** A signature to find, by any one of these keys. */
export type Expected = { kind: SignatureKind; keys: readonly Bytes[]; index?: number; id?: Bytes };

export type Unpacked<T> = { readonly value: T; readonly object: Bytes; readonly signatures: Signed['signatures'] };

const NOBODY = bytesOf(16);

/** Encodes a value, signs it, and returns the bytes of the container. */
export async function sign<F extends Fields>(
  layout: Layout<F>,
  value: Values<F>,
  ...signings: readonly Signing[]
): Promise<Bytes> {
  return pack(layout, encode(layout, value), [], signings);
}

/** Adds signatures to a container, for an object that several people sign. */
export async function cosign(layout: Layout, container: Bytes, ...signings: readonly Signing[]): Promise<Bytes> {
  const { object, signatures } = decode(signed, container);
  return pack(layout, object, signatures, signings);
}

/** Opens a container without checking any signature. */
export function unpack<F extends Fields>(layout: Layout<F>, container: Bytes): Unpacked<Values<F>> {
  const { object, signatures } = decode(signed, container);
  return { value: decode(layout, object), object, signatures };
}

/** Refuses unless the container carries exactly these signatures and each of them verifies. */
export async function verifyExactly(
  layout: Layout,
  { object, signatures }: Pick<Unpacked<unknown>, 'object' | 'signatures'>,
  expected: readonly Expected[],
): Promise<void> {
  insist(signatures.length > 0 || expected.length === 0, 'bad_signature', `${layout.name}: not signed`);
  const slots = new Map(expected.map((one) => [slot(one.kind, one.index ?? 0, one.id ?? NOBODY), one]));
  for (const { kind, index, signer } of signatures) {
    insist(slots.has(slot(kind, index, signer)), 'wrong_purpose', `${layout.name}: a signature as ${kind}`);
  }
  insist(signatures.length === slots.size, 'wrong_purpose', `${layout.name}: a signature is missing`);
  const input = signedInput(layout, object);
  for (const { kind, index, signer, signature } of signatures) {
    const keys = slots.get(slot(kind, index, signer))?.keys ?? [];
    if (!(await verifiesWithAny(keys, signature, input))) {
      throw new Refusal('bad_signature', `${layout.name}: ${kind}`);
    }
  }
}

/** Splits off the seats' signatures and refuses unless at least `threshold` of these seats signed, and nobody else. */
export async function verifySeats(
  layout: Layout,
  { object, signatures }: Pick<Unpacked<unknown>, 'object' | 'signatures'>,
  seats: readonly { readonly index: number; readonly sign: Bytes }[],
  threshold: number,
): Promise<{ object: Bytes; signatures: Signed['signatures'] }> {
  insist(signatures.length > 0, 'bad_signature', `${layout.name}: not signed`);
  const input = signedInput(layout, object);
  const bySeats = signatures.filter(({ kind }) => kind === 'seat');
  for (const { index, signer, signature } of bySeats) {
    const seat = seats.find((one) => one.index === index);
    insist(seat !== undefined && equal(signer, NOBODY), 'not_entitled', `${layout.name}: no seat ${index}`);
    await mustVerify(seat.sign, signature, input, `${layout.name}: seat ${index}`);
  }
  insist(bySeats.length >= threshold, 'not_entitled', `${layout.name}: too few seats signed`);
  return { object, signatures: signatures.filter(({ kind }) => kind !== 'seat') };
}

async function pack(
  layout: Layout,
  object: Bytes,
  present: Signed['signatures'],
  signings: readonly Signing[],
): Promise<Bytes> {
  const input = signedInput(layout, object);
  const made = await Promise.all(
    signings.map(async ({ kind, by, index = 0, id = NOBODY }) => {
      return { kind, index, signer: id, signature: await by.sign(input) };
    }),
  );
  const signatures = [...present, ...made].sort((a, b) => order(slotBytes(a), slotBytes(b)));
  return encode(signed, { object, signatures });
}

const KINDS: readonly SignatureKind[] = ['bind', 'remove', 'assert', 'audit', 'seat', 'identity', 'device'];

function slotBytes({ kind, index, signer }: Pick<Signed['signatures'][number], 'kind' | 'index' | 'signer'>): Bytes {
  return concat(Uint8Array.of(KINDS.indexOf(kind), index), signer);
}

function slot(kind: SignatureKind, index: number, signer: Bytes): string {
  return slotBytes({ kind, index, signer }).join();
}

async function verifiesWithAny(keys: readonly Bytes[], signature: Bytes, input: Bytes): Promise<boolean> {
  for (const key of keys) {
    if (await verifyEd25519(key, signature, input)) {
      return true;
    }
  }
  return false;
}
