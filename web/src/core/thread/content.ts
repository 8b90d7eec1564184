/** What messages say, once they have been read: their words, what a decision is made of, what they answer. */
import { type Bytes, equal, hex } from '../../crypto/bytes.ts';
import { type DecisionInner, type Inner, type Reference, isSpoken } from '../../crypto/inner.ts';
import { base64url, fromBase64url, uuidText } from '../../crypto/names.ts';
import type { DecisionItem, FormPartItem, Quote, Statement } from '../contract.ts';
import { showMarks } from '../marks.ts';
import type { MessageEntry, TombstoneEntry } from './log.ts';
import type { Thread } from './thread.ts';

/** The words of a message, if they can be read and are not a decision's own. */
export function statementOf(thread: Thread, entry: MessageEntry): Statement | undefined {
  const content = thread.reading.known(entry.seq);
  if (content?.state !== 'open' || !isSpoken(content.inner) || content.inner.text === '') return undefined;
  return {
    id: uuidText(entry.header.message),
    author: thread.ward.people.card(entry.header.person),
    own: isOwn(thread, entry.header.person),
    at: entry.at,
    text: showMarks(content.inner.text),
  };
}

/** The words that come back when a message is taken out of the outbox: an act has none to write again. */
export const wordsOf = (inner: Inner): string => (isSpoken(inner) ? inner.text : '');

export function decisionOf(thread: Thread, entry: MessageEntry): DecisionInner | undefined {
  const content = thread.reading.known(entry.seq);
  return content?.state === 'open' && content.inner.kind === 'decision' ? content.inner : undefined;
}

/** The parts of a decision's form, as they are shown. */
export function formItem(thread: Thread, { form }: DecisionInner): Pick<DecisionItem, 'form'> {
  if (!form) return {};
  const parts = form.parts.map(({ name, text, messages = [] }): FormPartItem => {
    const quoted = messages.flatMap((reference) => {
      const entry = referred(thread, reference);
      return entry?.kind === 'message' ? [entry] : [];
    });
    const words = quoted.sort((a, b) => a.seq - b.seq).flatMap((each) => statementOf(thread, each) ?? []);
    return {
      name,
      quoted: words,
      gone: messages.length - words.length,
      ...(text === undefined ? {} : { text: showMarks(text) }),
    };
  });
  return { form: { kind: form.kind, parts } };
}

/** The entry that a reference means: the message with this id, and no other content under that id. */
export function referred(
  thread: Thread,
  { message, entry: hash }: Reference,
): MessageEntry | TombstoneEntry | undefined {
  const entry = thread.log.message(message);
  return entry && equal(entry.entryHash, fromBase64url(hash)) ? entry : undefined;
}

/** The messages whose words make up a decision, in the order of the thread, its own words among them. */
export function statementEntries(thread: Thread, entry: MessageEntry): MessageEntry[] {
  const inner = decisionOf(thread, entry);
  const others = (inner?.statements ?? [])
    .map((reference) => referred(thread, reference))
    .filter((each): each is MessageEntry => each?.kind === 'message' && each.seq < entry.seq);
  return [...others.sort((a, b) => a.seq - b.seq), ...(inner && inner.text !== '' ? [entry] : [])];
}

export function backgroundEntries(thread: Thread, entry: MessageEntry): MessageEntry[] {
  return (decisionOf(thread, entry)?.background ?? [])
    .map((reference) => referred(thread, reference))
    .filter((each): each is MessageEntry => each?.kind === 'message' && each.seq < entry.seq)
    .sort((a, b) => a.seq - b.seq);
}

export const isOwn = (thread: Thread, person: Bytes): boolean => hex(person) === hex(thread.ward.me.person);

export function quoteOf(thread: Thread, reference: Reference): Quote {
  const entry = referred(thread, reference);
  const words = entry?.kind === 'message' ? statementOf(thread, entry) : undefined;
  if (!words) return { id: reference.message, gone: true };
  return { id: words.id, author: words.author.name, at: words.at, text: words.text };
}

export function referenceTo(entry: MessageEntry): Reference {
  return { message: uuidText(entry.header.message), entry: base64url(entry.entryHash) };
}
