/**
 * What is done now and then: finding people, starting threads, changing who is in them, looking patients up, filing. A part of its own,
 * so that the first load is what the inbox and a conversation need.
 */
import { fromUuidText } from '../crypto/names.ts';
import { check } from './compose/check.ts';
import { wordsAlone } from './compose/drafts.ts';
import type { AddReason, DirectoryAnswer, FilingPreview, Finding, LookupId, PersonId, ThreadId } from './contract.ts';
import { type Desk, refuseStopped, withinLimits } from './desk.ts';
import { Fault, isProblem } from './fault.ts';
import { LookUps } from './patient/lookup.ts';
import { Standings } from './patient/standing.ts';
import { Directory } from './people/directory.ts';
import { nearnessOf } from './people/near.ts';
import { Again } from './record/again.ts';
import { Decisions } from './record/decisions.ts';
import { Filings } from './record/filing.ts';
import { threadsLike } from './thread/alike.ts';
import { confirmFirst, confirmNow, confirmedThere } from './thread/confirmed.ts';
import { found, invite, start } from './thread/create.ts';
import { companions, replacementOf } from './thread/goOn.ts';
import { addMember, identityOf, readmitMember, removeMember } from './thread/members.ts';
import { quarantine, takeNote } from './thread/quarantined.ts';
import { mayWrite } from './thread/rotate.ts';

export class Acts {
  readonly lookUps: LookUps;
  readonly standings = new Standings();
  readonly filings = new Filings();
  readonly decisions: Decisions;
  readonly again: Again;
  readonly #desk: Desk;
  readonly #directory: Directory;

  constructor(desk: Desk) {
    this.#desk = desk;
    this.decisions = new Decisions(desk);
    this.again = new Again(desk);
    this.#directory = new Directory(desk.ward, () => nearnessOf(desk.ward, desk.threads));
    // On a shared ward PC it is fetched when somebody is first looked for.
    if (!desk.ward.shared) this.#directory.list.freshen();
    this.lookUps = new LookUps(desk.ward, () => desk.threads.patients());
  }

  searchDirectory(query: string): Promise<DirectoryAnswer> {
    return this.#directory.search(query);
  }

  similarNames(name: string) {
    return threadsLike(this.#desk.threads, name);
  }

  async addMember(id: ThreadId, arg: { person: PersonId; reason: AddReason; note: string; history: boolean }) {
    await addMember(this.#desk.threads.need(id), arg);
  }

  async removeMember(id: ThreadId, arg: Parameters<typeof removeMember>[1]) {
    await removeMember(this.#desk.threads.need(id), arg);
  }

  async readmitMember(id: ThreadId, arg: Parameters<typeof readmitMember>[1]) {
    await readmitMember(this.#desk.threads.need(id), arg);
  }

  async safetyWords(person: PersonId): Promise<{ theirs: string[]; mine: string[] }> {
    const { safetyWords } = await import('../crypto/safety.ts');
    const mine = await identityOf(this.#desk.ward, this.#desk.ward.me.person);
    return {
      theirs: await safetyWords(await identityOf(this.#desk.ward, fromUuidText(person))),
      mine: await safetyWords(mine),
    };
  }

  /** A stopped thread goes on in another one: the one that there is already, or a new one. */
  async goOn(id: ThreadId, line: string): Promise<{ thread: ThreadId; leftOut: string[] }> {
    const stopped = this.#desk.threads.need(id);
    if (stopped.goesOn) return { thread: stopped.goesOn.thread, leftOut: [] };
    if (!stopped.records.frozen) throw new Fault('request_refused');
    // In a direct thread the server lets two people start another one only after it has heard of this.
    await stopped.reporting;
    await stopped.reportFrozen();
    const { people, leftOut } = await companions(stopped);
    const thread = await this.#desk.fetch(await replacementOf(stopped, people, this.lookUps));
    await this.#desk.outbox.queue(thread, { kind: 'text', text: withinLimits(line), continues: id });
    const draft = this.#desk.drafts.of(id);
    if (draft) {
      await this.#desk.saveDraft(thread, draft.text);
    }
    const decision = this.#desk.drafts.decision(id);
    if (decision) await this.#desk.saveDecisionDraft(thread, wordsAlone(decision));
    await this.#desk.drafts.drop(id);
    this.#desk.threads.changed(stopped);
    stopped.continueIn({ thread, author: this.#desk.ward.me.person });
    return { thread, leftOut };
  }

  /** The summary is the only part of a document that is written for it: it passes the checks of what is said. */
  async previewFiling(request: Parameters<Filings['preview']>[1]): Promise<FilingPreview> {
    const thread = this.#desk.threads.need(request.thread);
    await this.#desk.insistClean(thread, request.summary);
    return this.filings.preview(thread, request);
  }

  /** Filing is confirmed like a decision, and the confirmation is there before the record is asked (R12). */
  async file(request: Parameters<Filings['file']>[1]): Promise<void> {
    const { threads, outbox } = this.#desk;
    const thread = threads.need(request.thread);
    if (!request.patientConfirmed) throw new Fault('patient_unconfirmed');
    mayWrite(thread);
    await this.#desk.insistClean(thread, request.summary);
    await confirmFirst(thread, outbox, true);
    await confirmedThere(thread, outbox);
    await this.filings.file(thread, request).catch(async (thrown: unknown) => {
      if (!isProblem(thrown, 'identity_unconfirmed')) throw thrown;
      // By the server's clock the last confirmation is too old.
      await confirmNow(thread, outbox);
      await confirmedThere(thread, outbox);
      await this.filings.file(thread, request);
    });
  }

  async quarantine(id: ThreadId, note: string): Promise<void> {
    const thread = this.#desk.threads.need(id);
    mayWrite(thread);
    // Every reader gets it, also those who left.
    await this.#desk.insistClean(thread, note);
    await quarantine(thread, this.#desk.outbox, note);
    await this.#desk.drafts.drop(id);
    this.#desk.threads.changed(thread);
  }

  async takeNote(id: ThreadId): Promise<void> {
    await takeNote(this.#desk.threads.need(id), this.#desk.outbox);
  }

  async createDirect(person: PersonId): Promise<{ thread: ThreadId }> {
    const known = this.#desk.threads.direct(person);
    if (known) return { thread: known.id };
    const founding = await found(this.#desk.ward, { space: 'direct', name: '', addBy: 'owner' });
    await invite(this.#desk.ward, founding, [person], 'founding');
    try {
      const made = await start(this.#desk.ward, founding, { name: '', assertion: null });
      return { thread: await this.#desk.fetch(made) };
    } catch (thrown) {
      const there = isProblem(thrown, 'direct_exists') ? thrown.details['thread'] : undefined;
      if (typeof there !== 'string' || !/^[A-Za-z0-9_-]{43}$/.test(there)) throw thrown;
      const thread = this.#desk.threads.need(await this.#desk.fetch(there));
      // The server named it: it must be what it should be.
      if (this.#desk.threads.direct(person) !== thread) throw new Fault('wrong_members');
      return { thread: thread.id };
    }
  }

  async createTeam(name: string, people: readonly PersonId[], reason: AddReason): Promise<{ thread: ThreadId }> {
    const words = name.trim();
    if (words === '') throw new Fault('name_missing');
    if (people.length === 0) throw new Fault('people_missing');
    // The name is not sealed: it must not identify anybody (R37).
    if (check(words, { space: 'team', numbers: [] }, this.#desk.ward.now()).some(({ stops }) => stops)) {
      throw new Fault('stopped_identifier');
    }
    const founding = await found(this.#desk.ward, { space: 'team', name: words, addBy: 'owner' });
    await invite(this.#desk.ward, founding, people, reason);
    return { thread: await this.#desk.fetch(await start(this.#desk.ward, founding, { name: '', assertion: null })) };
  }

  /** What a thread that is not there yet is to be called, by the rules of its patient. */
  checkTopic(lookup: LookupId, text: string): Finding[] {
    return check(text, { space: 'patient', numbers: this.lookUps.numbersOf(lookup) }, this.#desk.ward.now());
  }

  async createPatient(
    arg: Parameters<LookUps['start']>[0] & { draft: string; continues?: { thread: ThreadId; line: string } },
  ): Promise<{ thread: ThreadId }> {
    refuseStopped(this.checkTopic(arg.lookup, arg.name));
    const thread = await this.#desk.fetch(await this.lookUps.start(arg));
    const { continues } = arg;
    if (continues) {
      await this.#desk.outbox.queue(thread, {
        kind: 'text',
        text: withinLimits(continues.line),
        continues: continues.thread,
      });
      this.#desk.threads.get(continues.thread)?.continueIn({ thread, author: this.#desk.ward.me.person });
    }
    if (arg.draft.trim() !== '') await this.#desk.saveDraft(thread, arg.draft);
    return { thread };
  }
}
