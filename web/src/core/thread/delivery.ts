/** How far my message got: hints of the server (phone reached, seen), and labelled so on the screen. */
import { uuidText } from '../../crypto/names.ts';
import type { Delivery } from '../contract.ts';
import type { MessageEntry } from './log.ts';
import type { Thread } from './thread.ts';

export function deliveryOf(thread: Thread, { seq }: Pick<MessageEntry, 'seq'>): Delivery {
  const others = [...(thread.membership?.members.values() ?? [])]
    .map(({ person }) => uuidText(person))
    .filter((person) => person !== thread.ward.me.id);
  const marks = others.map((person) => thread.marks.get(person));
  const seen = marks.filter((mark) => mark !== undefined && mark.seenSeq >= seq).length;
  const reached = marks.filter((mark) => mark !== undefined && Math.max(mark.reachedSeq, mark.seenSeq) >= seq).length;
  return { state: seen > 0 ? 'seen' : reached > 0 ? 'reached' : 'sent', of: others.length, reached, seen };
}
