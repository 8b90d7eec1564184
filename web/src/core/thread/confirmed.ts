/**
 * Who decides or files has compared the patient's identifiers first, once for each thread and duty (R12). The confirmation is an act in the
 * log, so it is asked of the log, on every device of the person alike. It is of the patient as they are linked now: once more is known of who
 * they are, everybody compares again.
 */
import { equal } from '../../crypto/bytes.ts';
import type { Inner } from '../../crypto/inner.ts';
import { base64url } from '../../crypto/names.ts';
import { Fault } from '../fault.ts';
import type { Outbox } from '../outbox/outbox.ts';
import { spaceOf } from './head.ts';
import { identityOfLink, linksOf } from './identity.ts';
import type { Thread } from './thread.ts';

/** The server's duty is twelve hours by its own clock; the hour between is for clocks that differ. */
export const confirmAgain = 11 * 3_600_000;

/** When this person last confirmed this thread's patient, if that still holds. */
export function confirmedLately(thread: Thread): boolean {
  const { me, now } = thread.ward;
  const linked = linksOf(thread).at(-1)?.seq ?? 0;
  for (let seq = thread.log.seq; seq > linked; seq--) {
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
  const waiting = outbox.of(thread.id).filter(({ failed }) => !failed);
  if (waiting.some(({ inner }) => inner.kind === 'confirm' && !isOutdated(thread, inner))) return;
  if (!compared) throw new Fault('patient_unconfirmed');
  await confirmNow(thread, outbox);
}

export async function confirmNow(thread: Thread, outbox: Outbox): Promise<void> {
  const link = thread.membership?.links.at(-1);
  if (!link) throw new Fault('not_linked');
  // Nobody confirms a patient whom they were not shown.
  const shown = identityOfLink(thread, link);
  if (!shown || shown !== thread.patient) throw new Fault('identity_missing');
  await outbox.queue(thread.id, { kind: 'confirm', assertion: base64url(link.assertion) });
}

/** A confirmation that waits to be sent, of a patient of whom more is known since. */
export function isOutdated(thread: Thread, inner: Inner): boolean {
  const link = thread.membership?.links.at(-1);
  return inner.kind === 'confirm' && link !== undefined && inner.assertion !== base64url(link.assertion);
}

/** Waits until everything that was written in a thread is in its log: filing asks the server, which knows nothing else. */
export async function confirmedThere(thread: Thread, outbox: Outbox): Promise<void> {
  await outbox.pump(thread.id);
  const waiting = outbox.of(thread.id).find(({ inner }) => inner.kind === 'confirm');
  if (waiting?.failed) throw new Fault(waiting.failed.code, waiting.failed);
  if (waiting) throw new Fault('offline');
}
