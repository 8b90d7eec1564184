/** What people do with a decision beside filing it, and the lists of those that the record does not have (R18, R19, R49). */
import { base64url, fromBase64url, fromUuidText } from '../../crypto/names.ts';
import type { ActInner, Inner, Reference } from '../../crypto/inner.ts';
import type { DecisionId, MessageId, TakenBackReason, WorklistItem, WorklistPage, WorklistScope } from '../contract.ts';
import type { Desk } from '../desk.ts';
import { Fault, Unreachable, isProblem } from '../fault.ts';
import { learnWords } from '../words.ts';
import { isOwn, referenceTo, statementEntries } from '../thread/content.ts';
import { filingOf, firstWords, isRecorded, readDecisions } from '../thread/filings.ts';
import { nameOf } from '../thread/head.ts';
import { correctionOf, untold } from '../thread/life.ts';
import { mayWrite } from '../thread/rotate.ts';
import type { Thread } from '../thread/thread.ts';
import { displayPatient } from '../people/name.ts';
import type { Decision, Worklist } from '../remote/shapes.ts';

learnWords({
  being_drafted: { message: 'Somebody else is preparing this document.', hint: 'Wait, or take it over.' },
  arrived_meanwhile: {
    message: 'Something was said while you were closing.',
    hint: 'Close this, read it, then answer again.',
  },
  decision_moved_on: {
    message: 'Something happened to this decision meanwhile.',
    hint: 'Close this, and look at it again.',
  },
  not_yours: {
    message: 'Only who marked or filed this decision, or who runs the thread, may take it back.',
    hint: 'Ask them, or the owner of the thread.',
  },
  own_countersignature: {
    message: 'You cannot countersign what you marked or filed yourself.',
    hint: 'Ask somebody else of the thread.',
  },
  countersignature_of_another: { message: 'Somebody else was asked to countersign this.', hint: 'Ask them.' },
  nothing_to_countersign: { message: 'The record does not have this yet.', hint: 'Wait for the receipt.' },
  another_document: {
    message: 'The record holds another document of this decision by now.',
    hint: 'Close this, and look at it again.',
  },
  decision_filed: {
    message: 'This decision is in the record, which would show it as entered in error.',
    hint: 'If things have changed, correct it: mark a decision that replaces it.',
  },
  being_corrected: {
    message: 'A correction of this decision is not in the record yet.',
    hint: 'Look at the correction: file it, or take it back first.',
  },
  corrects_unknown: { message: 'The decision that this corrects is not there.', hint: 'Mark it as a new one.' },
  corrects_over: {
    message: 'The decision that this corrects was taken back or corrected already.',
    hint: 'Look at it again.',
  },
  not_permitted: {
    message: 'This list is for the records staff.',
    hint: 'If you are one of them, tell the service desk.',
  },
  no_ward: {
    message: 'The directory has no ward for you.',
    hint: 'The service desk can put you on one.',
  },
});

export class Decisions {
  readonly #desk: Desk;
  readonly #telling = new Map<MessageId, Promise<void>>();
  /** What could not be told for want of a network. */
  readonly #owed = new Map<MessageId, { thread: Thread; inner: Inner }>();

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  async draft(thread: Thread, decision: DecisionId, takeOver: boolean): Promise<void> {
    mayWrite(thread);
    const { decisions } = thread.ward.remote;
    const drafted = await decisions.draft(thread.id, decision, takeOver).catch(async (thrown: unknown) => {
      const by = isProblem(thrown, 'being_drafted') ? thrown.details['by'] : undefined;
      if (typeof by !== 'string') throw thrown;
      const person = fromUuidText(by);
      await thread.ward.people.describe([person]);
      throw new Fault('being_drafted', {
        message: `${thread.ward.people.card(person).name} is preparing this document.`,
      });
    });
    thread.learnDecisions([drafted]);
  }

  async putBack(thread: Thread, decision: DecisionId): Promise<void> {
    thread.learnDecisions([await thread.ward.remote.decisions.putBack(thread.id, decision)]);
  }

  /** Signed in the thread first, so that everybody can see it; then the server is told which decision it was about. */
  async takeBack(thread: Thread, decision: DecisionId, reason: TakenBackReason, note: string): Promise<void> {
    // What was right when it was decided was no error.
    if (reason === 'withdrawn' && isRecorded(thread, decision)) throw new Fault('decision_filed');
    const text = await this.#note(thread, note);
    await this.#act(thread, { kind: 'withdraw', about: this.#reference(thread, decision), reason, ...text });
  }

  async countersign(thread: Thread, decision: DecisionId): Promise<void> {
    const filing = filingOf(thread, decision);
    if (filing?.state !== 'received') throw new Fault('nothing_to_countersign');
    await readDecisions(thread);
    if (correctionOf(thread, decision)) throw new Fault('being_corrected');
    const document = base64url(fromBase64url(filing.documentHash));
    await this.#act(thread, { kind: 'countersign', about: this.#reference(thread, decision), document });
  }

  /**
   * Tells the server which decision an act of mine was about, once it is in the log. Without a network the act waits in the outbox, and this follows it
   * then; what was not told after all is told when the thread is looked at again.
   */
  tell(thread: Thread, act: MessageId, inner: Inner): Promise<void> {
    const running = this.#telling.get(act);
    if (running) return running;
    const run = this.#tell(thread, act, inner)
      .then(() => void this.#owed.delete(act))
      .catch((thrown: unknown) => {
        // It is signed and in the log: the server hears of it when there is a way again.
        if (!(thrown instanceof Unreachable)) throw thrown;
        this.#owed.set(act, { thread, inner });
      })
      .finally(() => this.#telling.delete(act));
    this.#telling.set(act, run);
    return run;
  }

  async settle(thread: Thread): Promise<void> {
    for (const { act, inner } of untold(thread)) await this.tell(thread, act, inner).catch(() => undefined);
  }

  /** There may be a way again. */
  async settleOwed(): Promise<void> {
    for (const [act, { thread, inner }] of [...this.#owed]) await this.tell(thread, act, inner).catch(() => undefined);
  }

  async #tell(thread: Thread, act: MessageId, inner: Inner): Promise<void> {
    const { decisions } = thread.ward.remote;
    if (inner.kind === 'withdraw') {
      const { reason } = inner;
      const assertion = thread.state?.assertion?.assertion;
      const body = { act, reason, ...(assertion ? { assertion } : {}) };
      thread.learnDecisions([await again(() => decisions.withdraw(thread.id, inner.about.message, body))]);
      await thread.reloadFilings();
    }
    if (inner.kind === 'countersign') {
      const { document, about } = inner;
      thread.learnDecisions([await again(() => decisions.countersign(thread.id, about.message, act, document))]);
    }
  }

  async sweep(thread: Thread, note: string, upTo: number): Promise<void> {
    // Nobody answers for what came while they were answering.
    if (newestOfOthers(thread) > upTo) throw new Fault('arrived_meanwhile');
    await this.#act(thread, { kind: 'sweep', ...(await this.#note(thread, note)) });
  }

  async worklist(scope: WorklistScope, after?: string): Promise<WorklistPage> {
    const { ward } = this.#desk;
    const { items, next } = await ward.remote.decisions.worklist(scope, after);
    const people = items.flatMap(({ decision }) => [
      decision.owner,
      ...(decision.draftedBy ? [decision.draftedBy] : []),
    ]);
    await ward.people.describe(people.map(fromUuidText));
    return { items: await Promise.all(items.map((each) => this.#item(each))), ...(next ? { next } : {}) };
  }

  async #item({
    thread: id,
    decision,
    toCountersign,
    reason,
    reference,
  }: Worklist['items'][number]): Promise<WorklistItem> {
    const { ward, threads } = this.#desk;
    const thread = id === undefined ? undefined : threads.get(id);
    const card = (person: string) => ward.people.card(fromUuidText(person));
    return {
      decision: decision.decision,
      ...(id === undefined ? {} : { thread: id }),
      ...(thread ? await whatAbout(thread, decision.decision) : {}),
      owner: card(decision.owner),
      mine: decision.owner === ward.me.id,
      markedAt: decision.markedAt,
      dueAt: decision.dueAt,
      overdue: decision.dueAt <= ward.now() && !toCountersign,
      urgency: decision.urgency,
      state: toCountersign ? 'countersign' : stateOf(decision),
      ...(reference ? { reference } : {}),
      ...(decision.draftedBy ? { draftedBy: card(decision.draftedBy) } : {}),
      ...(reason ? { reason } : {}),
    };
  }

  /** Has the record told, or told again, that a document was entered in error (R18, R51). The server does not know whose record it was. */
  async retract(thread: Thread, decision: DecisionId): Promise<void> {
    const filing = filingOf(thread, decision);
    const assertion = thread.state?.assertion?.assertion;
    if (!filing || !assertion) throw new Fault('nothing_to_retry');
    await thread.askFilings(async () => [
      await thread.ward.remote.filings.retract(thread.id, filing.filing, assertion),
    ]);
  }

  #reference(thread: Thread, decision: DecisionId): Reference {
    const entry = thread.log.message(decision);
    if (entry?.kind === 'message') return referenceTo(entry);
    if (entry?.kind !== 'tombstone') throw new Fault('decision_unknown');
    return { message: decision, entry: base64url(entry.entryHash) };
  }

  async #note(thread: Thread, note: string): Promise<{ text?: string }> {
    const text = note.trim();
    if (text === '') return {};
    if (Array.from(text).length > maxNote) throw new Fault('text_too_long');
    await this.#desk.insistClean(thread, text);
    return { text };
  }

  /** Resolves when the server has it and knows what it is about, or when it waits for a network. */
  async #act(thread: Thread, inner: ActInner): Promise<void> {
    mayWrite(thread);
    const { outbox } = this.#desk;
    const { id } = await outbox.queue(thread.id, inner);
    await outbox.pump(thread.id);
    const waiting = outbox.of(thread.id).find((each) => each.id === id);
    if (waiting?.failed) {
      await outbox.discard(thread.id, id).catch(() => undefined);
      throw new Fault(waiting.failed.code);
    }
    if (!waiting) await this.tell(thread, id, inner);
  }
}

/** Whose it is and how it begins, from what this device holds: the server knows neither. */
async function whatAbout(thread: Thread, decision: DecisionId): Promise<Pick<WorklistItem, 'about' | 'words'>> {
  const { patient } = thread;
  const about = patient ? displayPatient({ family: patient.family, given: patient.given }) : nameOf(thread).name;
  const entry = thread.log.message(decision);
  if (thread.left || entry?.kind !== 'message') return about ? { about } : {};
  try {
    await thread.reading.read(entry);
    await Promise.all(
      statementEntries(thread, entry)
        .slice(0, 1)
        .map((each) => thread.reading.read(each)),
    );
  } catch {
    // Without the network its keys may not have come: then the line does without.
  }
  const words = firstWords(thread, entry)?.text;
  return { ...(about ? { about } : {}), ...(words ? { words } : {}) };
}

function newestOfOthers(thread: Thread): number {
  for (let seq = thread.log.seq; seq > 0; seq--) {
    const entry = thread.log.entry(seq);
    if (entry?.kind === 'message' && !isOwn(thread, entry.header.person)) return seq;
  }
  return 0;
}

const maxNote = 2000;

/** Once more after a lost answer: the same act again is the same. */
function again<T>(ask: () => Promise<T>): Promise<T> {
  return ask().catch((thrown: unknown) => {
    if (thrown instanceof Unreachable) return ask();
    throw thrown;
  });
}

function stateOf({ stage }: Decision): WorklistItem['state'] {
  if (stage === 'refused') return 'failed';
  if (stage === 'entered-in-error') return 'wrong';
  if (stage === 'filed') return 'filing';
  return stage === 'drafted' ? 'drafted' : 'none';
}
