/** What waits in the outbox, as it stands in the timeline: after everything that has been accepted. */
import type { ActInner, Reference } from '../../crypto/inner.ts';
import type { DecisionItem, Delivery, MessageItem, Statement } from '../contract.ts';
import { showMarks } from '../marks.ts';
import type { Waiting } from '../outbox/outbox.ts';
import { formItem, quoteOf, referred, statementOf } from './content.ts';
import type { Thread } from './thread.ts';

/** Beyond every seq. */
const afterEverything = 2 ** 40;

/** An act that has not gone out yet: when it is in the log it is a line. */
const actWords: Record<ActInner['kind'], string> = {
  acknowledge: 'Acknowledged',
  sweep: 'Every decision up to here is marked',
  quarantine: 'Stop this thread: something is wrong with its patient',
  confirm: 'Patient confirmed',
  withdraw: 'Decision taken back',
  countersign: 'Decision countersigned',
};

export function waitingItem(thread: Thread, waiting: Waiting): MessageItem | DecisionItem {
  const { id, place, at, inner, failed } = waiting;
  const of = Math.max(0, (thread.membership?.members.size ?? 1) - 1);
  const state: Delivery['state'] = failed ? 'failed' : 'queued';
  const delivery: Delivery = { state, of, reached: 0, seen: 0, ...(failed ? { error: failed } : {}) };
  const author = thread.ward.people.card(thread.ward.me.person);
  const base = { key: id, order: afterEverything + place, at, id, delivery };
  if (inner.kind === 'decision') {
    const own: Statement[] = inner.text === '' ? [] : [{ id, author, own: true, at, text: showMarks(inner.text) }];
    return {
      ...base,
      kind: 'decision',
      markedBy: author,
      markedByMe: true,
      statements: [...inner.statements.flatMap((each) => wordsOf(thread, each)), ...own],
      background: inner.background.map(({ message }) => message),
      ...formItem(thread, inner),
      record: { state: 'none' },
    };
  }
  if (inner.kind !== 'text') {
    return { ...base, kind: 'message', author, own: true, text: actWords[inner.kind], urgency: 'routine' };
  }
  return {
    ...base,
    kind: 'message',
    author,
    own: true,
    text: showMarks(inner.text),
    urgency: 'routine',
    ...(inner.replyTo ? { reply: quoteOf(thread, inner.replyTo) } : {}),
  };
}

function wordsOf(thread: Thread, reference: Reference): Statement[] {
  const entry = referred(thread, reference);
  const words = entry?.kind === 'message' ? statementOf(thread, entry) : undefined;
  return words ? [words] : [];
}
