/** What the test server asks of a request, as the real one does: a proof by the key to which the session is bound. */
import { utf8 } from '../../crypto/bytes.ts';
import { sha256 } from '../../crypto/domain.ts';
import { base64url, fromBase64url } from '../../crypto/names.ts';
import { refuse } from './http.ts';

type Head = { typ: string; alg: string; jwk: { crv: string; kty: string; x: string; y: string } };
type Claims = { htm: string; htu: string; iat: number; jti: string; nonce?: string };

const read = (part: string): unknown => JSON.parse(new TextDecoder().decode(fromBase64url(part)));

/** The thumbprint of the key that signed; the test server's nonce and time are given. */
export async function provenKey(request: Request, nonce: string, now: number): Promise<string> {
  const [head = '', claims = '', signature = ''] = (request.headers.get('dpop') ?? '').split('.');
  if (!signature) return refuse(401, 'proof_missing');
  const { typ, alg, jwk } = read(head) as Head;
  const { htm, htu, iat, ...claimed } = read(claims) as Claims;
  const key = await crypto.subtle.importKey('jwk', jwk, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['verify']);
  const right = await crypto.subtle.verify(
    { name: 'ECDSA', hash: 'SHA-256' },
    key,
    fromBase64url(signature),
    utf8(`${head}.${claims}`),
  );
  if (!right || typ !== 'dpop+jwt' || alg !== 'ES256') refuse(401, 'proof_malformed');
  if (htm !== request.method || htu !== request.url.replace(/\?.*/, '')) refuse(401, 'proof_wrong');
  if (claimed.nonce !== nonce) refuse(401, 'use_dpop_nonce', { serverTime: now });
  if (Math.abs(now / 1000 - iat) > 60) refuse(401, 'proof_time', { serverTime: now });
  const { crv, kty, x, y } = jwk;
  return base64url(await sha256(utf8(JSON.stringify({ crv, kty, x, y }))));
}
