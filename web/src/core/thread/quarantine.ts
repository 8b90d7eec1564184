/**
 * A thread that is linked to the wrong patient (R51). That it is, stands in the log, signed by who said so; who has taken note is the
 * server's list, because those who left are on it too. What its own screen needs, and what is done about it, is in quarantined.ts.
 */
import { equal } from '../../crypto/bytes.ts';
import { fromUuidText } from '../../crypto/names.ts';
import { isProblem } from '../fault.ts';
import type { Quarantine } from '../remote/shapes.ts';
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
      // What the list says may be old by now: what the record refused is told again by a person.
      const now = this.#thread.filings.get(filing)?.retraction || retraction;
      if (now !== 'owed' || this.#asked.has(filing)) continue;
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
