/** `log.ts.json`: checkpoints, leaves and proofs of the Merkle log, and safety words. */

import { type Bytes, hex, utf8 } from '../bytes.ts';
import { type Checkpoint, type LogHead, checkpointText, signCheckpoint, signText } from '../checkpoint.ts';
import { sha256 } from '../domain.ts';
import { type Evidence, evidenceText } from '../evidence.ts';
import { merkleGrowth, merklePath, merkleRoot } from '../merkle.ts';
import { safetyPair } from '../safety.ts';
import { safetyList } from '../safety-list.ts';
import { personLeaf } from '../transparency.ts';
import { type SeedKey, seedKey } from './hospital.ts';
import { below, repeatable } from './random.ts';

/** The names and meanings are the same in the file of the other implementation. */
export type LogVectors = {
  readonly checkpoints: readonly CheckpointVector[];
  readonly leaves: readonly LeafVector[];
  readonly growths: readonly GrowthVector[];
  readonly safety: readonly { one: string; other: string; words: string[][] }[];
  readonly words: string;
  /** Notes as they are, empty for none. */
  readonly evidence: readonly EvidenceVector[];
};
type EvidenceVector = {
  code: string;
  seen: string;
  shown: string;
  told: { size: number; root: string; by: string } | null;
  text: string;
};
type CheckpointVector = {
  key: string;
  note: string;
  ok: boolean;
  why: string;
  size: number;
  root: string;
  after: number;
  time: number;
};
type LeafVector = {
  person: string;
  seq: number;
  entry: string;
  actor: string;
  at: number;
  leaf: string;
  size: number;
  root: string;
  index: number;
  path: string[];
  ok: boolean;
};
type GrowthVector = {
  older: number;
  olderRoot: string;
  newer: number;
  newerRoot: string;
  proof: string[];
  code: string;
};

export async function logVectors(): Promise<LogVectors> {
  const random = repeatable('log');
  const entries = Array.from({ length: 19 }, (_, n) => ({
    person: random(16),
    seq: below(random, 0x1_0000_0000),
    entry: random(32),
    actor: random(16),
    at: 1_700_000_000_000 + n,
  }));
  const leaves = entries.map((entry) => personLeaf(entry, entry));
  const headOf = async (size: number): Promise<LogHead> => ({ size, root: await merkleRoot(leaves.slice(0, size)) });
  const placed: LeafVector[] = [];
  for (const size of [1, 2, 5, 8, 17, 19]) {
    const tree = leaves.slice(0, size);
    const root = hex(await merkleRoot(tree));
    for (const index of [0, size - 1]) {
      const { person, seq, entry, actor, at } = entries[index] ?? fail();
      const path = (await merklePath(tree, index)).map(hex);
      const good = {
        ...{ person: hex(person), seq, entry: hex(entry), actor: hex(actor), at, leaf: hex(leaves[index] ?? fail()) },
        ...{ size, root, index, path, ok: true },
      };
      placed.push(good, { ...good, path: [...path, hex(random(32))], ok: false });
      placed.push({ ...good, root: hex(random(32)), ok: false }, { ...good, index: size, ok: false });
    }
  }
  const growths: GrowthVector[] = [];
  for (const [older, newer] of [
    [1, 2],
    [1, 19],
    [2, 19],
    [4, 7],
    [8, 16],
    [9, 19],
    [16, 17],
    [18, 19],
    [19, 19],
  ] as const) {
    const [one, two] = [await headOf(older), await headOf(newer)];
    const proof = (await merkleGrowth(leaves.slice(0, newer), older)).map(hex);
    const good = { older, olderRoot: hex(one.root), newer, newerRoot: hex(two.root), proof, code: '' };
    growths.push(good, { ...good, newerRoot: hex(random(32)), code: 'split_view' });
    growths.push({ ...good, proof: [...proof, hex(random(32))], code: 'split_view' });
    if (proof.length > 0) growths.push({ ...good, proof: proof.slice(0, -1), code: 'split_view' });
  }
  return {
    checkpoints: await checkpointVectors(await headOf(19), await seedKey(random(32)), await seedKey(random(32))),
    leaves: placed,
    growths,
    safety: [await safetyVector(random(32), random(32)), await safetyVector(random(32), random(32))],
    words: hex(await sha256(utf8(safetyList.map((word) => `${word}\n`).join('')))),
    evidence: await evidenceVectors(await headOf(19), random),
  };
}

async function evidenceVectors(head: LogHead, random: (length: number) => Bytes): Promise<EvidenceVector[]> {
  const key = await seedKey(random(32));
  const seen = await signCheckpoint({ ...head, after: 7, at: 1_700_000_000_999 }, key);
  const shown = await signCheckpoint({ size: 18, root: random(32), after: 7, at: 1_700_000_001_000 }, key);
  const told = { size: 17, root: random(32), by: random(16) };
  const vector = (each: Evidence): EvidenceVector => ({
    code: each.code,
    seen: each.seen ?? '',
    shown: each.shown ?? '',
    told: each.told ? { size: each.told.size, root: hex(each.told.root), by: hex(each.told.by) } : null,
    text: evidenceText(each),
  });
  return [
    { code: 'rolled_back', seen, shown },
    { code: 'rolled_back', shown },
    { code: 'split_view', seen, told },
  ].map(vector);
}

async function safetyVector(one: Bytes, other: Bytes) {
  return { one: hex(one), other: hex(other), words: await safetyPair(one, other) };
}

async function checkpointVectors(head: LogHead, key: SeedKey, stranger: SeedKey): Promise<CheckpointVector[]> {
  const good: Checkpoint = { ...head, after: 7, at: 1_700_000_000_999 };
  const note = await signCheckpoint(good, key);
  const text = checkpointText(good);
  const vector = (why: string, signed: string): CheckpointVector => ({
    key: hex(key.publicKey),
    note: signed,
    ok: why === '',
    why,
    size: good.size,
    root: hex(good.root),
    after: good.after,
    time: good.at,
  });
  const respelt = (from: string, to: string) => signText(text.replace(from, to), key);
  return [
    vector('', note),
    vector('by another key', await signCheckpoint(good, stranger)),
    vector('another size than the signed one', note.replace('\n19\n', '\n18\n')),
    vector('a leading zero', await respelt('\n19\n', '\n019\n')),
    vector('a fraction', await respelt('\n19\n', '\n19.0\n')),
    vector('an exponent', await respelt('\n19\n', '\n1e1\n')),
    vector('a size of 2^53', await respelt('\n19\n', '\n9007199254740992\n')),
    vector('after more than there is', await respelt('after 7', 'after 19')),
    vector('another origin', await respelt('wardline-audit-v1', 'wardline-audit-v9')),
    vector('an empty line', await respelt('after', '\nafter')),
    vector('a tab', await respelt('time ', 'time\t')),
    vector('cut off', note.slice(0, -1)),
    vector('something after the end', `${note}x`),
    vector('padding taken away', note.replace(/=+\n$/, '\n')),
    vector('nothing', ''),
  ];
}

function fail(): never {
  throw new Error('a vector without its entry');
}
