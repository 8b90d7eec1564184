/**
 * A thread that is linked to the wrong patient (R51). That it is, stands in the log, signed by who said so; who has taken note is the
 * server's list, because those who left are on it too.
 */
import { equal } from '../../crypto/bytes.ts';
import { fromUuidText } from '../../crypto/names.ts';
import type { QuarantineReader, ThreadHead } from '../contract.ts';
import { Fault, isProblem } from '../fault.ts';
import { showMarks } from '../marks.ts';
import type { Outbox } from '../outbox/outbox.ts';
import type { Quarantine } from '../remote/shapes.ts';
import { referenceTo } from './content.ts';
import type { MessageEntry } from './log.ts';
import type { Thread } from './thread.ts';

/** What may still be said in such a thread. */
const allowed: ReadonlySet<string> = new Set(['acknowledge', 'withdraw', 'quarantine']);

/** The message that stopped the thread. One that failed its checks stops nothing. */
export function quarantineIn(thread: Thread): MessageEntry | undefined {
  const { frozen } = thread.records;
  for (const entry of thread.log.from(1)) {
    if (frozen && entry.seq >= frozen.seq) return undefined;
    if (entry.kind !== 'message' || entry.header.kind !== 'quarantine') continue;
    const known = thread.reading.known(entry.seq);
    if (known?.state !== 'refused' || known.keyless) return entry;
  }
  return undefined;
}

export function allowedWhenQuarantined(kind: string): boolean {
  return allowed.has(kind);
}

/** Have I taken note? By an act in the log, or by the server's word for somebody who may not write. */
function tookNote(thread: Thread, stopped: MessageEntry): boolean {
  const { me } = thread.ward;
  if (equal(stopped.header.person, me.person) || thread.head?.quarantine?.acknowledged === true) return true;
  for (const entry of thread.log.from(stopped.seq + 1)) {
    if (entry.kind !== 'message' || entry.header.kind !== 'acknowledge') continue;
    if (equal(entry.header.person, me.person) && entry.header.seenSeq >= stopped.seq) return true;
  }
  return false;
}

export type QuarantineNews = { acknowledged: boolean; waiting: number; inError: number };

/** What the inbox has to tell; nothing of a thread about the right patient. Of a thread that I left, the server's word is all there is. */
export function quarantineNews(thread: Thread): QuarantineNews | undefined {
  const told = thread.head?.quarantine;
  if (thread.left) return told && { acknowledged: told.acknowledged, waiting: told.waiting, inError: told.inError };
  const stopped = quarantineIn(thread);
  if (!stopped) return undefined;
  // The filings are told as they change; the head is not.
  const inError = thread.filingsKnown ? unmarked(thread) : (told?.inError ?? 0);
  return { acknowledged: tookNote(thread, stopped), waiting: told?.waiting ?? 0, inError };
}

const unmarked = ({ filings }: Thread): number =>
  [...filings.values()].filter(({ retraction }) => retraction && retraction !== 'retracted').length;

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

/** What the server knows of it: who has taken note, and what the record has to mark. Asked anew when its head says that it changed. */
export class QuarantineList {
  readonly #thread: Thread;
  readonly #asked = new Set<string>();
  #told = '';
  known: Quarantine | undefined;

  constructor(thread: Thread) {
    this.#thread = thread;
  }

  async load(anew = false): Promise<void> {
    const { head, ward } = this.#thread;
    const entry = this.#thread.left ? undefined : quarantineIn(this.#thread);
    if (entry) await this.#thread.reading.read(entry);
    const told = JSON.stringify(head?.quarantine ?? null);
    if (!(head?.quarantine || entry) || (!anew && this.known && told === this.#told)) return;
    try {
      this.known = await ward.remote.quarantines.get(this.#thread.id);
    } catch (thrown) {
      if (isProblem(thrown, 'not_quarantined')) return; // it has not reached the server yet
      throw thrown;
    }
    this.#told = told;
    await ward.people.describe(this.known.readers.map(({ person }) => fromUuidText(person)));
    this.#thread.changed();
    await this.#retract();
  }

  /** The server does not know whose record it was: a member's device says so, once (docs/protocol.md, section 8). */
  async #retract(): Promise<void> {
    const { state, left, ward, id } = this.#thread;
    const assertion = state?.assertion?.assertion;
    if (!assertion || left) return;
    for (const { filing, retraction } of this.known?.filings ?? []) {
      if (retraction !== 'owed' || this.#asked.has(filing)) continue;
      this.#asked.add(filing);
      await this.#thread
        .askFilings(async () => [await ward.remote.filings.retract(id, filing, assertion)])
        .catch((thrown: unknown) => {
          if (isProblem(thrown, 'nothing_to_retry')) return; // somebody else's device was faster
          this.#asked.delete(filing);
          throw thrown;
        });
    }
  }
}
