/** Fields that several inners have, read as hostile input. */
import { fromBase64url, fromUuidText } from './names.ts';
import { insist } from './refusal.ts';

export const MAX_TEXT = 20_000;
export const MAX_REFERENCES = 200;

/** An earlier message of the thread: its id as UUID text, its entryHash as base64url. */
export type Reference = { readonly message: string; readonly entry: string };

export type Json = Readonly<Record<string, unknown>>;

export function objectOf(value: unknown): Json {
  insist(typeof value === 'object' && value !== null && !Array.isArray(value), 'malformed', 'not a JSON object');
  return value as Json;
}

/** Counted in code points. */
export function textOf({ text }: Json, min: number, max = MAX_TEXT): string {
  insist(typeof text === 'string' && text.length <= 2 * max, 'malformed', 'not a text of allowed length');
  insist(!/\p{Surrogate}/u.test(text), 'malformed', 'a text with a lone surrogate');
  const length = Array.from(text).length;
  insist(length >= min && length <= max, 'malformed', 'not a text of allowed length');
  return text;
}

export function threadOf(value: unknown): string {
  insist(typeof value === 'string' && fromBase64url(value).length === 32, 'malformed', 'not a thread');
  return value;
}

export function referencesOf(value: unknown): Reference[] {
  insist(Array.isArray(value) && value.length <= MAX_REFERENCES, 'malformed', 'not a list of references');
  return value.map(referenceOf);
}

export function referenceOf(value: unknown): Reference {
  const { message, entry } = objectOf(value);
  insist(typeof message === 'string' && typeof entry === 'string', 'malformed', 'not a reference');
  fromUuidText(message);
  insist(fromBase64url(entry).length === 32, 'malformed', 'not a reference');
  return { message, entry };
}
