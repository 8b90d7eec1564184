/**
 * How far my message got: hints of the server (phone reached, seen), and labelled so on the screen.
 *
 * "Seen by 1 of 2" says whom somebody may still be waited for, so it counts those whom the message was sealed to and who can still be
 * waited for:
 * - Whoever was let in later, with the past or without it, is not counted: it was not sent to them, and the server counts everything
 *   before their entry as seen.
 * - Whoever has left is not counted, seen or not: the server keeps no marks of them, so a browser that was opened since could not say
 *   the same as one that was there.
 * - Whoever left and came back is not counted: their mark begins anew where they came back and says nothing of what stands before.
 */
import { hex } from '../../crypto/bytes.ts';
import { uuidText } from '../../crypto/names.ts';
import type { Delivery } from '../contract.ts';
import type { Mark } from '../remote/shapes.ts';
import type { MessageEntry } from './log.ts';
import type { Thread } from './thread.ts';

/** Somebody whom a message was sealed to. */
export type Recipient = {
  mark: Pick<Mark, 'reachedSeq' | 'seenSeq'> | undefined;
  /** Where in the log they became the member that they are now; absent for somebody who has left. */
  since?: number | undefined;
};

export function deliveryOf(thread: Thread, { seq, header }: Pick<MessageEntry, 'seq' | 'header'>): Delivery {
  const { records, membership, marks, ward } = thread;
  const sealedTo = records.epoch(header.epoch)?.core.members ?? [];
  const others = sealedTo.filter(({ person }) => uuidText(person) !== ward.me.id);
  return deliveryAmong(
    others.map(({ person }) => {
      const now = membership?.members.get(hex(person));
      return { mark: marks.get(uuidText(person)), since: now && records.placeOf(now.since) };
    }),
    seq,
  );
}

export function deliveryAmong(recipients: readonly Recipient[], seq: number): Delivery {
  const counted = recipients.filter(({ since }) => since !== undefined && since < seq);
  const marks = counted.flatMap(({ mark }) => mark ?? []);
  const seen = marks.filter(({ seenSeq }) => seenSeq >= seq).length;
  const reached = marks.filter(({ reachedSeq, seenSeq }) => Math.max(reachedSeq, seenSeq) >= seq).length;
  return { state: seen > 0 ? 'seen' : reached > 0 ? 'reached' : 'sent', of: counted.length, reached, seen };
}
