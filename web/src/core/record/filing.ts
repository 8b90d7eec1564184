/** Taking a decision to the record (R18–R21): what could go in, the preview, handing over exactly what was previewed, trying again. */
import { type Bytes, hex, utf8 } from '../../crypto/bytes.ts';
import { sha256 } from '../../crypto/domain.ts';
import { MAX_REFERENCES } from '../../crypto/inner.ts';
import { base64url, uuidText } from '../../crypto/names.ts';
import type { DecisionId, FilingPreview, FilingRequest, MessageId, Person, PersonId, Statement } from '../contract.ts';
import { Fault, Unreachable } from '../fault.ts';
import type { Source, Submission } from '../remote/remote.ts';
import { decisionOf, referenceTo, referred, statementEntries, statementOf } from '../thread/content.ts';
import { filingOf } from '../thread/filings.ts';
import { prepare } from '../thread/items.ts';
import type { MessageEntry } from '../thread/log.ts';
import { mayWrite } from '../thread/rotate.ts';
import type { Thread } from '../thread/thread.ts';
import { newUuid } from '../uuid.ts';
import { type Corrected, type Excerpt, type FiledForm, titleOf, writeDocument } from './document.ts';

/** What stays the same from a preview to the handing over: the filing's id, and the moment that the document names. */
type Draft = { filing: string; at: number };

const maxDocument = 1 << 20;
/** How far from a decision what is offered beside it may stand. */
const offered = 300;

export class Filings {
  readonly #drafts = new Map<string, Draft>();

  async sources(thread: Thread, decision: MessageId): Promise<{ statements: Statement[]; others: Statement[] }> {
    const entry = await this.#decision(thread, decision);
    const statements = statementEntries(thread, entry);
    const taken = new Set([entry, ...statements]);
    await prepare(thread, entry.seq - offered, entry.seq + offered);
    const others = messagesAround(thread, entry.seq)
      .filter((each) => !taken.has(each) && !decisionOf(thread, each))
      .sort((a, b) => Math.abs(a.seq - entry.seq) - Math.abs(b.seq - entry.seq));
    const words = (entries: MessageEntry[]) => entries.flatMap((each) => statementOf(thread, each) ?? []);
    return { statements: words(statements), others: words(others) };
  }

  async preview(thread: Thread, request: FilingRequest): Promise<FilingPreview> {
    const name = nameOf(request);
    const { now, policy } = thread.ward;
    const draft = { filing: this.#drafts.get(name)?.filing ?? newUuid(now()), at: now() };
    this.#drafts.set(name, draft);
    const { html, bytes, excerpts } = await this.#write(thread, request, draft);
    const decided = excerpts.filter(({ beside }) => !beside).map(({ author }) => author);
    const others = excerpts.map(({ author }) => author).filter(({ id }) => !decided.some((each) => each.id === id));
    return {
      html,
      sha256: hex(await sha256(bytes)),
      sources: excerpts.length,
      decidedBy: distinct(decided),
      tookPart: distinct(others),
      graceMs: policy.graceMillis,
    };
  }

  /** Hands over the document that was previewed, or refuses when it would be another one now. */
  async file(
    thread: Thread,
    request: FilingRequest & { sha256: string; patientConfirmed: boolean; countersign?: { by?: PersonId } },
  ): Promise<void> {
    if (!request.patientConfirmed) throw new Fault('patient_unconfirmed');
    mayWrite(thread);
    const draft = this.#drafts.get(nameOf(request));
    if (!draft) throw new Fault('document_changed');
    const { bytes, sources, assertion, title, corrects } = await this.#write(thread, request, draft);
    const hash = await sha256(bytes);
    if (hex(hash) !== request.sha256) throw new Fault('document_changed');
    const submission: Submission = {
      filing: draft.filing,
      decision: request.decision,
      sources,
      assertion,
      title,
      document: bytes,
      documentHash: base64url(hash),
      ...(corrects ? { corrects } : {}),
      ...(request.countersign
        ? { countersign: true, ...(request.countersign.by ? { countersignBy: request.countersign.by } : {}) }
        : {}),
    };
    const post = () => thread.ward.remote.filings.file(thread.id, submission);
    const filing = await post().catch((thrown: unknown) => {
      // The same filing again is the same filing, so a lost answer is asked for once more.
      if (thrown instanceof Unreachable) return post();
      throw thrown;
    });
    this.#drafts.delete(nameOf(request));
    await thread.learnFilings([filing]);
  }

  async retry(thread: Thread, decision: MessageId): Promise<void> {
    const filing = filingOf(thread, decision);
    if (!filing || filing.state === 'received') throw new Fault('nothing_to_retry');
    await thread.learnFilings([await thread.ward.remote.filings.retry(thread.id, filing.filing)]);
  }

  /** A preview of what is gone is gone too. */
  forget(thread: string): void {
    for (const name of this.#drafts.keys()) if (name.startsWith(`${thread} `)) this.#drafts.delete(name);
  }

  async #write(thread: Thread, request: FilingRequest, { filing, at }: Draft): Promise<Written> {
    const entry = await this.#decision(thread, request.decision);
    const { ward, patient, state } = thread;
    const assertion = state?.assertion?.assertion;
    if (!patient || !assertion) throw new Fault('not_linked');
    const decided = statementEntries(thread, entry);
    await Promise.all(request.sources.map((id) => read(thread, id)));
    const beside = request.sources.map((id) => readable(thread, id)).filter((each) => !decided.includes(each));
    const all = [...new Set([...decided, ...beside])].sort((a, b) => a.seq - b.seq);
    if (all.length === 0) throw new Fault('decision_empty');
    const sources = [...new Set([...all, entry])].sort((a, b) => a.seq - b.seq).map(sourceOf);
    if (sources.length > MAX_REFERENCES) throw new Fault('too_many_sources');
    const excerpts = all.map((each) => excerptOf(thread, each, !decided.includes(each)));
    const form = formFiled(thread, entry);
    const corrects = await correctedBy(thread, entry);
    const html = writeDocument({
      filing,
      thread: thread.id,
      patient,
      checkedBy: ward.people.card(patient.requester),
      excerpts,
      ...(form ? { form } : {}),
      ...(corrects ? { corrects } : {}),
      summary: request.summary.trim().normalize('NFC'),
      by: ward.people.card(ward.me.person),
      at,
      organisation: ward.trust.chain.current.organisation,
    });
    const bytes = utf8(html);
    if (bytes.length > maxDocument) throw new Fault('too_many_sources');
    const title = titleOf(patient);
    return { html, bytes, excerpts, sources, assertion, title, ...(corrects ? { corrects: corrects.decision } : {}) };
  }

  async #decision(thread: Thread, id: MessageId): Promise<MessageEntry> {
    const entry = thread.log.message(id);
    if (entry) await prepare(thread, entry.seq, entry.seq);
    if (entry?.kind !== 'message' || !decisionOf(thread, entry)) throw new Fault('decision_unknown');
    return entry;
  }
}

type Written = {
  html: string;
  bytes: Bytes;
  excerpts: Excerpt[];
  sources: Source[];
  assertion: Bytes;
  title: string;
  corrects?: DecisionId;
};

async function read(thread: Thread, id: MessageId): Promise<void> {
  const entry = thread.log.message(id);
  if (entry) await prepare(thread, entry.seq, entry.seq);
}

function readable(thread: Thread, id: MessageId): MessageEntry {
  const entry = thread.log.message(id);
  if (entry?.kind !== 'message' || !statementOf(thread, entry)) throw new Fault('message_unknown');
  return entry;
}

function excerptOf(thread: Thread, entry: MessageEntry, beside: boolean): Excerpt {
  const words = statementOf(thread, entry);
  if (!words) throw new Fault('message_unknown');
  return { ...sourceOf(entry), author: words.author, time: entry.header.time, text: words.text, beside };
}

function formFiled(thread: Thread, entry: MessageEntry): FiledForm | undefined {
  const form = decisionOf(thread, entry)?.form;
  if (!form) return undefined;
  return {
    kind: form.kind,
    decision: uuidText(entry.header.message),
    parts: form.parts.map(({ name, text = '', messages = [] }) => ({
      name,
      text,
      messages: messages.map(({ message }) => message),
    })),
  };
}

const decisionKind = 2;

/** The decision that is corrected, also when only its tombstone is left. What corrects no decision of the thread is not filed. */
async function correctedBy(thread: Thread, entry: MessageEntry): Promise<Corrected | undefined> {
  const corrects = decisionOf(thread, entry)?.corrects;
  if (!corrects) return undefined;
  const earlier = referred(thread, corrects);
  const { people } = thread.ward;
  const decision = corrects.message;
  if (earlier?.kind === 'message' && earlier.header.kind === 'decision') {
    const { person, time } = earlier.header;
    await people.describe([person]);
    const filing = filingOf(thread, decision);
    const reference = (filing?.state === 'received' && filing.reference) || '';
    return { decision, by: people.card(person), time, reference };
  }
  if (earlier?.kind === 'tombstone' && earlier.tombstone.kind === decisionKind) {
    const { person, time, reference } = earlier.tombstone;
    await people.describe([person]);
    return { decision, by: people.card(person), time, reference };
  }
  throw new Fault('corrects_unknown');
}

const sourceOf = (entry: MessageEntry): Source => referenceTo(entry);

function messagesAround(thread: Thread, seq: number): MessageEntry[] {
  return [...thread.log.from(seq - offered)].filter(
    (entry): entry is MessageEntry => entry.kind === 'message' && entry.seq <= seq + offered,
  );
}

const nameOf = ({ thread, decision }: Pick<FilingRequest, 'thread' | 'decision'>): string => `${thread} ${decision}`;

const distinct = (people: readonly Person[]): Person[] => [...new Map(people.map((each) => [each.id, each])).values()];
