/** The Merkle log of the test server: what it is asked about is in it before it answers, unless a test has it lie. */
import { type Bytes, bytesOf } from '../../crypto/bytes.ts';
import { type LogHead, signCheckpoint } from '../../crypto/checkpoint.ts';
import { decode, typeOf } from '../../crypto/codec.ts';
import { hashObject, sha256 } from '../../crypto/domain.ts';
import { signed } from '../../crypto/layouts/container.ts';
import { bind, device, generation, reset, revoke } from '../../crypto/layouts/person.ts';
import { merkleGrowth, merklePath, merkleRoot } from '../../crypto/merkle.ts';
import { fromUuidText, uuidText } from '../../crypto/names.ts';
import type { Signer } from '../../crypto/signer.ts';
import { personLeaf } from '../../crypto/transparency.ts';

const actor = bytesOf(16);

export class TestLedger {
  readonly leaves: Bytes[] = [];
  #signer: Signer;
  readonly #now: () => number;
  readonly #places = new Map<string, number>();

  constructor(signer: Signer, now: () => number) {
    this.#signer = signer;
    this.#now = now;
  }

  /** The log goes on under the key of the next manifest. */
  renew(signer: Signer): void {
    this.#signer = signer;
  }

  /** A log that was this one up to a size, and has gone another way since. */
  async fork(from: number): Promise<TestLedger> {
    const other = new TestLedger(this.#signer, this.#now);
    other.leaves.push(...this.leaves.slice(0, from));
    while (other.leaves.length < this.leaves.length + 1) {
      other.leaves.push(await sha256(Uint8Array.of(other.leaves.length)));
    }
    return other;
  }

  async head(size = this.leaves.length): Promise<LogHead> {
    return { size, root: await merkleRoot(this.leaves.slice(0, size)) };
  }

  async checkpoint({ size = this.leaves.length, at = this.#now(), signer = this.#signer } = {}): Promise<string> {
    return signCheckpoint({ ...(await this.head(size)), after: 0, at }, signer);
  }

  async grown(from: number, size = this.leaves.length) {
    return { checkpoint: await this.checkpoint({ size }), consistency: await this.consistency(from, size) };
  }

  consistency(from: number, to: number): Promise<Bytes[]> {
    return from > 0 && from < to ? merkleGrowth(this.leaves.slice(0, to), from) : Promise.resolve([]);
  }

  /** Enters what is new of a log. */
  async enter(person: string, log: readonly Bytes[]): Promise<void> {
    for (const [n, entry] of log.entries()) {
      if (this.#places.has(`${person} ${n}`)) continue;
      const hash = await hashEntry(decode(signed, entry).object);
      // Another question may have entered it meanwhile.
      if (this.#places.has(`${person} ${n}`)) continue;
      this.#places.set(`${person} ${n}`, this.leaves.length);
      this.leaves.push(personLeaf({ person: fromUuidText(person), seq: n + 1, entry: hash }, { actor, at: 1 }));
    }
  }

  /** Where an entry stands that has been entered, in the log of a size. */
  async place(person: string, seq: number, size: number) {
    const index = this.#places.get(`${person} ${seq - 1}`);
    if (index === undefined) throw new Error('the entry is not in the log');
    return { index, actor: uuidText(actor), at: 1, path: await merklePath(this.leaves.slice(0, size), index) };
  }
}

async function hashEntry(object: Bytes): Promise<Bytes> {
  const layout = [bind, generation, device, revoke, reset].find(({ type }) => type === typeOf(object));
  if (!layout) throw new Error('not an entry of a person log');
  return hashObject(layout, object);
}
