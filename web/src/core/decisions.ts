/** Decisions and the record as the contract speaks of them: where one stands, what goes in, and the lists of those that the record does not have. */
import type { FormKind } from '../crypto/form-kinds.ts';
import type { DecisionId, Delivery, ItemBase, MessageId, Person, ThreadId, Urgency } from './contract.ts';

/** A decision as it is being made: own words and messages, or a form, whose parts then have all of both. */
export type DecisionDraft = {
  text: string;
  messages: MessageId[];
  form?: { kind: FormKind; parts: { name: string; text: string; messages: MessageId[] }[] };
};

/** The words of a decision, verbatim: either messages that were marked, or words written for it. */
export type Statement = { id: MessageId; author: Person; own: boolean; at: number; text: string };

/** A part of the form of a decision: messages, word for word, and own words. One that is empty is left out. */
export type FormPartItem = {
  name: string;
  quoted: Statement[];
  /** Messages that stood here and are not there any more. */
  gone: number;
  text?: string;
};

export type DecisionItem = ItemBase & {
  kind: 'decision';
  id: DecisionId;
  markedBy: Person;
  markedByMe: boolean;
  statements: Statement[];
  /** Messages that the person who marked it named as its background. */
  background: MessageId[];
  /** Where the words of `statements` belong. */
  form?: { kind: FormKind; parts: FormPartItem[] };
  record: RecordState;
  /** Absent until the server has told. */
  life?: DecisionLife;
  /** What I may do with it beside filing. */
  may?: ('take-back' | 'correct' | 'countersign')[];
  /** My mark has not reached the server yet, or failed. */
  delivery?: Delivery;
};

/** Where a decision stands. `deleted` is a tombstone and no longer a decision item. */
export type RecordState =
  | { state: 'none' }
  /** Handed over, no receipt yet. `trouble` says in plain words why it takes long. */
  | { state: 'filing'; by: Person; since: number; trouble?: string }
  | { state: 'in'; by: Person; at: number; reference: string; deleteAt?: number }
  | { state: 'held'; by: Person; at: number; reference: string; why?: string }
  /** `reason` is the record's own, in plain words. With `misfiled` it did not refuse. */
  | { state: 'failed'; by: Person; at: number; reason: string; misfiled?: Misfiled }
  /** The thread is about the wrong patient, and it had not gone yet. */
  | { state: 'stopped'; by: Person; at: number }
  /** It is in the wrong patient's record, or may be: the record has to mark it as entered in error. `done`: it has. */
  | ({ state: 'in-error'; by: Person; at: number; reference: string; done: boolean; byHand: boolean } & Owed)
  /** Taken back by somebody, signed: before it was filed, or as entered in error. Then `told` says how far the record knows. */
  | ({
      state: 'taken-back';
      by: Person;
      at: number;
      reason: TakenBackReason;
      note?: string;
      told?: 'owed' | 'retracting' | 'retracted' | 'refused';
      reference?: string;
    } & Owed);

/** The record has to be told that a document was entered in error. `why`: what it said when it refused. `mayTell`: I may have it told now. */
export type Owed = { why?: string; mayTell?: 'first' | 'again' };

export const takenBackReasons = ['withdrawn', 'error', 'wrong-patient'] as const;
export type TakenBackReason = (typeof takenBackReasons)[number];

/** What else there is to a decision: who has to see to it, who is writing its document, who countersigns, what it corrects. */
export type DecisionLife = {
  owner: Person;
  mine: boolean;
  dueAt: number;
  deputy?: Person;
  /** Somebody else is preparing the document. */
  draftedBy?: Person;
  draftedAt?: number;
  countersign?: { asked?: Person; askedMe: boolean; by?: Person; at?: number };
  corrects?: DecisionId;
  correctedBy?: DecisionId;
  /** The correction of it that stands, and that the record does not have yet. */
  correction?: Correction;
  /** It corrects a decision that another one corrected first: it is not filed. */
  overtaken?: Correction;
};

export type Correction = { decision: DecisionId; by: Person; mine: boolean; at: number };

/** What the record holds is not what was filed: under another patient, or otherwise. Somebody at health records has to look. */
export type Misfiled = {
  how: 'other-patient' | 'otherwise';
  /** The filing's own number, which the document and the record both carry. */
  reference: string;
};

export type FilingRequest = {
  thread: ThreadId;
  decision: DecisionId;
  /** The background messages that go in beside the statements of the decision. */
  sources: MessageId[];
  /** A summary by the person who files, labelled with their name. Empty: none. */
  summary: string;
};

export type FilingPreview = {
  /** The document exactly as it will be sent: self-contained HTML. */
  html: string;
  sha256: string;
  sources: number;
  decidedBy: Person[];
  tookPart: Person[];
  /** How long the originals stay after the receipt. */
  graceMs: number;
};

/** Whose decisions a worklist shows. */
export type WorklistScope = 'mine' | 'ward' | 'organisation';

/** A decision that the record does not have, or that waits for my countersignature. Who is not in the thread learns whose it is and since when. */
export type WorklistItem = {
  decision: DecisionId;
  thread?: ThreadId;
  /** Whose thread it is: the patient, when I may know, else the thread's name. */
  about?: string;
  /** How it begins, from this device's own store; absent where this device cannot read it. */
  words?: string;
  owner: Person;
  mine: boolean;
  markedAt: number;
  dueAt: number;
  overdue: boolean;
  urgency: Urgency;
  /** `wrong`: it was entered in error, and the record still shows it as valid. */
  state: 'none' | 'drafted' | 'filing' | 'failed' | 'countersign' | 'wrong';
  /** The record's own name for the document. */
  reference?: string;
  draftedBy?: Person;
  /** The record's last word, where it gave one. */
  reason?: string;
};

export type WorklistPage = { items: WorklistItem[]; next?: string };

/**
 * A filing that waits for a person, of the whole organisation: what the server knows of it, which is nothing about the patient. `sending`: on its
 * way again.
 */
export type Letter = {
  /** The filing's own number, which the document and the record both carry. */
  filing: string;
  state: 'refused' | 'failed' | 'sending' | 'in' | 'stopped';
  /** With `failed`. */
  how?: Misfiled['how'];
  code: string;
  /** In plain words, the record's own where it gave some. */
  reason: string;
  attempts: number;
  filedBy: Person;
  filedAt: number;
  /** The record's, with `in`. */
  reference?: string;
};

export type LettersPage = { letters: Letter[]; next?: string };

/** A decision of a thread about the wrong patient, which is to be made again about the right one (R51). */
export type AgainDecision = {
  decision: DecisionId;
  at: number;
  /** Whose decision it is. */
  by: string;
  /** The words that can be said again as they stand; none with `own`. */
  statements: Statement[];
  /** Why they cannot: they are gone, they name the other patient, there are too many. Then it is said in own words. */
  own?: 'gone' | 'names' | 'long';
  /** Made again in the right patient's thread, or passed over there. */
  done: boolean;
  /** Perhaps it was made again: words there have been deleted that this device never read. The record knows. */
  unsure?: true;
  /** Somebody said there that it need not be made again. It may be after all. */
  passed?: { by: string; at: number; why: string };
};

/** `to`: the right patient's thread, when there is one that I am in. */
export type DecisionsAgain = { from: ThreadId; to?: ThreadId; decisions: AgainDecision[] };

/** What is asked about the record beside a decision's daily way. Part of `Wardline`. */
export interface RecordVerbs {
  /** Filings of the organisation that wait for a person, oldest first. For those with `records`. */
  letters(arg: { after?: string }): Promise<LettersPage>;
  letter(arg: { filing: string }): Promise<Letter>;
  replayLetter(arg: { filing: string }): Promise<Letter>;
  /** Has the record told, or told again, that the document of a decision was entered in error. */
  retractFiling(arg: { thread: ThreadId; decision: DecisionId }): Promise<void>;
  /** Of either thread, the one about the wrong patient or the one that goes on from it. */
  decisionsAgain(arg: { thread: ThreadId }): Promise<DecisionsAgain | undefined>;
  /** Makes one of them again in the right patient's thread: word for word with author and time, or with `text` where that cannot be. */
  decideAgain(arg: {
    thread: ThreadId;
    decision: DecisionId;
    text: string;
    patientConfirmed: boolean;
  }): Promise<{ key: string }>;
  /** Says in the right patient's thread, for everybody, that one of them need not be made again, and why. */
  passOver(arg: { thread: ThreadId; decision: DecisionId; why: string }): Promise<{ key: string }>;
}
