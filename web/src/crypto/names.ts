/** How ids and hashes are written in JSON: UUID text for 16 bytes, unpadded base64url for the rest. */

import { type Bytes, fromHex, hex } from './bytes.ts';
import { insist } from './refusal.ts';

export function uuidText(id: Bytes): string {
  return hex(id).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

export function fromUuidText(text: string): Bytes {
  insist(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text), 'malformed', 'not the text of a UUID');
  return fromHex(text.replaceAll('-', ''));
}

export function base64url(bytes: Bytes): string {
  let binary = '';
  for (const byte of bytes) {
    binary += String.fromCharCode(byte);
  }
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** Refuses padding, other alphabets, and a last character with bits that stand for nothing. */
export function fromBase64url(text: string): Bytes {
  insist(/^[A-Za-z0-9_-]*$/.test(text) && text.length % 4 !== 1, 'malformed', 'not unpadded base64url');
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
  insist(base64url(bytes) === text, 'malformed', 'not the one base64url of its bytes');
  return bytes;
}
