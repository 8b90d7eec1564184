/**
 * Reading messages: each is verified in its place before it is decrypted, and its content checked after (docs/protocol.md, section 8).
 * What fails is remembered as refused, with the reason, and never shown.
 */
import { erase } from '../../crypto/bytes.ts';
import { type Inner, type LaterInner, decodeInner, isSpoken } from '../../crypto/inner.ts';
import { openMessage, readMessage, verifyMessage } from '../../crypto/message.ts';
import { Refusal, insist } from '../../crypto/refusal.ts';
import type { Ward } from '../ward.ts';
import type { MessageEntry, ThreadLog } from './log.ts';
import type { Records } from './records.ts';
import type { Secrets } from './secrets.ts';

export type Content =
  | { state: 'open'; inner: Inner | LaterInner }
  /** `keyless`: the key that was made for me does not open; somebody may still give it to me. */
  | { state: 'refused'; code: string; keyless?: true }
  /** Not given to me: from before I joined, or its keys have not come yet. */
  | { state: 'absent' };

export class Reading {
  readonly #ward: Ward;
  readonly #log: ThreadLog;
  readonly #records: Records;
  readonly #secrets: Secrets;
  readonly #read = new Map<number, Content>();

  constructor(ward: Ward, log: ThreadLog, records: Records, secrets: Secrets) {
    this.#ward = ward;
    this.#log = log;
    this.#records = records;
    this.#secrets = secrets;
  }

  /** What is known of a message without waiting. */
  known(seq: number): Content | undefined {
    return this.#read.get(seq);
  }

  async read(entry: MessageEntry): Promise<Content> {
    const known = this.#read.get(entry.seq);
    if (known && known.state !== 'absent' && !(known.state === 'refused' && known.keyless)) return known;
    if (entry.seq > this.#records.verified) return { state: 'absent' };
    const content = await this.#judge(entry);
    // It may have been destroyed while it was being opened.
    if (this.#log.entry(entry.seq)?.kind === 'message') this.#read.set(entry.seq, content);
    return content;
  }

  /** The words of a destroyed message leave memory with it. */
  forget(seq: number): void {
    this.#read.delete(seq);
  }

  clear(): void {
    this.#read.clear();
  }

  async #judge(entry: MessageEntry): Promise<Content> {
    const { people } = this.#ward;
    const known = () => people.log(entry.header.person)?.current.seq;
    const before = known();
    try {
      return await this.#open(entry);
    } catch (thrown) {
      if (!(thrown instanceof Refusal)) throw thrown;
      try {
        // The author's device may be newer than what was known of the author. Somebody else may have asked meanwhile.
        if (thrown.code === 'revoked_device') await people.refresh([entry.header.person]);
        if (known() !== before) return await this.#open(entry);
      } catch (again) {
        if (!(again instanceof Refusal)) throw again;
      }
      return { state: 'refused', code: thrown.code };
    }
  }

  async #open(entry: MessageEntry): Promise<Content> {
    const { header, half } = entry;
    const read = await readMessage(entry.body);
    const epoch = this.#records.epoch(header.epoch);
    insist(epoch !== undefined, 'broken_chain', 'a message of an epoch that is not in the thread');
    await verifyMessage(read, { epoch, ...this.#records.witnesses });
    const opened = half === null ? undefined : await this.#secrets.get(header.epoch);
    if (half === null || !opened) {
      const code = this.#secrets.refused(header.epoch);
      return code && half !== null ? { state: 'refused', code, keyless: true } : { state: 'absent' };
    }
    const { inner, kf } = await openMessage(read, half, opened.epochSecret);
    erase(kf);
    const content = decodeInner(header.kind, inner);
    if (isSpoken(content) && content.log) this.#ward.ledger.hear(header.person, content.log);
    return { state: 'open', inner: content };
  }
}
