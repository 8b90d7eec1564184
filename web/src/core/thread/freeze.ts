/**
 * A thread that contradicts itself, or what was seen of it before (docs/protocol.md, section 7.8): what is wrong with it, who signed it,
 * and the report of it.
 *
 * Invariant: somebody is named only for what a device of theirs signed. What a server says in their name names nobody.
 */
import { type Bytes, bytesOf, hex, isZero, order } from '../../crypto/bytes.ts';
import { decode, typeOf } from '../../crypto/codec.ts';
import { signConflict } from '../../crypto/complaint.ts';
import { hashObject, signedInput } from '../../crypto/domain.ts';
import { verifyEd25519 } from '../../crypto/ed25519.ts';
import type { Layout } from '../../crypto/layout.ts';
import type { Conflict } from '../../crypto/layouts/complaint.ts';
import { signed } from '../../crypto/layouts/container.ts';
import { epochCore, epochRecord } from '../../crypto/layouts/epoch.ts';
import { type LogEntry, logEntry } from '../../crypto/layouts/log.ts';
import { add, create, link, memberRole, rekey, remove, rename } from '../../crypto/layouts/membership.ts';
import { messageDigest } from '../../crypto/layouts/message.ts';
import { readMessage } from '../../crypto/message.ts';
import { deviceOf } from '../../crypto/person.ts';
import { unpack, verifyExactly } from '../../crypto/signed.ts';
import type { Ward } from '../ward.ts';

export type Why = Conflict['kind'];

export type Frozen = {
  /** Nothing from here on is believed. */
  seq: number;
  at: number;
  code: string;
  why: Why;
  /** Where the logs part, and what this person had there and is shown now. */
  place: number;
  seen: Bytes;
  shown: Bytes;
  /** Who signed what contradicts itself, and its hashes. */
  authors: Bytes[];
  entries: Bytes[];
};

export type Contradiction = Pick<Frozen, 'why' | 'code'> & Partial<Frozen>;

/** An entry with who signed it, as far as that can be told. */
export type Statement = { readonly entry: Bytes; readonly author: Bytes | undefined };

const nothing = bytesOf(32);

export function frozenAs(what: Contradiction, seq: number, at: number): Frozen {
  return { seq, at, place: seq, seen: nothing, shown: nothing, authors: [], entries: [], ...what };
}

/** Two that say different things of one place. */
export function between(...statements: readonly (Statement | undefined)[]): Pick<Frozen, 'authors' | 'entries'> {
  const present = statements.flatMap((each) => each ?? []);
  const authors = new Map(present.flatMap(({ author }) => (author ? [[hex(author), author] as const] : [])));
  return { authors: [...authors.values()], entries: present.map(({ entry }) => entry) };
}

/** Sends the report of a frozen thread to whoever runs the service. */
export async function report(ward: Ward, id: string, thread: Bytes, frozen: Frozen): Promise<void> {
  const { why: kind, place: seq, seen, shown, entries, authors } = frozen;
  const value = {
    thread,
    kind,
    seq,
    seen,
    shown,
    entries: entries.slice(0, 2).map((entry) => ({ entry })),
    authors: [...authors]
      .sort(order)
      .slice(0, 8)
      .map((person) => ({ person })),
    issued: ward.now(),
  };
  await ward.remote.threads.reportConflict(id, await signConflict(value, ward.me));
}

const MEMBERSHIP: readonly Layout[] = [create, add, remove, rekey, memberRole, link, rename];

/** Who signed the body of a log entry. It must be signed by a device of theirs, whatever else is wrong with it. */
export async function statementOf(
  ward: Ward,
  { kind, body }: Pick<LogEntry, 'kind' | 'body'>,
): Promise<Statement | undefined> {
  try {
    return await (kind === 'message' ? messageStatement(ward, body) : signedStatement(ward, body));
  } catch {
    return undefined;
  }
}

export async function offeredStatement(ward: Ward, bytes: Bytes | undefined): Promise<Statement | undefined> {
  try {
    return bytes && (await statementOf(ward, decode(logEntry, bytes)));
  } catch {
    return undefined;
  }
}

async function signedStatement(ward: Ward, body: Bytes): Promise<Statement> {
  const { object } = decode(signed, body);
  const type = typeOf(object);
  if (type === epochRecord.type) {
    const core = decode(epochCore, decode(epochRecord, object).core);
    return { entry: await hashObject(epochRecord, object), author: await genuine(ward, epochRecord, body, core) };
  }
  const layout = MEMBERSHIP.find((each) => each.type === type);
  if (!layout) throw new TypeError('nothing that a log holds');
  const claim = unpack(layout as typeof link, body).value;
  return { entry: await hashObject(layout, object), author: await genuine(ward, layout, body, claim) };
}

type Claim = { readonly person: Bytes; readonly device: Bytes };

async function genuine(
  ward: Ward,
  layout: Layout,
  body: Bytes,
  { person, device: id }: Claim,
): Promise<Bytes | undefined> {
  if (isZero(person)) return undefined; // the server's own
  const key = keyOf(ward, person, id);
  if (!key) return undefined;
  try {
    await verifyExactly(layout, unpack(layout, body), [{ kind: 'device', id, keys: [key] }]);
    return person;
  } catch {
    return undefined;
  }
}

async function messageStatement(ward: Ward, body: Bytes): Promise<Statement> {
  const read = await readMessage(body);
  const { person, device } = read.header;
  const key = keyOf(ward, person, device);
  if (!key) return { entry: read.entryHash, author: undefined };
  const right = await verifyEd25519(key, read.signature, signedInput(messageDigest, read.digest));
  return { entry: read.entryHash, author: right ? person : undefined };
}

function keyOf({ people }: Ward, person: Bytes, device: Bytes): Bytes | undefined {
  const log = people.log(person);
  return log && deviceOf(log.current, device)?.key;
}
