/** The lives of decisions on the test server: what the server adds to what is signed, and the rules that a client runs into. */
import type { Decision } from '../remote/shapes.ts';
import { type Asked, refuse } from './http.ts';
import type { ServedThread } from './threads.ts';

const overdueAfter = 4 * 3_600_000;

export class Lives {
  readonly #now: () => number;
  readonly #tell: (thread: ServedThread, event: unknown) => void;
  readonly #all = new Map<string, Decision>();

  constructor(now: () => number, tell: (thread: ServedThread, event: unknown) => void) {
    this.#now = now;
    this.#tell = tell;
  }

  /** A decision is there as soon as its message is in the log. */
  of(thread: ServedThread): Decision[] {
    return thread.ofKind('decision').map(({ message, person, at }) => {
      const known = this.#all.get(message);
      if (known) return this.#withFiling(thread, known);
      const made: Decision = {
        decision: message,
        stage: 'marked',
        changedAt: at,
        markedBy: person,
        markedAt: at,
        urgency: 'routine',
        owner: person,
        dueAt: at + overdueAfter,
        reminders: 0,
        countersignWanted: false,
      };
      this.#all.set(message, made);
      return this.#withFiling(thread, made);
    });
  }

  /** As if it had never been told. */
  forget(decision: string): void {
    this.#all.delete(decision);
  }

  draft(thread: ServedThread, { path, body }: Asked, person: string): Decision {
    const now = this.#get(thread, path[3]);
    if (now.draftedBy && now.draftedBy !== person && body['takeOver'] !== true) {
      refuse(409, 'being_drafted', { by: now.draftedBy, since: now.draftedAt });
    }
    return this.#change(thread, now, { stage: 'drafted', draftedBy: person, draftedAt: this.#now() });
  }

  putBack(thread: ServedThread, { path }: Asked, person: string): Decision {
    const { draftedBy, ...now } = this.#get(thread, path[3]);
    if (draftedBy !== person) return this.#get(thread, path[3]);
    delete now.draftedAt;
    return this.#change(thread, now, { stage: 'marked' });
  }

  withdraw(thread: ServedThread, { path, body }: Asked): Decision {
    const now = this.#get(thread, path[3]);
    if (!signed(thread, 'withdraw', body['act'])) refuse(400, 'act_missing');
    const filed = thread.filings.find(({ decision }) => decision === now.decision);
    if (filed) {
      if (!body['assertion']) refuse(403, 'not_linked');
      filed.retraction = 'retracting';
    }
    return this.#change(thread, now, { stage: filed ? 'entered-in-error' : 'withdrawn' });
  }

  countersign(thread: ServedThread, { path, body }: Asked, person: string): Decision {
    const now = this.#get(thread, path[3]);
    const filed = thread.filings.find(({ decision }) => decision === now.decision);
    if (!signed(thread, 'countersign', body['act'])) refuse(400, 'act_missing');
    if (person === now.markedBy || person === filed?.filedBy) refuse(403, 'own_countersignature');
    if (body['document'] !== filed?.documentHash) refuse(409, 'another_document');
    return this.#change(thread, now, { stage: 'countersigned', countersignedBy: person, countersignedAt: this.#now() });
  }

  /** What was asked for with a filing. */
  filed(thread: ServedThread, body: Readonly<Record<string, unknown>>): void {
    const now = this.#get(thread, String(body['decision']));
    this.#change(thread, now, {
      stage: 'filed',
      ...(body['countersign'] === true ? { countersignWanted: true } : {}),
      ...(typeof body['countersignBy'] === 'string' ? { countersignBy: body['countersignBy'] } : {}),
      ...(typeof body['corrects'] === 'string' ? { corrects: body['corrects'] } : {}),
    });
  }

  worklist(threads: readonly ServedThread[], person: string, scope: string) {
    if (scope === 'organisation') refuse(403, 'not_permitted');
    const items = threads.flatMap((thread) =>
      this.of(thread)
        .filter(
          ({ stage, owner }) =>
            ['marked', 'drafted', 'filed'].includes(stage) && (scope === 'ward' || owner === person),
        )
        .map((decision) => {
          const member = thread.has(person);
          return { ...(member ? { thread: thread.id } : {}), decision, member, toCountersign: false };
        }),
    );
    return { items };
  }

  #get(thread: ServedThread, message: string | undefined): Decision {
    return this.of(thread).find(({ decision }) => decision === message) ?? refuse(404, 'decision_unknown');
  }

  #change(thread: ServedThread, now: Decision, more: Partial<Decision>): Decision {
    const next = { ...now, ...more, changedAt: this.#now() };
    this.#all.set(next.decision, next);
    this.#tell(thread, { type: 'decision', thread: thread.id, decision: next });
    return next;
  }

  #withFiling(thread: ServedThread, now: Decision): Decision {
    const filed = thread.filings.find(({ decision }) => decision === now.decision);
    if (now.stage !== 'filed' || filed?.state !== 'received') return now;
    return { ...now, stage: 'received' };
  }
}

const signed = (thread: ServedThread, kind: 'withdraw' | 'countersign', act: unknown): boolean =>
  thread.ofKind(kind).some(({ message }) => message === act);
