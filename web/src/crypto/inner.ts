/**
 * The JSON inside a message (docs/protocol.md, section 8): hostile input even from a member, so it is checked field by field
 * and rebuilt; what is not known is left out, and every text is shown as text.
 */

import { type ActInner, actInner, isAct } from './act.ts';
import { type Bytes, utf8 } from './bytes.ts';
import { type Form, formOf } from './form.ts';
import {
  type Json,
  MAX_REFERENCES,
  MAX_TEXT,
  type Reference,
  objectOf,
  referenceOf,
  referencesOf,
  textOf,
  threadOf,
} from './inner-fields.ts';
import { nfc } from './layout.ts';
import { fromBase64url } from './names.ts';
import { Refusal, insist } from './refusal.ts';

export { MAX_REFERENCES, MAX_TEXT };
export type { ActInner, Form, Reference };

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
  /** The earlier decision that this one puts right. */
  readonly corrects?: Reference;
  /** Where its words belong. */
  readonly form?: Form;
  readonly log?: ToldLog;
};
/** Written by a later version, or of a kind that this one does not know. */
export type LaterInner = { readonly kind: 'later' };
export type Inner = TextInner | DecisionInner | ActInner;
/** Those that are words of a conversation. */
export type SpokenInner = TextInner | DecisionInner;

export const isSpoken = (inner: Inner | LaterInner): inner is SpokenInner =>
  inner.kind === 'text' || inner.kind === 'decision';

export function encodeInner(inner: Inner): Bytes {
  const { kind, ...rest } = inner;
  const value = { v: 1, ...rest, ...('text' in inner && inner.text !== undefined ? { text: nfc(inner.text) } : {}) };
  const bytes = utf8(JSON.stringify(value));
  const read = decodeInner(kind, bytes);
  insist(!('form' in inner) || inner.form === undefined || 'form' in read, 'malformed', 'a form that breaks a rule');
  return bytes;
}

/** The earlier messages that an inner names. */
export function referencesIn(inner: Inner): readonly Reference[] {
  switch (inner.kind) {
    case 'text':
      return inner.replyTo ? [inner.replyTo] : [];
    case 'decision':
      return [...inner.statements, ...inner.background, ...(inner.corrects ? [inner.corrects] : [])];
    case 'acknowledge':
    case 'withdraw':
    case 'countersign':
      return [inner.about];
    default:
      return [];
  }
}

/** `kind` is the header's. */
export function decodeInner(kind: string, bytes: Bytes): Inner | LaterInner {
  const value = parse(bytes);
  insist(typeof value['v'] === 'number', 'malformed', 'an inner without a version');
  if (value['v'] !== 1) return { kind: 'later' };
  if (kind === 'text') return textInner(value);
  if (kind === 'decision') return decisionInner(value);
  return isAct(kind) ? actInner(kind, value) : { kind: 'later' };
}

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
  const { corrects } = value;
  return {
    kind: 'decision',
    text,
    statements,
    background,
    ...(corrects === undefined ? {} : { corrects: referenceOf(corrects) }),
    ...formOf(value['form'], text, statements),
    ...logOf(value),
  };
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
