/** Requests as this browser's own code makes them, with its key, which cannot leave it; and as somebody makes them who has the cookie alone. */
import type { Page } from 'playwright-core';

export type Said = { status: number; code: string };

export function asTheBrowser(page: Page, path: string): Promise<Said> {
  // Some tests move the page's clock.
  return page.evaluate(prove, { path, now: Date.now() });
}

export async function withTheCookieAlone(page: Page, origin: string, path: string): Promise<Said> {
  const answer = await page.context().request.get(`${origin}${path}`);
  const { code = '' } = answer.ok() ? {} : ((await answer.json()) as { code?: string });
  return { status: answer.status(), code };
}

/** Runs in the page. */
async function prove({ path, now }: { path: string; now: number }): Promise<Said> {
  const text = (bytes: Uint8Array) =>
    btoa(String.fromCharCode(...bytes))
      .replaceAll('+', '-')
      .replaceAll('/', '_')
      .replaceAll('=', '');
  const json = (value: unknown) => text(new TextEncoder().encode(JSON.stringify(value)));
  const done = <T>(request: IDBRequest<T>) =>
    new Promise<T>((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error ?? new Error('the database did not answer'));
    });
  const database = await done(indexedDB.open('wardline', 1));
  const range = IDBKeyRange.bound('device/', 'device/\uffff');
  const devices = (await done(database.transaction('records').objectStore('records').getAll(range))) as {
    dpop: CryptoKeyPair;
    usedAt?: number;
  }[];
  database.close();
  const newest = devices.sort((a, b) => (b.usedAt ?? 0) - (a.usedAt ?? 0))[0];
  const headers = async (nonce: string): Promise<Record<string, string>> => {
    if (!newest) return {};
    const { crv, kty, x, y } = await crypto.subtle.exportKey('jwk', newest.dpop.publicKey);
    const jti = text(crypto.getRandomValues(new Uint8Array(16)));
    const claims = { jti, htm: 'GET', htu: location.origin + path, iat: Math.floor(now / 1000), nonce };
    const message = `${json({ alg: 'ES256', jwk: { crv, kty, x, y }, typ: 'dpop+jwt' })}.${json(claims)}`;
    const algorithm = { name: 'ECDSA', hash: 'SHA-256' };
    const signature = await crypto.subtle.sign(algorithm, newest.dpop.privateKey, new TextEncoder().encode(message));
    return { dpop: `${message}.${text(new Uint8Array(signature))}` };
  };
  const first = await fetch(path, { headers: await headers('') });
  const answer = await fetch(path, { headers: await headers(first.headers.get('dpop-nonce') ?? '') });
  const { code = '' } = answer.ok ? {} : ((await answer.json()) as { code?: string });
  return { status: answer.status, code };
}
