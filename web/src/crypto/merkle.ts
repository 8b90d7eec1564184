/** The Merkle tree hash and inclusion path of RFC 6962, section 2.1, with SHA-256. */

import { type Bytes, bytesOf, concat, equal } from './bytes.ts';
import { sha256 } from './domain.ts';

export async function merkleRoot(leaves: readonly Bytes[]): Promise<Bytes> {
  return leaves.length === 0 ? sha256(bytesOf(0)) : rootOf(await hashLeaves(leaves));
}

/** The hashes from the leaf's sibling up to below the root. */
export async function merklePath(leaves: readonly Bytes[], index: number): Promise<Bytes[]> {
  return pathOf(await hashLeaves(leaves), index);
}

/** The proof of RFC 6962, section 2.1.2, that the first `older` of the leaves were all of them once. */
export async function merkleGrowth(leaves: readonly Bytes[], older: number): Promise<Bytes[]> {
  return older === leaves.length ? [] : growthOf(await hashLeaves(leaves), older, true);
}

/** Does this leaf stand at `index` of `count` under the root? */
export async function verifyMerklePath(
  root: Bytes,
  leaf: Bytes,
  { index, count, path }: { index: number; count: number; path: readonly Bytes[] },
): Promise<boolean> {
  if (index >= count) {
    return false;
  }
  // Sizes of the audit log may be larger than what JavaScript shifts.
  let hash = await hashLeaf(leaf);
  let position = index;
  let last = count - 1;
  for (const sibling of path) {
    if (last === 0) {
      return false;
    }
    if (position % 2 === 1 || position === last) {
      hash = await hashNode(sibling, hash);
      while (position % 2 === 0 && position !== 0) {
        position = Math.floor(position / 2);
        last = Math.floor(last / 2);
      }
    } else {
      hash = await hashNode(hash, sibling);
    }
    position = Math.floor(position / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && equal(hash, root);
}

function hashLeaves(leaves: readonly Bytes[]): Promise<Bytes[]> {
  return Promise.all(leaves.map(hashLeaf));
}

export function hashLeaf(leaf: Bytes): Promise<Bytes> {
  return sha256(concat(Uint8Array.of(0), leaf));
}

export function hashNode(left: Bytes, right: Bytes): Promise<Bytes> {
  return sha256(concat(Uint8Array.of(1), left, right));
}

async function rootOf(hashes: readonly Bytes[]): Promise<Bytes> {
  const [only] = hashes;
  if (only !== undefined && hashes.length === 1) {
    return only;
  }
  const split = splitOf(hashes.length);
  return hashNode(await rootOf(hashes.slice(0, split)), await rootOf(hashes.slice(split)));
}

async function pathOf(hashes: readonly Bytes[], index: number): Promise<Bytes[]> {
  if (hashes.length <= 1) {
    return [];
  }
  const split = splitOf(hashes.length);
  return index < split
    ? [...(await pathOf(hashes.slice(0, split), index)), await rootOf(hashes.slice(split))]
    : [...(await pathOf(hashes.slice(split), index - split)), await rootOf(hashes.slice(0, split))];
}

async function growthOf(hashes: readonly Bytes[], older: number, whole: boolean): Promise<Bytes[]> {
  if (older === hashes.length) {
    return whole ? [] : [await rootOf(hashes)];
  }
  const split = splitOf(hashes.length);
  return older <= split
    ? [...(await growthOf(hashes.slice(0, split), older, whole)), await rootOf(hashes.slice(split))]
    : [...(await growthOf(hashes.slice(split), older - split, false)), await rootOf(hashes.slice(0, split))];
}

/** The largest power of two below n, for n > 1. */
function splitOf(n: number): number {
  let split = 1;
  while (split * 2 < n) {
    split *= 2;
  }
  return split;
}
