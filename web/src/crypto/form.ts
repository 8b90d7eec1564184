/** The form of a decision, read as hostile input: one that breaks a rule, or that nobody here knows, is as good as none and costs no decision. */
import { type FormKind, formKinds, forms, formText } from './form-kinds.ts';
import { type Json, type Reference, objectOf, referencesOf, textOf } from './inner-fields.ts';
import { Refusal, insist } from './refusal.ts';

export type FormPart = { readonly name: string; readonly text?: string; readonly messages?: readonly Reference[] };
export type Form = { readonly kind: FormKind; readonly parts: readonly FormPart[] };

/** `text` and `statements` are the decision's: the parts have all of them, and nothing else. */
export function formOf(value: unknown, text: string, statements: readonly Reference[]): { form?: Form } {
  try {
    const form = read(value);
    const named = form.parts.flatMap(({ messages = [] }) => messages.map(keyOf));
    const wanted = new Set(statements.map(keyOf));
    insist(
      formText(form.kind, form.parts) === text &&
        named.length === wanted.size &&
        new Set(named).size === wanted.size &&
        named.every((each) => wanted.has(each)),
      'malformed',
      'a form that is not the decision',
    );
    return { form };
  } catch (thrown) {
    if (thrown instanceof Refusal) return {};
    throw thrown;
  }
}

const keyOf = ({ message, entry }: Reference): string => `${message} ${entry}`;

function read(value: unknown): Form {
  const { kind: named, parts } = objectOf(value);
  const kind = formKinds.find((each) => each === named);
  insist(kind !== undefined && Array.isArray(parts) && parts.length > 0, 'malformed', 'not a form');
  const known = forms[kind].parts;
  insist(parts.length <= known.length, 'malformed', 'a form with too many parts');
  let next = 0; // the first part that may follow
  const found = parts.map((each) => {
    const part = partOf(objectOf(each));
    const at = known.findIndex(({ name }, place) => place >= next && name === part.name);
    insist(at >= 0, 'malformed', 'a part that does not belong here');
    next = at + 1;
    return part;
  });
  return { kind, parts: found };
}

function partOf(value: Json): FormPart {
  const { name, messages } = value;
  insist(typeof name === 'string', 'malformed', 'a part without a name');
  const text = value['text'] === undefined ? '' : textOf(value, 1);
  const references = messages === undefined ? [] : referencesOf(messages);
  insist(text !== '' || references.length > 0, 'malformed', 'a part of nothing');
  return { name, ...(text === '' ? {} : { text }), ...(references.length > 0 ? { messages: references } : {}) };
}
