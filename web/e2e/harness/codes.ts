/** The code app on a person's phone: RFC 6238 with SHA-1, six digits, thirty seconds. */
import { createHmac } from 'node:crypto';

const step = 30_000;

export function totp(secret: Buffer, counter: number): string {
  const moment = Buffer.alloc(8);
  moment.writeBigUInt64BE(BigInt(counter));
  const mac = createHmac('sha1', secret).update(moment).digest();
  const offset = (mac.at(-1) ?? 0) & 0xf;
  return String((mac.readUInt32BE(offset) & 0x7fff_ffff) % 1_000_000).padStart(6, '0');
}

export function fromBase32(text: string): Buffer {
  const bytes: number[] = [];
  let bits = 0;
  let held = 0;
  for (const letter of text.replace(/[\s=]/g, '').toUpperCase()) {
    const value = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter);
    if (value < 0) throw new Error(`${letter} is no letter of base32`);
    held = ((held << 5) | value) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes.push((held >> bits) & 0xff);
    }
  }
  return Buffer.from(bytes);
}

export class CodeApp {
  readonly #secret: Buffer;
  #last = 0;

  /** The key as the enrolment page shows it. */
  constructor(key: string) {
    this.#secret = fromBase32(key);
  }

  /** A code that was not used yet. The server takes the next one for clocks that are ahead; beyond it there is only waiting. */
  async next(): Promise<string> {
    const wanted = Math.max(this.#last + 1, Math.floor(Date.now() / step));
    const early = (wanted - 1) * step - Date.now();
    if (early > 0) await new Promise((fulfil) => setTimeout(fulfil, early));
    this.#last = wanted;
    return totp(this.#secret, wanted);
  }

  /** The code that `next` gave last, once more. */
  used(): string {
    return totp(this.#secret, this.#last);
  }

  /** Six digits that no step near now has. */
  wrong(): string {
    const now = Math.floor(Date.now() / step);
    const near = new Set([-2, -1, 0, 1, 2].map((by) => totp(this.#secret, now + by)));
    return ['000000', '111111', '222222', '333333', '444444', '555555'].find((code) => !near.has(code)) ?? '666666';
  }
}
