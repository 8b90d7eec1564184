/**
 * Who decides or files has compared the patient's identifiers first, once for each thread and duty (R12). The confirmation is an act in the
 * log, so it is asked of the log, on every device of the person alike.
 */
import { equal } from '../../crypto/bytes.ts';
import { base64url } from '../../crypto/names.ts';
import type { Outbox } from '../outbox/outbox.ts';
import { Fault } from '../fault.ts';
import { spaceOf } from './head.ts';
import type { Thread } from './thread.ts';

/** The server's duty is twelve hours by its own clock; the hour between is for clocks that differ. */
export const confirmAgain = 11 * 3_600_000;

/** When this person last confirmed this thread's patient, if that still holds. */
export function confirmedLately(thread: Thread): boolean {
  const { me, now } = thread.ward;
  for (let seq = thread.log.seq; seq > 0; seq--) {
    const entry = thread.log.entry(seq);
    if (entry?.kind !== 'message' || entry.header.kind !== 'confirm' || !equal(entry.header.person, me.person))
      continue;
    return now() - entry.at < confirmAgain;
  }
  return false;
}

/**
 * Puts a confirmation before what follows, where there is none that holds. `compared`: the person says that they compared the patient just
 * now, by the button that they pressed.
 */
export async function confirmFirst(thread: Thread, outbox: Outbox, compared: boolean): Promise<void> {
  if (spaceOf(thread) !== 'patient' || confirmedLately(thread)) return;
  if (outbox.of(thread.id).some(({ inner, failed }) => inner.kind === 'confirm' && !failed)) return;
  if (!compared) throw new Fault('patient_unconfirmed');
  await confirmNow(thread, outbox);
}

export async function confirmNow(thread: Thread, outbox: Outbox): Promise<void> {
  const link = thread.membership?.link;
  if (!link) throw new Fault('not_linked');
  await outbox.queue(thread.id, { kind: 'confirm', assertion: base64url(link.assertion) });
}

/** Waits until everything that was written in a thread is in its log: filing asks the server, which knows nothing else. */
export async function confirmedThere(thread: Thread, outbox: Outbox): Promise<void> {
  await outbox.pump(thread.id);
  const waiting = outbox.of(thread.id).find(({ inner }) => inner.kind === 'confirm');
  if (waiting?.failed) throw new Fault(waiting.failed.code, waiting.failed);
  if (waiting) throw new Fault('offline');
}
