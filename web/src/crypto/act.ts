/**
 * Acts: what somebody answers for with a signature, beside texts and decisions (docs/protocol.md, section 8). Read field by field like every
 * inner.
 */
import { fromBase64url } from './names.ts';
import { type Json, type Reference, referenceOf, textOf } from './inner-fields.ts';
import { insist } from './refusal.ts';

export const MAX_ACT_TEXT = 2000;

export const withdrawReasons = ['withdrawn', 'error', 'wrong-patient'] as const;
export const quarantineReasons = ['wrong-patient', 'other'] as const;

export type ActInner =
  | { readonly kind: 'acknowledge'; readonly about: Reference }
  | { readonly kind: 'sweep'; readonly text?: string }
  | { readonly kind: 'quarantine'; readonly reason: (typeof quarantineReasons)[number]; readonly text?: string }
  /** `assertion` is the hash of the patient-assertion, base64url. */
  | { readonly kind: 'confirm'; readonly assertion: string }
  | {
      readonly kind: 'withdraw';
      readonly about: Reference;
      readonly reason: (typeof withdrawReasons)[number];
      readonly text?: string;
    }
  /** `document` is the SHA-256 of the document, base64url. */
  | { readonly kind: 'countersign'; readonly about: Reference; readonly document: string; readonly text?: string };

export type ActKind = ActInner['kind'];

const kinds: readonly string[] = [
  'acknowledge',
  'sweep',
  'quarantine',
  'confirm',
  'withdraw',
  'countersign',
] satisfies ActKind[];

export const isAct = (kind: string): kind is ActKind => kinds.includes(kind);

export function actInner(kind: ActKind, value: Json): ActInner {
  switch (kind) {
    case 'acknowledge':
      return { kind, about: referenceOf(value['about']) };
    case 'sweep':
      return { kind, ...noteOf(value) };
    case 'quarantine':
      return { kind, reason: oneOf(quarantineReasons, value['reason']), ...noteOf(value) };
    case 'confirm':
      return { kind, assertion: hashOf(value['assertion']) };
    case 'withdraw':
      return {
        kind,
        about: referenceOf(value['about']),
        reason: oneOf(withdrawReasons, value['reason']),
        ...noteOf(value),
      };
    case 'countersign':
      return { kind, about: referenceOf(value['about']), document: hashOf(value['document']), ...noteOf(value) };
  }
}

function noteOf(value: Json): { text?: string } {
  return value['text'] === undefined ? {} : { text: textOf(value, 1, MAX_ACT_TEXT) };
}

function hashOf(value: unknown): string {
  insist(typeof value === 'string' && fromBase64url(value).length === 32, 'malformed', 'not a hash');
  return value;
}

function oneOf<T extends string>(words: readonly T[], value: unknown): T {
  const found = words.find((word) => word === value);
  insist(found !== undefined, 'malformed', 'not one of the words that there are');
  return found;
}
