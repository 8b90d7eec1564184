/**
 * From a password to the two keys that it stands for (docs/protocol.md, section 5.4): what the server sees, and what opens
 * the unlocker. Neither gives the other.
 *
 * Invariant: parameters outside the floor and the ceiling are refused before any work, whoever sends them.
 */

import { argon2id } from 'hash-wasm';
import { type Bytes, concat, erase, utf8 } from './bytes.ts';
import { kdf } from './domain.ts';
import { insist } from './refusal.ts';

export type PasswordParameters = { readonly salt: Bytes; readonly memoryKiB: number; readonly passes: number };

export const MEMORY_FLOOR = 65536;
export const MEMORY_CEILING = 1048576;
export const PASSES_FLOOR = 3;
export const PASSES_CEILING = 10;

/** x: Argon2id of the password. Half a second on a small phone; the caller erases it. */
export async function stretchPassword(password: string, parameters: PasswordParameters): Promise<Bytes> {
  const { salt, memoryKiB, passes } = parameters;
  const memoryRight = Number.isInteger(memoryKiB) && memoryKiB >= MEMORY_FLOOR && memoryKiB <= MEMORY_CEILING;
  const passesRight = Number.isInteger(passes) && passes >= PASSES_FLOOR && passes <= PASSES_CEILING;
  insist(salt.length === 16 && memoryRight && passesRight, 'weak_parameters', 'password parameters out of bounds');
  insist(password !== '', 'weak_parameters', 'an empty password');
  const secret = utf8(password.normalize('NFKC'));
  const stretched = await argon2id({
    password: secret,
    salt,
    parallelism: 1,
    iterations: passes,
    memorySize: memoryKiB,
    hashLength: 32,
    outputType: 'binary',
  });
  erase(secret);
  return new Uint8Array(stretched);
}

/** What proves the password to the server. */
export function authKey(stretched: Bytes): Promise<Bytes> {
  return kdf(stretched, { label: 'auth', length: 32 });
}

/** What opens the unlocker: needs the share that the server releases after the second factor. */
export async function wrapKey(
  stretched: Bytes,
  vaultShare: Bytes,
  { person, unlocker }: { readonly person: Bytes; readonly unlocker: Bytes },
): Promise<Bytes> {
  insist(vaultShare.length === 32, 'malformed', 'a vault share has 32 bytes');
  const secret = concat(stretched, vaultShare);
  const key = await kdf(secret, { label: 'wrap', context: concat(person, unlocker), length: 32 });
  erase(secret);
  return key;
}
