/**
 * Checkpoints of the Merkle log: signed notes by the server key `audit` (docs/protocol.md, section 11.2).
 *
 * A checkpoint has one spelling. What is read is written again and compared, so leading zeros, loose base64 and other origins end there.
 */

import { type Bytes, concat, equal, utf8 } from './bytes.ts';
import { sha256 } from './domain.ts';
import { mustVerify } from './ed25519.ts';
import { base64url, fromBase64url } from './names.ts';
import { Refusal, insist } from './refusal.ts';
import type { Signer } from './signer.ts';

export const CHECKPOINT_ORIGIN = 'wardline-audit-v1';
const MAX_NOTE = 1024;
const KEY_HASH = 4;

/** What a log was at one size. */
export type LogHead = { readonly size: number; readonly root: Bytes };
export type Checkpoint = LogHead & { readonly after: number; readonly at: number };

export function checkpointText({ size, root, after, at }: Checkpoint): string {
  return `${CHECKPOINT_ORIGIN}\n${size}\n${base64(root)}\nafter ${after}\ntime ${at}\n`;
}

/** Verifies a signed note under this key and reads it. */
export async function openCheckpoint(note: string, key: Bytes): Promise<Checkpoint> {
  insist(note.length <= MAX_NOTE, 'malformed', 'a checkpoint that is too long');
  const end = note.indexOf('\n\n');
  insist(end > 0, 'malformed', 'a checkpoint without a signature');
  const text = note.slice(0, end + 1);
  const checkpoint = parse(text);
  const signed = /^\u2014 wardline-audit-v1 ([A-Za-z0-9+/]+={0,2})\n$/.exec(note.slice(end + 2))?.[1];
  insist(signed !== undefined, 'malformed', 'not exactly one signature of a checkpoint');
  const raw = fromBase64(signed, KEY_HASH + 64);
  insist(equal(raw.slice(0, KEY_HASH), await keyHash(key)), 'bad_signature', 'a checkpoint by another key');
  await mustVerify(key, raw.slice(KEY_HASH), utf8(text), 'a checkpoint');
  return checkpoint;
}

/** What a server does; for tests and vectors. */
export async function signCheckpoint(checkpoint: Checkpoint, signer: Signer): Promise<string> {
  return signText(checkpointText(checkpoint), signer);
}

export async function signText(text: string, signer: Signer): Promise<string> {
  const signature = concat(await keyHash(signer.publicKey), await signer.sign(utf8(text)));
  return `${text}\n\u2014 ${CHECKPOINT_ORIGIN} ${base64(signature)}\n`;
}

function parse(text: string): Checkpoint {
  const lines = /^wardline-audit-v1\n(\d{1,16})\n([A-Za-z0-9+/]{43}=)\nafter (\d{1,16})\ntime (\d{1,16})\n$/.exec(text);
  insist(lines !== null, 'malformed', 'not the text of a checkpoint');
  const [, size = '', root = '', after = '', at = ''] = lines;
  const read = { size: Number(size), root: fromBase64(root, 32), after: Number(after), at: Number(at) };
  const safe = [read.size, read.after, read.at].every(Number.isSafeInteger);
  const right = safe && read.size >= 1 && read.after < read.size && checkpointText(read) === text;
  insist(right, 'malformed', 'not the text of a checkpoint');
  return read;
}

async function keyHash(key: Bytes): Promise<Bytes> {
  return (await sha256(concat(utf8(`${CHECKPOINT_ORIGIN}\n`), Uint8Array.of(1), key))).slice(0, KEY_HASH);
}

function base64(bytes: Bytes): string {
  const text = base64url(bytes).replaceAll('-', '+').replaceAll('_', '/');
  return text.padEnd(Math.ceil(text.length / 4) * 4, '=');
}

function fromBase64(text: string, length: number): Bytes {
  const bytes = fromBase64url(text.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, ''));
  if (bytes.length !== length || base64(bytes) !== text)
    throw new Refusal('malformed', 'not the base64 of a checkpoint');
  return bytes;
}
