// @vitest-environment node
import { describe, expect, test } from 'vitest';
import { type Bytes, bytesOf, fromHex, hex, utf8 } from './bytes.ts';
import { type LogHead, checkpointText, openCheckpoint, signCheckpoint } from './checkpoint.ts';
import { sha256 } from './domain.ts';
import { evidenceText } from './evidence.ts';
import { merkleGrowth, merkleRoot } from './merkle.ts';
import { Refusal } from './refusal.ts';
import { safetyPair } from './safety.ts';
import { safetyList } from './safety-list.ts';
import { checkLogGrew, checkPersonLeaf, personLeaf } from './transparency.ts';
import { seedKey } from './vectors/hospital.ts';
import { below, repeatable } from './vectors/random.ts';
import { read, sides } from './vectors/read.ts';

describe.each(sides)('the log vectors of %s', (side) => {
  const vectors = read('log', side);

  test('checkpoints', async () => {
    for (const one of vectors.checkpoints) {
      const opened = await codeOf(openCheckpoint(one.note, fromHex(one.key)));
      expect(opened === '', one.why).toBe(one.ok);
      if (!one.ok) continue;
      const { size, root, after, at } = await openCheckpoint(one.note, fromHex(one.key));
      expect([size, hex(root), after, at]).toEqual([one.size, one.root, one.after, one.time]);
    }
  });

  test('leaves and their places', async () => {
    for (const one of vectors.leaves) {
      const entry = { person: fromHex(one.person), seq: one.seq, entry: fromHex(one.entry) };
      const proof = { index: one.index, actor: fromHex(one.actor), at: one.at, path: one.path.map(fromHex) };
      expect(hex(personLeaf(entry, proof))).toBe(one.leaf);
      const head = { size: one.size, root: fromHex(one.root) };
      expect(await codeOf(checkPersonLeaf(head, entry, proof))).toBe(one.ok ? '' : 'not_logged');
    }
  });

  test('growth', async () => {
    for (const one of vectors.growths) {
      const older = { size: one.older, root: fromHex(one.olderRoot) };
      const newer = { size: one.newer, root: fromHex(one.newerRoot) };
      expect(await codeOf(checkLogGrew(older, newer, one.proof.map(fromHex)))).toBe(one.code);
    }
  });

  test('P4 evidence', () => {
    expect(vectors.evidence.length).toBeGreaterThan(2);
    for (const { code, seen, shown, told, text } of vectors.evidence) {
      const said = told && { size: told.size, root: fromHex(told.root), by: fromHex(told.by) };
      expect(evidenceText({ code, seen, shown, ...(said && { told: said }) })).toBe(text);
    }
  });

  test('safety words', async () => {
    for (const { one, other, words } of vectors.safety) {
      expect(await safetyPair(fromHex(one), fromHex(other))).toEqual(words);
      expect(await safetyPair(fromHex(other), fromHex(one))).toEqual(words);
    }
    expect(hex(await sha256(utf8(safetyList.map((word) => `${word}\n`).join(''))))).toBe(vectors.words);
  });
});

test('every size grows to every later size, and a changed hash is another log', async () => {
  const leaves = Array.from({ length: 20 }, (_, n) => Uint8Array.of(n));
  const heads: LogHead[] = [];
  for (let size = 1; size <= leaves.length; size++) {
    heads.push({ size, root: await merkleRoot(leaves.slice(0, size)) });
  }
  for (const newer of heads) {
    for (const older of heads.slice(0, newer.size)) {
      const proof = await merkleGrowth(leaves.slice(0, newer.size), older.size);
      expect(await codeOf(checkLogGrew(older, newer, proof))).toBe('');
      for (const [at, hash] of proof.entries()) {
        const changed = proof.with(
          at,
          hash.map((byte, n) => (n === at % 32 ? byte ^ 1 : byte)),
        );
        expect(await codeOf(checkLogGrew(older, newer, changed))).toBe('split_view');
      }
    }
  }
});

test('whatever arrives, a checkpoint or a proof is refused and nothing else is thrown', async () => {
  const random = repeatable('hostile log');
  const key = await seedKey(random(32));
  const good = { size: 5, root: random(32), after: 2, at: 7 };
  const note = await signCheckpoint(good, key);
  for (let round = 0; round < 600; round++) {
    const letters = Array.from(note);
    for (let changes = 1 + below(random, 3); changes > 0; changes--) {
      const what = below(random, 3);
      const place = below(random, letters.length);
      letters.splice(place, what === 0 ? 0 : 1, ...(what === 1 ? [] : [String.fromCharCode(below(random, 128))]));
    }
    const changed = letters.join('');
    if (changed === note) continue;
    expect(await codeOf(openCheckpoint(changed, key.publicKey))).toMatch(/malformed|bad_signature/);
  }
  for (let round = 0; round < 600; round++) {
    const proof: Bytes[] = Array.from({ length: below(random, 70) }, () => random(below(random, 10) === 0 ? 31 : 32));
    const size = () =>
      [0, 1, below(random, 100), 2 ** 40 + below(random, 100), 2 ** 53, -1, 0.5, Number.NaN][below(random, 8)] ?? 0;
    const [older, newer] = [size(), size()];
    const growth = await codeOf(
      checkLogGrew({ size: older, root: bytesOf(32) }, { size: newer, root: random(32) }, proof),
    );
    expect(growth).toMatch(/malformed|rolled_back|split_view/);
    const place = { index: size(), actor: bytesOf(16), at: 1, path: proof };
    const entry = { person: bytesOf(16), seq: 1, entry: bytesOf(32) };
    expect(await codeOf(checkPersonLeaf({ size: newer, root: random(32) }, entry, place))).toBe('not_logged');
  }
  expect(checkpointText(good)).toBe(note.slice(0, note.indexOf('\n\n') + 1));
});

async function codeOf(attempt: Promise<unknown>): Promise<string> {
  try {
    await attempt;
    return '';
  } catch (thrown) {
    if (thrown instanceof Refusal) return thrown.code;
    throw thrown;
  }
}
