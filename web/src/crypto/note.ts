/** The free text of an add or a remove, which only members of the epoch it names can read (docs/protocol.md, section 6.1). */

import { type Bytes, concat, erase, u32, utf8 } from './bytes.ts';
import { type Sealing, aeadOpen, aeadSeal, keyAndNonce } from './aead.ts';
import { type Random, kdf, systemRandom } from './domain.ts';
import { nfc } from './layout.ts';
import type { Add } from './layouts/membership.ts';
import { Refusal, insist } from './refusal.ts';

/** In bytes of UTF-8. */
export const MAX_NOTE = 1024;

export type Note = NonNullable<Add['note']>;
/** The entry that carries the note. */
export type NoteName = { readonly thread: Bytes; readonly seq: number };

export async function sealNote(
  epochSecret: Bytes,
  epoch: number,
  name: NoteName,
  text: string,
  random: Random = systemRandom,
): Promise<Note> {
  const plain = utf8(nfc(text));
  insist(plain.length <= MAX_NOTE, 'malformed', `a note of more than ${MAX_NOTE} bytes`);
  const salt = random(16);
  const sealing = await noteSealing(epochSecret, name, salt);
  const ciphertext = await aeadSeal(sealing, plain);
  erase(sealing.key);
  return { epoch, salt, ciphertext };
}

export async function openNote(epochSecret: Bytes, name: NoteName, { salt, ciphertext }: Note): Promise<string> {
  const sealing = await noteSealing(epochSecret, name, salt);
  const plain = await aeadOpen(sealing, ciphertext);
  erase(sealing.key);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(plain);
  } catch {
    throw new Refusal('malformed', 'a note is not UTF-8');
  }
}

/** The salt keeps two notes that race for one seq under different keys. */
async function noteSealing(epochSecret: Bytes, { thread, seq }: NoteName, salt: Bytes): Promise<Sealing> {
  const derived = await kdf(epochSecret, { label: 'note', salt, context: concat(thread, u32(seq)), length: 44 });
  return { ...keyAndNonce(derived), aad: thread };
}
