/**
 * A server in memory with real keys, for the core's own tests: it keeps and hands out what a server does, and a test can make it lie.
 */
import { type Bytes, bytesOf } from '../../crypto/bytes.ts';
import { hashObject } from '../../crypto/domain.ts';
import { type Conflict, complaint, conflict } from '../../crypto/layouts/complaint.ts';
import { historyGrant } from '../../crypto/layouts/epoch.ts';
import { rootManifest } from '../../crypto/layouts/manifest.ts';
import { base64url, uuidText } from '../../crypto/names.ts';
import { type ServerPurpose, unpack } from '../../crypto/signed.ts';
import { Hospital } from '../../crypto/vectors/hospital.ts';
import type { Filing } from '../remote/shapes.ts';
import type { OpenSocket, SocketHandlers } from '../sync/live.ts';
import { type Account, Accounts } from './account.ts';
import type { TestClock } from './clock.ts';
import { type Asked, type Body, type Jar, type Routes, answer, bytesIn, codeIn, refuse } from './http.ts';
import { type Indexed, TestIndex } from './patients.ts';
import { provenKey } from './proof.ts';
import { Lives } from './decisions.ts';
import { TestLedger } from './ledger.ts';
import { ServedThread } from './threads.ts';
import { Unlockers } from './unlockers.ts';

type Connected = { jar: Jar; person: string; handlers: SocketHandlers; close: () => void };

/** Changes an answer on its way out, by its route. */
export type Tampering = (route: string, value: unknown) => unknown;

export class TestServer {
  readonly hospital: Hospital;
  readonly accounts: Accounts;
  readonly unlockers: Unlockers;
  readonly threads = new Map<string, ServedThread>();
  ledger: TestLedger;
  readonly #clock: TestClock;
  readonly #connected = new Set<Connected>();
  /** Where requests fail without an answer: before they are done, or after. */
  broken: 'before' | 'after' | undefined;
  /** The browser whose network alone is gone. */
  brokenFor: Jar | undefined;
  /** The one route that fails without an answer before it is done, or after. */
  brokenRoute: { route: string; when: 'before' | 'after' } | undefined;
  /** Whether a WebSocket comes through. */
  sockets = true;
  tamper: Tampering = (_route, value) => value;
  readonly asked: string[] = [];
  /** The bodies of all requests, as they were sent. */
  readonly sent: string[] = [];
  /** What a proof has to carry, told with each answer. */
  nonce = 'first';
  /** Threads that browsers said contradict themselves. */
  readonly reports: (Conflict & { by: string })[] = [];
  readonly index: TestIndex;

  private constructor(hospital: Hospital, clock: TestClock) {
    this.hospital = hospital;
    this.accounts = new Accounts(hospital);
    this.unlockers = new Unlockers(this.accounts);
    this.accounts.ended = (cookie) => {
      for (const { jar, handlers } of this.#connected) {
        if (jar.cookie === cookie) handlers.message('{"type":"ended"}');
      }
    };
    this.lives = new Lives(
      () => clock.now(),
      (thread, event) => this.#tellAll(thread, event as Body),
    );
    this.accounts.grew = (person) => {
      for (const each of this.accounts.all) this.tell(each.person, { type: 'log', person });
    };
    this.ledger = new TestLedger(hospital.server.audit, () => clock.now());
    this.#clock = clock;
    this.index = new TestIndex(
      () => this.hospital.server.assert,
      () => clock.now(),
    );
  }

  /** The first whom the index knows. */
  get patient(): Indexed {
    const [first] = this.index.records;
    if (!first) throw new Error('the index is empty');
    return first;
  }

  set patient(patient: Indexed) {
    this.index.records[0] = patient;
  }

  static async found(clock: TestClock, name = 'core tests'): Promise<TestServer> {
    return new TestServer(await Hospital.found(name), clock);
  }

  /** Officers sign the next manifest, with new server keys, and the server starts again. */
  async renew(...purposes: ServerPurpose[]): Promise<void> {
    await this.hospital.renewManifest(purposes);
    this.ledger.renew(this.hospital.server.audit);
    for (const thread of this.threads.values()) thread.overtaken = thread.epochs.length;
  }

  /** What the link carries beside the token. */
  async fingerprint(): Promise<string> {
    const first = this.hospital.manifests[0] ?? bytesOf(0);
    return base64url(await hashObject(rootManifest, unpack(rootManifest, first).object));
  }

  thread(id: string): ServedThread {
    const found = this.threads.get(id);
    if (!found) throw new Error('the server has no such thread');
    return found;
  }

  /** The network of one browser. */
  fetchFor(jar: Jar): (request: Request) => Promise<Response> {
    return async (request) => {
      const route = `${request.method} ${new URL(request.url).pathname}`;
      this.asked.push(route);
      this.sent.push(await request.clone().text());
      const here = this.brokenRoute?.route === route ? this.brokenRoute.when : undefined;
      if (this.broken === 'before' || here === 'before' || this.brokenFor === jar) throw new TypeError('no network');
      const response = await answer(this.#routes(jar), request, jar);
      response.headers.set('dpop-nonce', this.nonce);
      if (this.broken === 'after' || here === 'after') throw new TypeError('the answer was lost');
      return response;
    };
  }

  socketFor(jar: Jar): OpenSocket {
    return (_url, handlers) => {
      const connected = { jar, person: '', handlers, close: () => this.#leave(connected) };
      setTimeout(() => {
        const session = this.accounts.sessions.get(jar.cookie ?? '');
        if (!this.sockets || this.broken || this.brokenFor === jar || !session || session.locked) {
          handlers.close();
          return;
        }
        connected.person = session.person;
        this.#connected.add(connected);
        handlers.open();
      }, 0);
      return { send: (data) => void this.#said(connected, data), close: connected.close };
    };
  }

  isConnected(person: string): boolean {
    return [...this.#connected].some((connected) => connected.person === person);
  }

  /** Cuts every live connection, or those of one browser. */
  cut(jar?: Jar): void {
    for (const connected of [...this.#connected]) if (!jar || connected.jar === jar) connected.close();
  }

  /** Sends bytes to everybody in a thread as if they were a new entry. */
  push(thread: ServedThread, seq: number): void {
    for (const connected of this.#connected) {
      const entry = thread.has(connected.person) ? thread.entry(connected.person, seq) : undefined;
      if (entry) connected.handlers.message(entry);
    }
  }

  tell(person: string, event: Body): void {
    for (const connected of this.#connected) {
      if (connected.person === person) connected.handlers.message(JSON.stringify(event));
    }
  }

  /** The record answered: the filing is in it. */
  receive(thread: ServedThread, filing: Filing): void {
    const now = this.#clock.now();
    Object.assign(filing, {
      attempts: filing.attempts + 1,
      state: 'received',
      reference: 'DOC-1',
      receivedAt: now,
      eligibleAt: now + 60_000,
    });
    this.#tellFiling(thread, filing);
  }

  /** What the record holds is not what was filed. */
  misfile(thread: ServedThread, filing: Filing, code: string, reason: string): void {
    Object.assign(filing, { attempts: filing.attempts + 1, state: 'failed', code, reason });
    this.#tellFiling(thread, filing);
  }

  /** The record would not take the document, or would not mark it as entered in error. */
  refuse(thread: ServedThread, filing: Filing, reason: string): void {
    const told = filing.retraction ? { retraction: 'refused' } : { state: 'refused' };
    Object.assign(filing, { attempts: filing.attempts + 1, ...told, code: 'record_refused', reason });
    this.#tellFiling(thread, filing);
  }

  async destroy(thread: ServedThread, filing: Filing): Promise<void> {
    const gone = await thread.destroy(filing);
    filing.destroyedAt = this.#clock.now();
    for (const seq of gone) this.push(thread, seq);
    this.#tellFiling(thread, filing);
  }

  #tellAll(thread: ServedThread, event: Body): void {
    for (const person of thread.members) this.tell(person, event);
  }

  #tellFiling(thread: ServedThread, filing: Filing): void {
    for (const person of thread.members) this.tell(person, { type: 'filing', thread: thread.id, filing });
  }

  #routes(jar: Jar): Routes {
    const me = () => this.accounts.session(jar).person;
    const mine = ({ path }: Asked): ServedThread => {
      const thread = this.threads.get(path[1] ?? '');
      return thread?.places.has(me()) ? thread : refuse(404, 'thread_unknown');
    };
    const open = { ...this.accounts.routes(), ...this.unlockers.routes() };
    const routes: Routes = {
      ...open,
      'GET /v1/people': ({ query }) => ({ people: this.#find(query.get('query') ?? '') }),
      'GET /v1/directory': () => ({ people: this.accounts.all.map(profileOf), asOf: this.#clock.now() }),
      'GET /v1/people/:': ({ path }) => profileOf(this.accounts.of(path[1] ?? '')),
      'POST /v1/people/logs': ({ body }) => this.#logs(body),
      'GET /v1/log/consistency': async ({ query }) => ({
        consistency: await this.ledger.consistency(Number(query.get('from')), Number(query.get('to'))),
      }),
      'POST /v1/log/compare': async ({ body }) => {
        const newest = this.ledger.leaves.length;
        const asked = (body['sizes'] as number[]).filter((size) => size <= newest);
        const sizes = asked.map(async (size) => ({ size, consistency: await this.ledger.consistency(size, newest) }));
        return { ...(await this.ledger.grown(Number(body['from']), newest)), sizes: await Promise.all(sizes) };
      },
      'POST /v1/threads': async ({ body }) => this.#create(body),
      'GET /v1/threads': () => ({ threads: this.#heads(me()) }),
      'GET /v1/threads/:': (asked) => mine(asked).head(me()),
      'GET /v1/threads/:/log': (asked) => {
        const [after, limit] = [Number(asked.query.get('after')), Number(asked.query.get('limit'))];
        const entries = mine(asked).entries(me(), after, limit + 1);
        return { entries: entries.slice(0, limit), more: entries.length > limit };
      },
      'POST /v1/threads/:/entries': async (asked) => {
        const thread = mine(asked);
        const seq = await thread.run(() => thread.enter(asked.body));
        this.#published(thread, seq);
        return { seq };
      },
      'POST /v1/threads/:/epochs': async (asked) => {
        const thread = mine(asked);
        const seq = await thread.run(() => thread.rotate(asked.body));
        this.#published(thread, seq);
        return { seq, epoch: thread.epochs.length };
      },
      'GET /v1/threads/:/epochs': async (asked) => {
        const [from, limit] = [Number(asked.query.get('from')), Number(asked.query.get('limit'))];
        return { epochs: await mine(asked).served(me(), from, limit) };
      },
      'POST /v1/threads/keys': async ({ body }) => {
        const mineOf = (id: string) => [...this.threads.values()].find((each) => each.id === id && each.has(me()));
        const found = (body['threads'] as string[]).flatMap((id) => mineOf(id) ?? []);
        const keys = found.map(async (thread) => {
          const [present] = await thread.served(me(), thread.epochs.length, 1);
          return present ? [{ thread: thread.id, ...present }] : [];
        });
        return { keys: (await Promise.all(keys)).flat() };
      },
      'POST /v1/threads/:/grants': (asked) => {
        const [grant, envelopes] = [bytesIn(asked.body['grant']), (asked.body['envelopes'] as string[]).map(bytesIn)];
        const target = uuidText(unpack(historyGrant, grant).value.target);
        const thread = mine(asked);
        thread.grants.push({ target, grant, envelopes, at: this.#clock.now() });
        // The add was announced before there was anything to read.
        this.tell(target, { type: 'thread', thread: thread.id });
        return undefined;
      },
      'GET /v1/threads/:/grants': (asked) => ({
        grants: mine(asked).grants.filter(({ target }) => target === me()),
      }),
      'POST /v1/threads/:/complaints': (asked) => {
        const thread = mine(asked);
        const bytes = bytesIn(asked.body['complaint']);
        const { person, epoch } = unpack(complaint, bytes).value;
        const there = thread.complaints.some((each) => each.person === uuidText(person) && each.epoch === epoch);
        if (there) return undefined;
        thread.complaints.push({ person: uuidText(person), epoch, complaint: bytes, at: this.#clock.now() });
        for (const member of thread.members) this.tell(member, { type: 'thread', thread: thread.id });
        return undefined;
      },
      'GET /v1/threads/:/complaints': (asked) => {
        const { complaints, grants } = mine(asked);
        return {
          complaints: complaints.map(({ person, ...rest }) => ({
            complaint: rest.complaint,
            at: rest.at,
            answered: grants.some(({ target, at }) => target === person && at >= rest.at),
          })),
        };
      },
      'POST /v1/threads/:/conflicts': (asked) => {
        const report = unpack(conflict, bytesIn(asked.body['conflict'])).value;
        this.reports.push({ by: me(), ...report });
        const thread = this.threads.get(asked.path[1] ?? '');
        if (thread?.places.has(me())) thread.closed = true;
        return undefined;
      },
      'POST /v1/threads/:/messages': (asked) => {
        return this.#post(mine(asked), bytesIn(asked.body['message']), bytesIn(asked.body['half']));
      },
      'GET /v1/threads/:/messages/:': (asked) => mine(asked).accepted(asked.path[3] ?? ''),
      'POST /v1/threads/:/reached': (asked) => this.#mark(mine(asked), me(), 'reachedSeq', Number(asked.body['seq'])),
      'POST /v1/threads/:/seen': (asked) => this.#mark(mine(asked), me(), 'seenSeq', Number(asked.body['seq'])),
      'GET /v1/threads/:/marks': (asked) => ({ marks: [...mine(asked).marks.values()] }),
      'POST /v1/live/ticket': () => ({ ticket: me() }),
      'POST /v1/patients/look-up': ({ body }) =>
        this.index.lookUp(body, me(), this.threads.get(String(body['thread']))?.linked),
      'POST /v1/threads/:/patient/check': (asked) => {
        const { id, linked } = mine(asked);
        return this.index.check(asked.body, id, me(), linked);
      },
      'GET /v1/threads/:/decisions': (asked) => ({ decisions: this.lives.of(mine(asked)) }),
      'POST /v1/threads/:/decisions/:/draft': (asked) => this.lives.draft(mine(asked), asked, me()),
      'DELETE /v1/threads/:/decisions/:/draft': (asked) => this.lives.putBack(mine(asked), asked, me()),
      'POST /v1/threads/:/decisions/:/withdraw': (asked) => this.lives.withdraw(mine(asked), asked),
      'POST /v1/threads/:/decisions/:/countersign': (asked) => this.lives.countersign(mine(asked), asked, me()),
      'GET /v1/worklist': ({ query }) =>
        this.lives.worklist([...this.threads.values()], me(), query.get('scope') ?? 'mine'),
      'POST /v1/threads/:/filings': (asked) => this.#file(mine(asked), asked.body, me()),
      'GET /v1/threads/:/quarantine': (asked) => mine(asked).quarantineNow ?? refuse(409, 'not_quarantined'),
      'POST /v1/threads/:/quarantine/acknowledgement': (asked) => {
        const thread = mine(asked);
        thread.takeNote(me());
        for (const person of thread.places.keys()) this.tell(person, { type: 'thread', thread: thread.id });
        return undefined;
      },
      'POST /v1/threads/:/filings/:/retraction': (asked) => {
        const filing =
          mine(asked).filings.find((each) => each.filing === asked.path[3]) ?? refuse(404, 'filing_unknown');
        if (filing.retraction !== 'owed' && filing.retraction !== 'refused') refuse(409, 'nothing_to_retry');
        this.retractions.push({ filing: filing.filing, assertion: bytesIn(asked.body['assertion']) });
        filing.retraction = 'retracting';
        delete filing.reason;
        return filing;
      },
      'GET /v1/filings': () => ({
        filings: this.#letters().filter(
          (letter) =>
            letter.filing.state === 'failed' || (letter.filing.state === 'refused' && !this.#hasOther(letter)),
        ),
      }),
      'GET /v1/filings/:': ({ path }) => this.#letter(path[1]),
      'POST /v1/filings/:/replay': ({ path }) => {
        const found = this.#letter(path[1]);
        if (!['refused', 'failed'].includes(found.filing.state)) refuse(409, 'nothing_to_retry');
        if (this.#hasOther(found)) refuse(409, 'already_filed');
        Object.assign(found.filing, { state: 'waiting', code: '', reason: '' });
        this.#tellFiling(this.threads.get(found.thread) ?? refuse(404, 'thread_unknown'), found.filing);
        return found;
      },
      'GET /v1/threads/:/filings': (asked) => ({ filings: mine(asked).filings }),
    };
    return Object.fromEntries(
      Object.entries(routes).map(([pattern, run]) => [
        pattern,
        async (asked: Asked) => {
          if (!withoutKey.has(pattern)) {
            const key = await provenKey(asked.request, this.nonce, this.#clock.now());
            Object.assign(asked, { key });
            if (!beginsSession.has(pattern)) this.accounts.checkKey(asked);
          }
          if (!(pattern in open)) me();
          return this.tamper(pattern, await run(asked));
        },
      ]),
    );
  }

  /** Everything is in the log before any of it is proved. */
  async #logs(body: Body) {
    const asked = body['people'] as { person: string; afterSeq: number; prove: boolean }[];
    const known = new Map(this.accounts.all.map(({ person, log }) => [person, [...log]]));
    for (const [person, log] of known) await this.ledger.enter(person, log);
    const size = this.ledger.leaves.length;
    const logs = asked.map(async ({ person, afterSeq, prove }) => {
      const log = known.get(person) ?? refuse(404, 'person_unknown');
      const entries = log.slice(afterSeq);
      const proved = log.length > 0 && (prove || entries.length > 0);
      return { person, entries, ...(proved ? { proof: await this.ledger.place(person, log.length, size) } : {}) };
    });
    const manifestVersion = this.hospital.manifests.length;
    return {
      logs: await Promise.all(logs),
      manifestVersion,
      ...(await this.ledger.grown(Number(body['logFrom']), size)),
    };
  }

  #find(query: string) {
    const words = query.toLowerCase().split(' ').filter(Boolean);
    const found = this.accounts.all.filter(({ displayName }) => {
      const names = displayName.toLowerCase().split(' ');
      return words.every((word) => names.some((name) => name.startsWith(word)));
    });
    return found.map(profileOf);
  }

  async #create(body: Body) {
    const made = await ServedThread.open(body, () => this.#clock.now());
    const pair = [...this.threads.values()].find(
      ({ space, members, closed }) =>
        space === 'direct' && !closed && made.space === 'direct' && sameSet(members, made.members),
    );
    if (pair && pair.id !== made.id) refuse(409, 'direct_exists', { thread: pair.id });
    this.threads.set(made.id, made);
    for (const person of made.members) this.tell(person, { type: 'thread', thread: made.id });
    return { thread: made.id, seq: made.log.length };
  }

  #published(thread: ServedThread, from: number): void {
    for (let seq = from; seq <= thread.log.length; seq++) this.push(thread, seq);
    for (const person of thread.places.keys()) this.tell(person, { type: 'thread', thread: thread.id });
  }

  async #post(thread: ServedThread, message: Bytes, half: Bytes) {
    return thread.run(async () => {
      const before = thread.log.length;
      const accepted = await thread.post(message, half);
      if (thread.log.length > before) this.push(thread, accepted.seq);
      if (thread.quarantine)
        for (const person of thread.places.keys()) this.tell(person, { type: 'thread', thread: thread.id });
      return accepted;
    });
  }

  #mark(thread: ServedThread, person: string, what: 'reachedSeq' | 'seenSeq', seq: number): undefined {
    thread.mark(person, what, seq);
    const marks = [thread.marks.get(person)];
    for (const member of thread.members) this.tell(member, { type: 'marks', thread: thread.id, marks });
    return undefined;
  }

  #letters() {
    return [...this.threads.values()].flatMap(({ id, filings }) => filings.map((filing) => ({ thread: id, filing })));
  }

  #letter(id: string | undefined) {
    return this.#letters().find(({ filing }) => filing.filing === id) ?? refuse(404, 'filing_unknown');
  }

  /** Another filing of the same decision is on its way or received. */
  #hasOther({ filing }: { filing: Filing }): boolean {
    return this.#letters().some(({ filing: { decision, state } }) => decision === filing.decision && underWay(state));
  }

  #file(thread: ServedThread, body: Body, person: string): Filing {
    const there = thread.filings.find(({ filing }) => filing === body['filing']);
    if (there) return there;
    if (thread.filings.some(({ decision, state }) => decision === body['decision'] && underWay(state)))
      refuse(409, 'already_filed');
    thread.mayFile(person);
    const filing: Filing = {
      filing: String(body['filing']),
      decision: String(body['decision']),
      sources: (body['sources'] as { message: string }[]).map(({ message }) => message),
      state: 'waiting',
      documentHash: String(body['documentHash']),
      filedBy: person,
      filedAt: this.#clock.now(),
      held: false,
      attempts: 0,
    };
    thread.filings.push(filing);
    this.documents.set(filing.filing, bytesIn(body['document']));
    this.lives.filed(thread, body);
    this.#tellFiling(thread, filing);
    return filing;
  }

  readonly documents = new Map<string, Bytes>();
  readonly lives: Lives;
  readonly retractions: { filing: string; assertion: Bytes }[] = [];

  #heads(person: string) {
    return [...this.threads.values()].filter(({ places }) => places.has(person)).map((thread) => thread.head(person));
  }

  async #said(connected: Connected, data: string | Bytes): Promise<void> {
    if (!this.#connected.has(connected) || this.broken === 'before') return;
    if (typeof data !== 'string') {
      await this.#posted(connected, data);
      return;
    }
    const said = JSON.parse(data) as { type: string; have?: Record<string, number>; thread?: string; seq?: number };
    const thread = this.threads.get(said.thread ?? '');
    if (said.type === 'ping') connected.handlers.message('{"type":"pong"}');
    if (said.type === 'sync') this.#sync(connected, said.have ?? {});
    if (said.type === 'reached' && thread) this.#mark(thread, connected.person, 'reachedSeq', said.seq ?? 0);
    if (said.type === 'seen' && thread) this.#mark(thread, connected.person, 'seenSeq', said.seq ?? 0);
  }

  #sync(connected: Connected, have: Record<string, number>): void {
    const { person, handlers } = connected;
    const heads = this.tamper('heads', this.#heads(person)) as ReturnType<ServedThread['head']>[];
    handlers.message(
      JSON.stringify({
        type: 'heads',
        threads: heads.map((head) => ({
          ...head,
          logHash: base64(head.logHash),
          membershipHead: base64(head.membershipHead),
        })),
      }),
    );
    for (const head of heads) {
      const thread = this.threads.get(head.thread);
      for (const entry of thread?.entries(person, have[head.thread] ?? 0, head.seq) ?? []) handlers.message(entry);
    }
    handlers.message('{"type":"synced"}');
  }

  async #posted(connected: Connected, data: Bytes): Promise<void> {
    const ref = new DataView(data.buffer, data.byteOffset).getUint32(1);
    const bytes = data.slice(37);
    try {
      const thread =
        [...this.threads.values()].find((each) => contains(bytes, each.bytes)) ?? refuse(404, 'thread_unknown');
      const accepted = await this.#post(thread, bytes, data.slice(5, 37));
      if (this.broken === 'after') connected.close();
      else
        connected.handlers.message(
          JSON.stringify({ type: 'sent', ref, ...accepted, logHash: base64(accepted.logHash) }),
        );
    } catch (thrown) {
      const refused = codeIn(thrown);
      if (!refused) throw thrown;
      connected.handlers.message(JSON.stringify({ type: 'refused', ref, code: refused.code, ...refused.details }));
    }
  }

  #leave(connected: Connected): void {
    this.#connected.delete(connected);
    connected.handlers.close();
  }
}

const base64 = (bytes: Bytes): string => btoa(String.fromCharCode(...bytes));

const withoutKey: ReadonlySet<string> = new Set([
  'GET /v1/about',
  'POST /v1/enrolment/start',
  'POST /v1/sign-in/parameters',
  'POST /v1/sign-in/password',
  'POST /v1/sign-in/passkey/options',
]);
const beginsSession: ReadonlySet<string> = new Set([
  'POST /v1/enrolment/complete',
  'POST /v1/sign-in/code',
  'POST /v1/sign-in/passkey',
]);

const underWay = (state: Filing['state']): boolean => ['waiting', 'filing', 'received'].includes(state);

/** The thread stands at the beginning of the header. */
const contains = (message: Bytes, thread: Bytes): boolean => message.slice(0, 60).join().includes(thread.join());

const sameSet = (a: string[], b: string[]): boolean => a.length === b.length && a.every((each) => b.includes(each));

function profileOf({ person, userName, displayName, role, ward, spent }: Account) {
  return { person, userName, displayName, role, ward, organisation: 'Example Hospital', enrolled: spent, left: false };
}
