/**
 * The secrets of a thread's epochs: from my envelope, from a grant, or from this device's own sealed records. However one came, it is
 * checked against its record, all of the officers' shares included (docs/protocol.md, sections 7.1, 7.2 and 7.6).
 */
import { type Bytes, bytesOf, equal, erase } from '../../crypto/bytes.ts';
import { hashObject } from '../../crypto/domain.ts';
import { type OpenEpoch, acceptSecret, openEpoch } from '../../crypto/epoch-open.ts';
import { type Epoch, listed } from '../../crypto/epoch.ts';
import { openGrant } from '../../crypto/grant.ts';
import {
  type ThreadState,
  envelope as envelopeLayout,
  sealedState as sealedStateLayout,
} from '../../crypto/layouts/epoch.ts';
import { Refusal, type RefusalCode } from '../../crypto/refusal.ts';
import { openState } from '../../crypto/sealed-state.ts';
import { codeOf } from '../fault.ts';
import type { ServedEpoch } from '../remote/shapes.ts';
import type { Ward } from '../ward.ts';
import type { Records } from './records.ts';

const epochsAtOnce = 50;

export type KeptSecrets = Record<string, Bytes>;

/** What the server gave is not what a record names: that is no fault of the record's author. */
export class ServedWrong extends Refusal {}

export class Secrets {
  readonly #ward: Ward;
  readonly #records: Records;
  readonly #id: string;
  readonly #open = new Map<number, OpenEpoch>();
  readonly #served = new Map<number, ServedEpoch>();
  /** What was asked for together with other threads and is on its way. */
  #expected: { number: number; answer: Promise<ServedEpoch | undefined> } | undefined;
  /** Epochs whose key was refused, with the reason. */
  readonly #bad = new Map<number, { code: RefusalCode; envelope: Bytes }>();
  /** Whoever asks for the same meanwhile waits for the same. */
  readonly #opening = new Map<number, Promise<OpenEpoch | undefined>>();
  #granting: Promise<void> | undefined;
  #granted = -1;

  constructor(ward: Ward, records: Records, id: string) {
    this.#ward = ward;
    this.#records = records;
    this.#id = id;
  }

  /** What was kept of an earlier time, believed only as far as it fits the records. */
  async restore(kept: KeptSecrets): Promise<void> {
    for (const [number, secret] of Object.entries(kept)) {
      const epoch = this.#records.epoch(Number(number));
      if (epoch && secret instanceof Uint8Array) await this.accept(epoch, secret).catch(() => undefined);
    }
  }

  get kept(): KeptSecrets {
    return Object.fromEntries([...this.#open].map(([number, { secret }]) => [String(number), secret]));
  }

  /** A secret that we made or were given. */
  async accept(epoch: Epoch, secret: Bytes): Promise<OpenEpoch> {
    const opened = await acceptSecret(epoch, secret);
    this.#open.set(epoch.core.epoch, opened);
    this.#bad.delete(epoch.core.epoch);
    return opened;
  }

  has(number: number): boolean {
    return this.#open.has(number);
  }

  /** An epoch has been asked for together with those of other threads. What does not come, or is another one, is asked for alone. */
  expect(number: number, answer: Promise<ServedEpoch | undefined>): void {
    if (!this.#served.has(number)) this.#expected = { number, answer };
  }

  /** It is here, closed, or on its way. */
  expects(number: number): boolean {
    return this.#served.has(number) || this.#expected?.number === number;
  }

  /** Why an epoch that was sealed to me cannot be opened. */
  refused(number: number): RefusalCode | undefined {
    return this.#bad.get(number)?.code;
  }

  /** Those that were sealed to me and that cannot be used, with the hash of the envelope that I was given. */
  get spoilt(): { number: number; code: RefusalCode; envelope: Bytes }[] {
    return [...this.#bad].map(([number, bad]) => ({ number, ...bad }));
  }

  /** What came with an epoch is not what had to come. Its key is not used any more. */
  spoil(number: number, code: RefusalCode, envelope = bytesOf(32)): void {
    const open = this.#open.get(number);
    if (open) erase(open.secret, open.epochSecret);
    this.#open.delete(number);
    this.#bad.set(number, { code, envelope });
  }

  /** `undefined` for an epoch that was not given to me, or whose key was refused. */
  async get(number: number): Promise<OpenEpoch | undefined> {
    const known = this.#open.get(number);
    const epoch = this.#records.epoch(number);
    if (known || !epoch) return known;
    const opening = this.#opening.get(number) ?? this.#find(epoch).finally(() => this.#opening.delete(number));
    this.#opening.set(number, opening);
    return opening;
  }

  async #find(epoch: Epoch): Promise<OpenEpoch | undefined> {
    if (listed(epoch.core, this.#ward.me.person) && !this.#bad.has(epoch.core.epoch)) {
      const opened = await this.#fromEnvelope(epoch);
      if (opened) return opened;
    }
    this.#granting ??= this.#takeGrants().finally(() => {
      this.#granting = undefined;
    });
    await this.#granting;
    return this.#open.get(epoch.core.epoch);
  }

  /** The state that an epoch carries, for those who can open it. */
  async state(number: number): Promise<ThreadState | undefined> {
    const [epoch, opened] = [this.#records.epoch(number), await this.get(number)];
    if (!epoch || !opened) return undefined;
    const { sealedState } = await this.#serve(number);
    const same = equal(await hashObject(sealedStateLayout, sealedState), epoch.core.state);
    if (!same) throw new ServedWrong('bad_commitment', 'another state than the record names');
    return openState(opened.secret, epoch.core, sealedState);
  }

  /** A grant may have come since. */
  forgetGrants(): void {
    this.#granted = -1;
  }

  erase(): void {
    for (const { secret, epochSecret } of this.#open.values()) erase(secret, epochSecret);
    this.#open.clear();
    this.#served.clear();
    this.#expected = undefined;
  }

  async #fromEnvelope(epoch: Epoch): Promise<OpenEpoch | undefined> {
    const number = epoch.core.epoch;
    const { envelope, proof } = await this.#serve(number);
    const generation = listed(epoch.core, this.#ward.me.person)?.generation;
    const seed = generation === undefined ? undefined : this.#ward.seed(generation);
    // Withheld, perhaps because I was out of the thread for a while: it is asked for again.
    if (!envelope || !proof) this.#served.delete(number);
    if (!envelope || !proof || !seed) return undefined;
    try {
      const opened = await openEpoch(epoch, { person: this.#ward.me.person, seed, envelope, proof });
      this.#open.set(number, opened);
      return opened;
    } catch (thrown) {
      if (!(thrown instanceof Refusal)) throw thrown;
      // An envelope that is not under the record's root, or for somebody else, is the server's doing, and asked for again.
      if (thrown.code === 'wrong_secret' || thrown.code === 'wrong_share') {
        this.#bad.set(number, { code: thrown.code, envelope: await hashObject(envelopeLayout, envelope) });
      } else {
        this.#served.delete(number);
      }
      return undefined;
    }
  }

  async #serve(number: number): Promise<ServedEpoch> {
    const known = this.#served.get(number) ?? (await this.#wait(number));
    if (known) return known;
    const { epochs } = await this.#ward.remote.threads.epochs(this.#id, number, epochsAtOnce);
    for (const each of epochs) this.#served.set(each.epoch, each);
    const found = this.#served.get(number);
    if (!found) throw new ServedWrong('broken_chain', 'an epoch that the server does not give');
    return found;
  }

  /** Once: what is wrong with it is asked for again. */
  async #wait(number: number): Promise<ServedEpoch | undefined> {
    const expected = this.#expected;
    if (expected?.number !== number) return undefined;
    const served = await expected.answer;
    if (this.#expected === expected) this.#expected = undefined;
    if (served?.epoch !== number) return undefined;
    this.#served.set(number, served);
    return served;
  }

  /** Once for each length of the membership log: what is granted follows an add. */
  async #takeGrants(): Promise<void> {
    const membership = this.#records.membership;
    if (!membership || this.#granted === membership.current.seq) return;
    this.#granted = membership.current.seq;
    const { grants } = await this.#ward.remote.threads.grants(this.#id).catch((thrown: unknown) => {
      this.forgetGrants(); // no answer is not the answer that nothing was granted
      throw thrown;
    });
    for (const each of grants) {
      try {
        const opened = await openGrant(each, {
          people: this.#ward.people.log,
          membership,
          epochs: (number) => this.#records.epoch(number),
          person: this.#ward.me.person,
          seeds: this.#ward.seed,
        });
        for (const { epoch, ...secret } of opened) {
          // What is wrong with the state of an epoch stays wrong, whoever gives its key.
          const bad = this.#bad.get(epoch.core.epoch)?.code;
          if (bad && bad !== 'wrong_secret') continue;
          this.#bad.delete(epoch.core.epoch);
          if (!this.#open.has(epoch.core.epoch)) this.#open.set(epoch.core.epoch, secret);
        }
      } catch (thrown) {
        // One bad grant must not keep out a good one.
        if (codeOf(thrown) === 'unexpected') throw thrown;
      }
    }
  }
}
