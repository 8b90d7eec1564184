/** From what a person put together to what a decision says. */
import { type FormKind, forms, formText } from '../../crypto/form-kinds.ts';
import type { DecisionInner, Reference } from '../../crypto/inner.ts';
import type { DecisionDraft, MessageId } from '../contract.ts';
import { Fault } from '../fault.ts';
import { isBlank } from '../marks.ts';

type DecisionWords = Pick<DecisionInner, 'text' | 'statements' | 'background' | 'form'>;
/** In the order of the thread. */
type Named = (ids: readonly MessageId[]) => Reference[];
type Form = NonNullable<DecisionDraft['form']>;

/** In own words, the messages are what it rests on; without, they are what was decided. In a form, all of it is said, and in a part. */
export function decisionWords({ text, messages, form }: DecisionDraft, named: Named): DecisionWords {
  if (form) return formWords(form.kind, form.parts, named);
  const words = isBlank(text) ? '' : text.trim();
  if (words === '' && messages.length === 0) throw new Fault('decision_empty');
  const references = named(messages);
  return {
    text: words,
    statements: words === '' ? references : [],
    background: words === '' ? [] : references,
  };
}

function formWords(kind: FormKind, filled: Form['parts'], named: Named): DecisionWords {
  const parts = forms[kind].parts.flatMap(({ name }) => {
    const { text = '', messages = [] } = filled.find((each) => each.name === name) ?? {};
    const words = isBlank(text) ? '' : text.trim().normalize('NFC');
    if (words === '' && messages.length === 0) return [];
    return [
      {
        name,
        ...(words === '' ? {} : { text: words }),
        ...(messages.length > 0 ? { messages: named(messages) } : {}),
      },
    ];
  });
  if (parts.length === 0) throw new Fault('decision_empty');
  return {
    text: formText(kind, parts),
    statements: named(filled.flatMap(({ messages }) => messages)),
    background: [],
    form: { kind, parts },
  };
}
