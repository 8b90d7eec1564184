/** What the screen of a thread about the wrong patient tells (R51), and what is done there: stopping it, and taking note. */
import { equal } from '../../crypto/bytes.ts';
import { fromUuidText } from '../../crypto/names.ts';
import type { QuarantineReader, ThreadHead } from '../contract.ts';
import { Fault } from '../fault.ts';
import { showMarks } from '../marks.ts';
import type { Outbox } from '../outbox/outbox.ts';
import type { Quarantine } from '../remote/shapes.ts';
import { referenceTo } from './content.ts';
import { quarantineIn, quarantineNews } from './quarantine.ts';
import type { Thread } from './thread.ts';

export function quarantinePart(thread: Thread): Pick<ThreadHead, 'quarantine'> {
  const { people, me } = thread.ward;
  const news = quarantineNews(thread);
  if (!news) return {};
  const { known } = thread.quarantine;
  const stopped = thread.left ? undefined : quarantineIn(thread);
  const by = stopped?.header.person ?? (known && fromUuidText(known.by));
  const content = stopped && thread.reading.known(stopped.seq);
  const note = content?.state === 'open' && content.inner.kind === 'quarantine' ? content.inner.text : undefined;
  return {
    quarantine: {
      ...news,
      at: stopped?.at ?? known?.at ?? thread.head?.quarantine?.at ?? 0,
      by: by ? people.card(by).name : 'Somebody who was in it',
      byMe: by !== undefined && equal(by, me.person),
      ...(note ? { note: showMarks(note) } : {}),
      readers: readersOf(thread, known),
    },
  };
}

function readersOf(thread: Thread, known: Quarantine | undefined): QuarantineReader[] {
  const { people, me } = thread.ward;
  return (known?.readers ?? [])
    .map(({ person, left, gone, acknowledgedAt }) => ({
      name: people.card(fromUuidText(person)).name,
      me: person === me.id,
      left,
      gone,
      ...(acknowledgedAt ? { at: acknowledgedAt } : {}),
    }))
    .sort((a, b) => Number(a.at !== undefined) - Number(b.at !== undefined) || a.name.localeCompare(b.name));
}

/** Says that the thread is linked to the wrong patient. From then on nothing else is said there. */
export async function quarantine(thread: Thread, outbox: Outbox, note: string): Promise<void> {
  const text = note.trim().normalize('NFC');
  if (Array.from(text).length > 2000) throw new Fault('note_too_long');
  await outbox.queue(thread.id, { kind: 'quarantine', reason: 'wrong-patient', ...(text ? { text } : {}) });
}

export async function takeNote(thread: Thread, outbox: Outbox): Promise<void> {
  const stopped = thread.left ? undefined : quarantineIn(thread);
  if (stopped && thread.mayPost) {
    await outbox.queue(thread.id, { kind: 'acknowledge', about: referenceTo(stopped) });
    return;
  }
  await thread.ward.remote.quarantines.acknowledge(thread.id);
  await thread.quarantine.load(true);
}
