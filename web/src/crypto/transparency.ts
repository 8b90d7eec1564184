/** Proofs from the Merkle log: a key is in it, and it only grows (docs/protocol.md, sections 11.1 to 11.3; RFC 9162, section 2.1). */

import { type Bytes, concat, equal, u32, utf8 } from './bytes.ts';
import type { LogHead } from './checkpoint.ts';
import { encode } from './codec.ts';
import { auditLeaf } from './layouts/audit.ts';
import { hashNode, verifyMerklePath } from './merkle.ts';
import { base64url } from './names.ts';
import { Refusal, insist } from './refusal.ts';

const PERSON_LOG = 0x0102;
const MAX_PROOF = 64;

/** An entry of a person log, as its reader verified it. */
export type LoggedEntry = { readonly person: Bytes; readonly seq: number; readonly entry: Bytes };
/** Where the server says that it stands, and what the leaf says beside it. */
export type Inclusion = {
  readonly index: number;
  readonly actor: Bytes;
  readonly at: number;
  readonly path: readonly Bytes[];
};

export function personLeaf({ person, seq, entry }: LoggedEntry, { actor, at }: Pick<Inclusion, 'actor' | 'at'>): Bytes {
  const details = ['seq', String(seq), 'entry', base64url(entry)].map(utf8);
  const body = concat(Uint8Array.of(0, 2), ...details.flatMap((text) => [u32(text.length), text]));
  return encode(auditLeaf, { kind: PERSON_LOG, at, actor, subject: person, body });
}

/** Refuses with `not_logged` unless the entry is a leaf under this head. */
export async function checkPersonLeaf({ size, root }: LogHead, entry: LoggedEntry, proof: Inclusion): Promise<void> {
  const { index, path } = proof;
  const there = Number.isSafeInteger(size) && index >= 0 && index < size && path.length <= MAX_PROOF;
  insist(there, 'not_logged', 'a place that the log does not have');
  const included = await verifyMerklePath(root, personLeaf(entry, proof), { index, count: size, path });
  insist(included, 'not_logged', 'the entry is not in the log');
}

/** Refuses unless the log at `older` is the beginning of the log at `newer`: anything else is two logs. */
export async function checkLogGrew(older: LogHead, newer: LogHead, proof: readonly Bytes[]): Promise<void> {
  const bounded = older.size >= 1 && Number.isSafeInteger(newer.size) && proof.length <= MAX_PROOF + 1;
  insist(bounded && proof.every(({ length }) => length === 32), 'malformed', 'not a proof of consistency');
  insist(older.size <= newer.size, 'rolled_back', 'a shorter log than the one that was seen');
  const grew =
    older.size === newer.size
      ? equal(older.root, newer.root) && proof.length === 0
      : await leadsOn(older, newer, isPowerOfTwo(older.size) ? [older.root, ...proof] : proof);
  if (!grew) throw new Refusal('split_view', 'one log is not the beginning of the other');
}

async function leadsOn(older: LogHead, newer: LogHead, [start, ...rest]: readonly Bytes[]): Promise<boolean> {
  if (start === undefined) return false;
  let [first, second] = [older.size - 1, newer.size - 1];
  while (first % 2 === 1) [first, second] = [half(first), half(second)];
  let [oldRoot, newRoot] = [start, start];
  for (const hash of rest) {
    if (second === 0) return false;
    if (first % 2 === 1 || first === second) {
      [oldRoot, newRoot] = [await hashNode(hash, oldRoot), await hashNode(hash, newRoot)];
      while (first % 2 === 0 && first !== 0) [first, second] = [half(first), half(second)];
    } else {
      newRoot = await hashNode(newRoot, hash);
    }
    [first, second] = [half(first), half(second)];
  }
  return second === 0 && equal(oldRoot, older.root) && equal(newRoot, newer.root);
}

/** Sizes are larger than what JavaScript shifts. */
const half = (n: number): number => Math.floor(n / 2);

function isPowerOfTwo(n: number): boolean {
  let rest = n;
  while (rest > 1 && rest % 2 === 0) rest /= 2;
  return rest === 1;
}
