/** What is put together for a decision, step by step. No step loses a word or a message, and none guesses where one belongs. */
import type { DecisionDraft, DecisionItem, FormKind, MessageId } from '../../core/contract.ts';
import { forms, formText } from '../../core/forms.ts';

export const nothing: DecisionDraft = { text: '', messages: [] };

/** What a form may be without. */
const optional: { readonly [kind in FormKind]: readonly string[] } = {
  sbar: [],
  referral: ['background', 'findings'],
  result: [],
  plan: [],
};

export const isOptional = (kind: FormKind, name: string): boolean => optional[kind].includes(name);

export const chosenIn = ({ messages, form }: DecisionDraft): MessageId[] =>
  form ? form.parts.flatMap((part) => part.messages) : messages;

export const isEmpty = (draft: DecisionDraft): boolean =>
  chosenIn(draft).length === 0 && (draft.form ? draft.form.parts : [draft]).every(({ text }) => text.trim() === '');

/** The parts that the form needs and that have nothing yet. */
export function missingIn({ form }: DecisionDraft): string[] {
  if (!form) return [];
  const needed = form.parts.filter(({ name }) => !isOptional(form.kind, name));
  return needed.filter(({ text, messages }) => text.trim() === '' && messages.length === 0).map(({ name }) => name);
}

/** Into another form, or out of any. What has no part of that name there goes to the first one, to be moved by whoever knows. */
export function inForm(draft: DecisionDraft, kind: FormKind | undefined): DecisionDraft {
  const { form } = draft;
  if (form?.kind === kind) return draft;
  if (kind === undefined) return form ? { text: formText(form.kind, form.parts), messages: chosenIn(draft) } : draft;
  const parts = forms[kind].parts.map(({ name }) => ({ name, text: '', messages: [] as MessageId[] }));
  for (const from of form ? form.parts : [{ name: '', ...draft }]) {
    const part = parts.find(({ name }) => name === from.name) ?? parts[0];
    if (!part) continue;
    part.text = [part.text, from.text].filter((text) => text.trim() !== '').join('\n\n');
    part.messages = [...part.messages, ...from.messages];
  }
  return { ...nothing, form: { kind, parts } };
}

/** The part in which a message is. */
export const partOf = ({ form }: DecisionDraft, message: MessageId): string | undefined =>
  form?.parts.find(({ messages }) => messages.includes(message))?.name;

/** Chosen: into the first part, where there is a form. */
export function choose(draft: DecisionDraft, message: MessageId): DecisionDraft {
  if (chosenIn(draft).includes(message)) return draft;
  const first = draft.form?.parts[0];
  return first ? move(draft, message, first.name) : { ...draft, messages: [...draft.messages, message] };
}

export function move({ form, ...draft }: DecisionDraft, message: MessageId, to: string): DecisionDraft {
  if (!form) return draft;
  const parts = form.parts.map((part) => {
    const left = part.messages.filter((each) => each !== message);
    return { ...part, messages: part.name === to ? [...left, message] : left };
  });
  return { ...draft, form: { ...form, parts } };
}

export function leaveOut({ form, ...draft }: DecisionDraft, message: MessageId): DecisionDraft {
  if (form) return move({ ...draft, form }, message, '');
  return { ...draft, messages: draft.messages.filter((each) => each !== message) };
}

export function write({ form, ...draft }: DecisionDraft, name: string, text: string): DecisionDraft {
  if (!form) return draft;
  return {
    ...draft,
    form: { ...form, parts: form.parts.map((part) => (part.name === name ? { ...part, text } : part)) },
  };
}

/** What a correction begins from: the words that it corrects, in their form. */
export function corrected({ statements, form }: Pick<DecisionItem, 'statements' | 'form'>): DecisionDraft {
  if (!form) return { ...nothing, text: statements.map(({ text }) => text).join('\n\n') };
  const parts = forms[form.kind].parts.map(({ name }) => {
    const { text = '', quoted = [] } = form.parts.find((part) => part.name === name) ?? {};
    return { name, text, messages: quoted.map(({ id }) => id) };
  });
  return { ...nothing, form: { kind: form.kind, parts } };
}
