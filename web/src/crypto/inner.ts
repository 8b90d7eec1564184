/**
 * The JSON inside a message (docs/protocol.md, section 8): hostile input even from a member, so it is checked field by field
 * and rebuilt; what is not known is left out, and every text is shown as text.
 */

import { type Bytes, utf8 } from './bytes.ts';
import { nfc } from './layout.ts';
import { fromBase64url, fromUuidText } from './names.ts';
import { Refusal, insist } from './refusal.ts';

export const MAX_TEXT = 20_000;
export const MAX_REFERENCES = 200;

/** An earlier message of the thread: its id as UUID text, its entryHash as base64url. */
export type Reference = { readonly message: string; readonly entry: string };

/** What the author's device had accepted of the Merkle log (section 11.4); the root as base64url. */
export type ToldLog = { readonly size: number; readonly root: string };

export type TextInner = {
  readonly kind: 'text';
  readonly text: string;
  readonly replyTo?: Reference;
  /** The frozen thread that this one goes on from, base64url. */
  readonly continues?: string;
  readonly log?: ToldLog;
};
export type DecisionInner = {
  readonly kind: 'decision';
  readonly text: string;
  /** Messages whose words are the decision's, verbatim. */
  readonly statements: readonly Reference[];
  /** Messages that belong beside it. */
  readonly background: readonly Reference[];
  readonly log?: ToldLog;
};
/** Written by a later version, or of a kind that this one does not know. */
export type LaterInner = { readonly kind: 'later' };
export type Inner = TextInner | DecisionInner;

export function encodeInner(inner: Inner): Bytes {
  const { kind, ...rest } = inner;
  const value = { v: 1, ...rest, text: nfc(inner.text) };
  const bytes = utf8(JSON.stringify(value));
  decodeInner(kind, bytes);
  return bytes;
}

/** `kind` is the header's. */
export function decodeInner(kind: string, bytes: Bytes): Inner | LaterInner {
  const value = parse(bytes);
  insist(typeof value['v'] === 'number', 'malformed', 'an inner without a version');
  if (value['v'] !== 1 || (kind !== 'text' && kind !== 'decision')) {
    return { kind: 'later' };
  }
  return kind === 'text' ? textInner(value) : decisionInner(value);
}

type Json = Readonly<Record<string, unknown>>;

function textInner(value: Json): TextInner {
  const text = textOf(value, 1);
  const { replyTo, continues } = value;
  return {
    kind: 'text',
    text,
    ...(replyTo === undefined ? {} : { replyTo: referenceOf(replyTo) }),
    ...(continues === undefined ? {} : { continues: threadOf(continues) }),
    ...logOf(value),
  };
}

function decisionInner(value: Json): DecisionInner {
  const statements = referencesOf(value['statements']);
  const background = referencesOf(value['background']);
  const text = textOf(value, statements.length > 0 ? 0 : 1);
  const all = [...statements, ...background];
  insist(all.length <= MAX_REFERENCES, 'malformed', 'a decision with too many references');
  insist(
    new Set(all.map(({ message }) => message)).size === all.length,
    'malformed',
    'a decision names a message twice',
  );
  return { kind: 'decision', text, statements, background, ...logOf(value) };
}

/** A hint about the Merkle log: one that cannot be read costs no message. */
function logOf({ log }: Json): { log?: ToldLog } {
  if (typeof log !== 'object' || log === null) return {};
  const { size, root } = log as Json;
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 1 || typeof root !== 'string') return {};
  try {
    return fromBase64url(root).length === 32 ? { log: { size, root } } : {};
  } catch {
    return {};
  }
}

function parse(bytes: Bytes): Json {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    throw new Refusal('malformed', 'an inner that is not JSON');
  }
  return objectOf(value);
}

function objectOf(value: unknown): Json {
  insist(typeof value === 'object' && value !== null && !Array.isArray(value), 'malformed', 'not a JSON object');
  return value as Json;
}

/** Counted in code points. */
function textOf({ text }: Json, min: number): string {
  insist(typeof text === 'string' && text.length <= 2 * MAX_TEXT, 'malformed', 'not a text of allowed length');
  insist(!/\p{Surrogate}/u.test(text), 'malformed', 'a text with a lone surrogate');
  const length = Array.from(text).length;
  insist(length >= min && length <= MAX_TEXT, 'malformed', 'not a text of allowed length');
  return text;
}

function threadOf(value: unknown): string {
  insist(typeof value === 'string' && fromBase64url(value).length === 32, 'malformed', 'not a thread');
  return value;
}

function referencesOf(value: unknown): Reference[] {
  insist(Array.isArray(value) && value.length <= MAX_REFERENCES, 'malformed', 'not a list of references');
  return value.map(referenceOf);
}

function referenceOf(value: unknown): Reference {
  const { message, entry } = objectOf(value);
  insist(typeof message === 'string' && typeof entry === 'string', 'malformed', 'not a reference');
  fromUuidText(message);
  insist(fromBase64url(entry).length === 32, 'malformed', 'not a reference');
  return { message, entry };
}
