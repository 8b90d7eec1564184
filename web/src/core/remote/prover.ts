/**
 * Proof, with each request, that this browser has the key to which its session is bound (RFC 9449): a cookie that was copied out of it is
 * worth nothing (R22). The key is made by the browser, which never gives its private part to anybody, this worker included.
 */
import type { Clock } from '../../platform/types.ts';
import { utf8 } from '../../crypto/bytes.ts';
import { systemRandom } from '../../crypto/domain.ts';
import { base64url } from '../../crypto/names.ts';

/** The key of the session that this browser may have, from where the device's keys are. */
export type ReadKey = () => Promise<CryptoKeyPair | undefined>;

const algorithm = { name: 'ECDSA', hash: 'SHA-256' };

export function newProofKey(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify']);
}

/** The public half as RFC 7638 hashes it: the required members in the order of their names. */
export async function jwkOf(publicKey: CryptoKey): Promise<string> {
  const { crv, kty, x, y } = await crypto.subtle.exportKey('jwk', publicKey);
  return JSON.stringify({ crv, kty, x, y });
}

export class Prover {
  readonly #clock: Clock;
  readonly #read: ReadKey;
  #key: Promise<CryptoKeyPair | undefined> | undefined;
  #heads = new WeakMap<CryptoKeyPair, string>();
  #nonce = '';
  /** How far our clock is ahead of the server's. */
  #aheadMs = 0;

  constructor(clock: Clock, read: ReadKey) {
    this.#clock = clock;
    this.#read = read;
  }

  /** Another tab may have signed in since. */
  readAgain(): void {
    this.#key = undefined;
  }

  /** Makes requests with a key that becomes the session's if they succeed; otherwise the one before stays. */
  async trying<T>(key: CryptoKeyPair, run: () => Promise<T>): Promise<T> {
    const before = this.#key;
    this.#key = Promise.resolve(key);
    try {
      return await run();
    } catch (thrown) {
      this.#key = before;
      throw thrown;
    }
  }

  /** `undefined` while this browser has no key, and so no session. */
  async header(method: string, url: string): Promise<string | undefined> {
    const key = await this.current();
    if (!key) return undefined;
    const claims = {
      jti: base64url(systemRandom(16)),
      htm: method,
      htu: url,
      iat: Math.floor((this.#clock.now() - this.#aheadMs) / 1000),
      ...(this.#nonce ? { nonce: this.#nonce } : {}),
    };
    const message = `${await this.#head(key)}.${encode(claims)}`;
    // WebCrypto signs in the form that a JWT has: r and s, 32 bytes each.
    const signature = await crypto.subtle.sign(algorithm, key.privateKey, utf8(message));
    return `${message}.${base64url(new Uint8Array(signature))}`;
  }

  current(): Promise<CryptoKeyPair | undefined> {
    return (this.#key ??= this.#read());
  }

  heardNonce(nonce: string | null): void {
    if (nonce) this.#nonce = nonce;
  }

  heardTime(serverTime: unknown): void {
    if (typeof serverTime === 'number') this.#aheadMs = this.#clock.now() - serverTime;
  }

  async #head(key: CryptoKeyPair): Promise<string> {
    let head = this.#heads.get(key);
    if (!head) {
      const jwk: unknown = JSON.parse(await jwkOf(key.publicKey));
      head = encode({ alg: 'ES256', jwk, typ: 'dpop+jwt' });
      this.#heads.set(key, head);
    }
    return head;
  }
}

const encode = (value: unknown): string => base64url(utf8(JSON.stringify(value)));
