// @vitest-environment node
import { describe, expect, test } from 'vitest';
import { bytesOf, fromHex, hex } from './bytes.ts';
import { merklePath, merkleRoot, verifyMerklePath } from './merkle.ts';

/** The leaves and roots that certificate transparency logs are tested with. */
const LEAVES = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'].map(
  fromHex,
);
const ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

test.each(ROOTS.map((root, count) => [count, root] as const))('the root of %i leaves', async (count, root) => {
  expect(hex(await merkleRoot(LEAVES.slice(0, count)))).toBe(root);
});

describe('paths', () => {
  const leaves = Array.from({ length: 23 }, (_, i) => Uint8Array.of(i));

  test('every leaf of every size has one', async () => {
    for (let count = 1; count <= leaves.length; count++) {
      const tree = leaves.slice(0, count);
      const root = await merkleRoot(tree);
      for (const [index, leaf] of tree.entries()) {
        const path = await merklePath(tree, index);
        expect(await verifyMerklePath(root, leaf, { index, count, path })).toBe(true);
      }
    }
  });

  test('another leaf, place, size, root or path proves nothing', async () => {
    const tree = leaves.slice(0, 6);
    const root = await merkleRoot(tree);
    const path = await merklePath(tree, 3);
    const leaf = tree[3] ?? bytesOf(0);
    const good = { index: 3, count: 6, path };
    expect(await verifyMerklePath(root, leaf, good)).toBe(true);
    expect(await verifyMerklePath(root, tree[2] ?? leaf, good)).toBe(false);
    expect(await verifyMerklePath(root, leaf, { ...good, index: 2 })).toBe(false);
    expect(await verifyMerklePath(root, leaf, { ...good, index: 6 })).toBe(false);
    expect(await verifyMerklePath(root, leaf, { ...good, count: 4 })).toBe(false);
    expect(await verifyMerklePath(bytesOf(32), leaf, good)).toBe(false);
    expect(await verifyMerklePath(root, leaf, { ...good, path: path.slice(1) })).toBe(false);
    expect(await verifyMerklePath(root, leaf, { ...good, path: [...path, bytesOf(32)] })).toBe(false);
    expect(await verifyMerklePath(root, leaf, { ...good, path: path.toReversed() })).toBe(false);
  });
});
