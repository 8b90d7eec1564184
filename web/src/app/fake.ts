/**
 * An in-memory double of `Wardline` on invented data: for the unit tests of the screens and for mock.html. It keeps the manners of the
 * contract (asynchronous, events, refusals with a code) and none of its safety. The build refuses it in a release.
 */
import type {
  Connection,
  DecisionDraft,
  EventName,
  SessionState,
  Statement,
  StoppedWhy,
  ThreadHead,
  ThreadId,
  TimelineItem,
  UnlockerRef,
  Wardline,
  Way,
} from '../core/contract.ts';
import { formText } from '../core/forms.ts';
import { check, inbox, lookUp, paper, searchDirectory, withQuarantines } from './fakeAnswers.ts';
import * as data from './fakeData.ts';
import * as lists from './fakeWorklist.ts';
import { Refusal } from './worker.ts';

type Thread = { head: ThreadHead; items: TimelineItem[] };
const linkFingerprint = 'a91be07c55d2f3048e6b7a1c9d0e2f3a4b5c6d7e8f90a1b2c3d4e5f60718293a';
const nextFingerprint = '3f10d2c4b5a697887766554433221100ffeeddccbbaa99887766554433221100';

export type FakeOptions = {
  state?: SessionState['at'];
  noticeAccepted?: boolean;
  connection?: Connection;
  empty?: boolean;
  shared?: boolean;
  /** Ways on the lock screen, and the server's for signing in. */
  pin?: boolean;
  passkey?: boolean;
  pinGone?: boolean;
  /** The list holds the password and nothing else. */
  passwordOnly?: boolean;
  unproved?: boolean;
  changedElsewhere?: boolean;
  /** The officers have signed a second manifest since. */
  renewed?: boolean;
  /** Somebody else is preparing the document. */
  drafted?: boolean;
  /** May see the organisation's worklist, and what the record refused. */
  records?: boolean;
  /** What was decided about the wrong patient is to be made again. */
  again?: boolean;
  /** Keys are still to be renewed after a loss, and whether the server can be reached for it. */
  renew?: 'lost' | 'stolen';
  renewalFails?: boolean;
  /** Nothing is sent any more in the thread about John, and who is named for it. */
  stopped?: StoppedWhy;
  /** Somebody in the team was re-enrolled and not let in again. */
  reset?: boolean;
  /** There is a policy to accept. */
  policy?: boolean;
  /** Dr Patel has said that John's thread is about the wrong patient. */
  wrongPatient?: boolean;
};

export type Fake = Wardline & {
  emit(event: EventName, payload: unknown): void;
  calls: { verb: string; arg: unknown }[];
  arrive(thread: ThreadId, item: TimelineItem): void;
};

const proofNeeded = {
  code: 'proof_needed',
  message: 'Please confirm that it is you.',
  hint: 'Enter your password, or use a passkey.',
};

const unreachable = {
  code: 'offline',
  message: 'Wardline cannot be reached.',
  hint: 'Check the network. If it is urgent, call.',
};

const notRenewed = {
  code: 'keys_not_renewed',
  message: 'The device is signed out for good, but your keys are not renewed yet.',
  hint: 'Wardline cannot be reached. Check the network. If it is urgent, call.',
};

function way(id: string, kind: Way['kind'], label: string, more: Partial<Way> = {}): Way {
  const at = Date.now();
  const common = { here: false, current: false, gone: false, opens: true, removable: true };
  return { id, kind, label, addedAt: at - 40 * 86_400_000, lastUsedAt: at - 3_600_000, ...common, ...more };
}

export function createFake(options: FakeOptions = {}): Fake {
  const handlers = new Map<string, Set<(payload: never) => void>>();
  const calls: Fake['calls'] = [];
  const base = { organisation: 'Northbridge General Hospital', demonstration: true };
  const gateWays = { pin: options.pin ?? false, passkey: options.passkey ?? false, passkeys: options.passkey ?? false };
  let unproved = options.unproved ?? false;
  let ways: Way[] = [way('pass', 'password', '', { current: true, removable: !options.passwordOnly })];
  if (!options.passwordOnly) {
    ways.push(way('key', 'passkey', 'Leila’s phone'), way('pin', 'pin', 'Chrome on Android', { here: true }));
  }
  const readyState = (): SessionState => ({
    at: 'ready',
    ...base,
    me: data.people.leila,
    device: options.shared ? 'shared' : 'trust',
    idleMs: 120_000,
    noticeAccepted: options.noticeAccepted ?? true,
    ...(options.records ? { records: true } : {}),
    ...(options.changedElsewhere ? { changedElsewhere: true } : {}),
  });
  let state: SessionState =
    (options.state ?? 'ready') === 'ready'
      ? readyState()
      : ({ at: options.state, ...base, ...gateWays } as SessionState);
  const authors = options.stopped === 'forked-members' ? ['Dr Anita Patel', 'Tom Reid'] : [];
  const johnHead: ThreadHead = options.stopped
    ? { ...data.johnHead, stopped: { why: options.stopped, authors, at: Date.now() } }
    : data.johnHead;
  const reset = { why: 'reset' as const, since: Date.now() - 3 * 86_400_000 };
  const teamHead: ThreadHead = options.reset
    ? {
        ...data.teamHead,
        members: data.teamHead.members.map((each) =>
          each.person.id === data.people.tom.id ? { ...each, leftOut: reset } : each,
        ),
      }
    : data.teamHead;
  const threads = new Map<ThreadId, Thread>([
    ['john', { head: johnHead, items: [...data.johnItems] }],
    ['joan', { head: data.joanHead, items: [...data.joanItems] }],
    ['team', { head: teamHead, items: [...data.teamItems] }],
    ['direct', { head: data.directHead, items: [...data.directItems] }],
  ]);
  if (options.wrongPatient) {
    const found = threads.get('john');
    if (found) found.head = data.quarantined(found.head, 'This is the other Mr Smith, in bed 12.', false);
  }
  const inboxNow = () =>
    withQuarantines(
      inbox(),
      [...threads.values()].map(({ head }) => head),
    );
  let policies = [{ ...data.policy, ...(options.policy ? { needed: true } : { acceptedAt: Date.now() - 86_400_000 }) }];
  let ownDevices = options.empty ? data.ownDevices.slice(0, 1) : data.ownDevices;
  const drafts = new Map<ThreadId, string>();
  const letters = lists.deadLetters(options.empty === true);
  let again = lists.decisionsAgain();
  const decisionDrafts = new Map<string, DecisionDraft>();
  let connection: Connection = options.connection ?? { state: 'online', lastSync: Date.now(), queued: 0 };
  if (options.renew) connection = { ...connection, renew: { why: options.renew, since: Date.now() - 240_000 } };

  const emit: Fake['emit'] = (event, payload) => {
    for (const handler of [...(handlers.get(event) ?? [])]) handler(payload as never);
  };
  function told(next: Connection) {
    connection = next;
    emit('connection', next);
  }
  function renewed(remove: readonly UnlockerRef[]) {
    const done = { ...connection };
    delete done.renew;
    ways = ways.filter(({ id }) => !remove.some((each) => each.id === id));
    told(done);
  }
  const thread = (id: ThreadId): Thread => {
    const found = threads.get(id);
    if (!found)
      throw new Refusal({
        code: 'thread_unknown',
        message: 'This thread is not there.',
        hint: 'You may have been removed from it.',
      });
    return found;
  };
  function put(id: ThreadId, item: TimelineItem, arrived = false) {
    const { items } = thread(id);
    const index = items.findIndex((each) => each.key === item.key);
    if (index < 0) items.push(item);
    else items[index] = item;
    emit(`thread:${id}`, { items: [item], removed: [], arrived: arrived ? [item.key] : [] });
  }
  const nextOrder = (id: ThreadId) => Math.max(0, ...thread(id).items.map((item) => item.order)) + 1;
  const decisionOf = (id: ThreadId, key: string) => {
    const found = thread(id).items.find((item) => item.kind === 'decision' && item.id === key);
    return found?.kind === 'decision' ? found : data.decision;
  };

  const verbs: Omit<Wardline, 'on'> = {
    session: async () => state,
    about: async () => ({
      version: '0.1.0',
      assets: '5b1d0c9e7a2f4438b6c1d0e9f8a7b6c5d4e3f2a1908f7e6d5c4b3a291807f6e5',
      manifest: {
        version: options.renewed ? 2 : 1,
        fingerprint: options.renewed ? nextFingerprint : linkFingerprint,
        seats: 3,
        needed: 2,
        earlier: options.renewed ? [{ version: 1, fingerprint: linkFingerprint }] : [],
      },
    }),
    connection: async () => connection,
    startEnrolment: async ({ token }) => {
      if (token === 'used') {
        throw new Refusal({
          code: 'enrolment_link_used',
          message: 'This link has been used.',
          hint: 'Ask the service desk for a new one.',
        });
      }
      return {
        person: data.people.leila,
        organisation: base.organisation,
        username: 'leila.haddad',
        totp: {
          secret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP',
          uri: 'otpauth://totp/Wardline:leila.haddad?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Wardline&algorithm=SHA1&digits=6&period=30',
        },
        minPasswordLength: 12,
        manifest: { fingerprint: linkFingerprint, version: 1, newest: options.renewed ? 2 : 1 },
      };
    },
    completeEnrolment: async () => become(readyState()),
    signIn: async ({ username }) => {
      if (username === 'nobody')
        throw new Refusal({
          code: 'sign_in_refused',
          message: 'That did not match.',
          hint: 'Check your user name and password.',
        });
      return { deviceKnown: username === 'known' };
    },
    signInCode: async ({ code }) => {
      if (code === '000000')
        throw new Refusal({
          code: 'sign_in_refused',
          message: 'That did not match.',
          hint: 'Wait for the next code and try again.',
        });
      become(readyState());
    },
    unlock: async ({ password }) => {
      if (password === 'wrong')
        throw new Refusal({
          code: 'password_wrong',
          message: 'That is not your password.',
          hint: 'Nine tries are left.',
        });
      become(readyState());
    },
    unlockWithPin: async ({ pin }) => {
      if (String.fromCharCode(...pin) !== '270419') {
        if (options.pinGone) {
          state = { ...state, pin: false } as SessionState;
          ways = ways.map((each) => (each.kind === 'pin' ? { ...each, gone: true } : each));
          throw new Refusal({
            code: 'pin_gone',
            message: 'This PIN is used up: there were ten wrong tries, or it was removed.',
            hint: 'Use your password, or a passkey if you have one. You can set a new PIN under More.',
          });
        }
        throw new Refusal({
          code: 'pin_wrong',
          message: 'That is not your PIN.',
          hint: 'Nine tries are left. After that this PIN is used up, and your password or a passkey opens Wardline.',
        });
      }
      become(readyState());
    },
    passkeyOptions: async ({ for: purpose }) => {
      if (purpose === 'add' && unproved) throw new Refusal(proofNeeded);
      return { options: { challenge: 'AAAA' }, prfInput: new Uint8Array(32) };
    },
    unlockWithPasskey: async ({ prf }) => {
      if (!prf)
        throw new Refusal({
          code: 'passkey_without_key',
          message: 'This passkey proved that it is you, but it cannot open your messages.',
          hint: 'Enter your password too. To make it quick again, add a new passkey under More.',
        });
      become(readyState());
    },
    passkeySignIn: async ({ prf }) => ({ deviceKnown: false, password: prf === undefined }),
    finishPasskeySignIn: async () => become(readyState()),
    prove: async (arg) => {
      if ('password' in arg && arg.password === 'wrong')
        throw new Refusal({ code: 'password_wrong', message: 'That is not your password.', hint: 'Try again.' });
      unproved = false;
    },
    listUnlockers: async () => ({ ways, passkeys: true, minPasswordLength: 12, username: 'leila.haddad' }),
    setPin: async ({ label }) => {
      if (unproved) throw new Refusal(proofNeeded);
      ways = [...ways.filter(({ here }) => !here), way('pin2', 'pin', label, { here: true })];
    },
    addPasskey: async ({ prf, label }) => {
      ways = [...ways, way('key2', 'passkey', label, { opens: prf !== undefined })];
      return { opens: prf !== undefined };
    },
    changePassword: async ({ old }) => {
      if (old === 'wrong')
        throw new Refusal({ code: 'password_wrong', message: 'That is not your password.', hint: 'Try again.' });
    },
    removeUnlocker: async ({ id }) => {
      if (unproved) throw new Refusal(proofNeeded);
      ways = ways.filter((each) => each.id !== id).map((each) => ({ ...each, removable: each.kind === 'pin' }));
    },
    renewKeys: async ({ remove }) => {
      if (unproved) throw new Refusal(proofNeeded);
      if (options.renewalFails) throw new Refusal(unreachable);
      renewed(remove);
    },
    lock: async () => undefined,
    signOut: async () => undefined,
    touch: async () => undefined,
    policies: async () => policies,
    policyText: async () => ({ text: data.policyText }),
    acceptPolicy: async ({ policy }) => {
      policies = policies.map((each) =>
        each.policy === policy ? { ...each, needed: false, acceptedAt: Date.now() } : each,
      );
    },
    deferPolicy: async ({ policy }) => {
      const until = Date.now() + 12 * 3_600_000;
      policies = policies.map((each) =>
        each.policy === policy ? { ...each, needed: false, deferredUntil: until } : each,
      );
      return { until };
    },
    ownDevices: async () => ownDevices,
    endDevice: async ({ device, reason, remove }) => {
      if (unproved) throw new Refusal(proofNeeded);
      ownDevices = ownDevices.map((each) => (each.id === device ? { ...each, ended: Date.now(), signedIn: 0 } : each));
      if (reason !== 'lost' && reason !== 'stolen') return;
      told({ ...connection, renew: { why: reason, since: Date.now() } });
      if (options.renewalFails) throw new Refusal(notRenewed);
      renewed(remove ?? []);
    },
    endOtherSessions: async () => {
      if (unproved) throw new Refusal(proofNeeded);
      const ended = ownDevices.filter(({ current, signedIn }) => !current && signedIn > 0).length;
      ownDevices = ownDevices.map((each) => (each.current ? each : { ...each, signedIn: 0 }));
      return { ended };
    },
    acceptNotice: async () => {
      options.noticeAccepted = true;
      become(readyState());
    },
    inbox: async () => (options.empty ? [] : inboxNow()),
    openThread: async ({ thread: id }) => {
      const { head, items } = thread(id);
      const draft = drafts.get(id);
      return {
        head,
        items: items.slice(-30),
        hasOlder: items.length > 30,
        ...(draft ? { draft: { text: draft, at: Date.now() } } : {}),
      };
    },
    closeThread: async () => undefined,
    olderItems: async ({ thread: id, before, limit }) => {
      const older = thread(id).items.filter((item) => item.order < before);
      return { items: older.slice(-limit), hasOlder: older.length > limit };
    },
    markSeen: async () => undefined,
    checkText: async ({ text, ...about }) => check('thread' in about ? thread(about.thread).head : data.johnHead, text),
    send: async ({ thread: id, text, replyTo }) => {
      const item = data.say(data.people.leila, Date.now(), text, {
        delivery: { state: 'sent', of: thread(id).head.members.length - 1, reached: 0, seen: 0 },
      });
      item.order = nextOrder(id);
      item.key = item.id = `sent${item.order}`;
      const answered = thread(id).items.find((each) => each.kind === 'message' && each.id === replyTo);
      if (answered?.kind === 'message')
        item.reply = { id: answered.id, author: answered.author.name, at: answered.at, text: answered.text };
      put(id, item);
      return { key: item.key };
    },
    retry: async () => undefined,
    discard: async ({ thread: id, key }) => {
      const { items } = thread(id);
      const found = items.find((item) => item.key === key);
      items.splice(
        items.findIndex((item) => item.key === key),
        1,
      );
      emit(`thread:${id}`, { items: [], removed: [key], arrived: [] });
      return { text: found?.kind === 'message' ? found.text : '' };
    },
    saveDraft: async ({ thread: id, text }) => {
      drafts.set(id, text);
    },
    decisionDraft: async ({ thread: id, corrects = '' }) => decisionDrafts.get(`${id} ${corrects}`),
    saveDecisionDraft: async ({ thread: id, corrects = '', draft }) => {
      if (draft) decisionDrafts.set(`${id} ${corrects}`, draft);
      else decisionDrafts.delete(`${id} ${corrects}`);
    },
    markDecision: async ({ thread: id, form, corrects = '', ...draft }) => {
      const order = nextOrder(id);
      const key = `d${order}`;
      const text = form ? formText(form.kind, form.parts) : draft.text;
      const messages = form ? form.parts.flatMap((part) => part.messages) : draft.messages;
      const marked = statementsOf(id).filter((each) => messages.includes(each.id));
      const parts = form?.parts
        .filter((part) => part.text !== '' || part.messages.length > 0)
        .map((part) => ({
          name: part.name,
          quoted: marked.filter((each) => part.messages.includes(each.id)),
          gone: 0,
          ...(part.text ? { text: part.text } : {}),
        }));
      decisionDrafts.delete(`${id} ${corrects}`);
      const own = { id: key, author: data.people.leila, own: true, at: Date.now(), text };
      put(id, {
        kind: 'decision',
        key,
        id: key,
        order,
        at: Date.now(),
        markedBy: data.people.leila,
        markedByMe: true,
        statements: form ? [...marked, ...(text ? [own] : [])] : text ? [own] : marked,
        background: text && !form ? messages : [],
        ...(form && parts ? { form: { kind: form.kind, parts } } : {}),
        record: { state: 'none' },
      });
      return { key };
    },
    filingSources: async ({ thread: id, decision }) => {
      const { statements } = decisionOf(id, decision);
      const ids = new Set(statements.map((each) => each.id));
      return {
        statements,
        others: statementsOf(id)
          .filter((each) => !ids.has(each.id))
          .reverse(),
      };
    },
    previewFiling: async ({ thread: id, decision, sources, summary }) => {
      const found = decisionOf(id, decision);
      const beside = statementsOf(id).filter((each) => sources.includes(each.id));
      return {
        html: paper(found.statements, beside, summary),
        sha256: '8f3a91d2c07b4e55a1d7f6029c3be8841f20a6d97be35c4408d1e2f3a7b9c21e',
        sources: found.statements.length + beside.length,
        decidedBy: found.statements.map((each) => each.author),
        tookPart: [...new Map(beside.map((each) => [each.author.id, each.author])).values()],
        graceMs: 86_400_000,
      };
    },
    file: async ({ thread: id, decision }) => {
      const found = decisionOf(id, decision);
      put(id, { ...found, record: { state: 'filing', by: data.people.leila, since: Date.now() } });
    },
    retryFiling: async () => undefined,
    draftDecision: async (arg) => {
      if (options.drafted && !arg.takeOver) throw new Refusal(lists.beingDrafted);
    },
    putBackDecision: async () => undefined,
    takeBackDecision: async () => undefined,
    countersignDecision: async () => undefined,
    sweep: async () => undefined,
    worklist: async ({ scope, after }) => {
      if (scope === 'organisation' && !options.records) throw new Refusal(lists.notPermitted);
      return options.empty ? { items: [] } : lists.worklist(scope, after);
    },
    ...letters.verbs,
    retractFiling: async () => undefined,
    decisionsAgain: async () => (options.again ? again : undefined),
    decideAgain: async ({ decision }) => {
      again = {
        ...again,
        decisions: again.decisions.map((each) => (each.decision === decision ? { ...each, done: true } : each)),
      };
      return { key: 'd-again' };
    },
    passOver: async ({ decision, why }) => {
      const passed = { by: data.people.leila.name, at: Date.now(), why };
      again = {
        ...again,
        decisions: again.decisions.map((each) => (each.decision === decision ? { ...each, done: true, passed } : each)),
      };
      return { key: 'passed' };
    },
    addMember: async ({ thread: id, person: who }) => {
      const person = data.directory.find((each) => each.id === who);
      const found = thread(id);
      if (!person) return;
      found.head = {
        ...found.head,
        members: [...found.head.members, { person, me: false, since: Date.now(), history: true, mayPost: true }],
      };
      emit(`thread:${id}`, { head: found.head, items: [], removed: [], arrived: [] });
    },
    removeMember: async ({ thread: id, person: who }) => {
      const found = thread(id);
      found.head = { ...found.head, members: found.head.members.filter((member) => member.person.id !== who) };
      emit(`thread:${id}`, { head: found.head, items: [], removed: [], arrived: [] });
    },
    readmitMember: async ({ thread: id, person: who }) => {
      const found = thread(id);
      const members = found.head.members.map(({ leftOut, ...member }) =>
        member.person.id === who || !leftOut ? member : { ...member, leftOut },
      );
      found.head = { ...found.head, members };
      emit(`thread:${id}`, { head: found.head, items: [], removed: [], arrived: [] });
    },
    safetyWords: async () => ({
      theirs: ['acid', 'bench', 'cedar', 'delta', 'ember', 'fable'],
      mine: ['ivory', 'jolly', 'kayak', 'lemon', 'mango', 'noble'],
    }),
    quarantine: async ({ thread: id, note }) => quarantine(id, note),
    takeNote: async ({ thread: id }) => {
      const found = thread(id);
      const { quarantine: known } = found.head;
      if (!known) return;
      const readers = known.readers.map((each) => (each.me ? { ...each, at: Date.now() } : each));
      found.head = { ...found.head, quarantine: { ...known, acknowledged: true, waiting: known.waiting - 1, readers } };
      emit(`thread:${id}`, { head: found.head, items: [], removed: [], arrived: [] });
      emit('inbox', inboxNow());
    },
    goOn: async () => ({ thread: 'team', leftOut: [] }),
    searchDirectory: async ({ query }) => searchDirectory(query),
    similarNames: async ({ name }) =>
      /7b/i.test(name) ? [{ thread: 'team', name: 'Ward 7B day team', space: 'team', people: 8 }] : [],
    createDirect: async () => ({ thread: 'direct' }),
    createTeam: async () => ({ thread: 'team' }),
    lookUpPatient: async (query) => lookUp(query),
    createPatient: async () => ({ thread: 'john' }),
    reidentify: async (query) => lookUp(query),
    relink: async ({ thread: id }) => headOf(id, { patient: data.john }),
    checkPatient: async ({ thread: id, whenDue }) => {
      if (whenDue) return;
      headOf(id, { standing: { outcome: 'superseded', nhsNumber: '9990475466', was: '9434765919', at: Date.now() } });
    },
    updateNumber: async ({ thread: id }) => {
      delete thread(id).head.standing;
      headOf(id, { patient: { ...data.john, nhsNumber: '9990475466' } });
    },
  };

  function headOf(id: ThreadId, change: Partial<ThreadHead>) {
    const found = thread(id);
    found.head = { ...found.head, ...change };
    emit(`thread:${id}`, { head: found.head, items: [], removed: [], arrived: [] });
  }

  function quarantine(id: ThreadId, note: string) {
    const found = thread(id);
    found.head = data.quarantined(found.head, note);
    const items = found.items.map((item): TimelineItem => {
      if (item.kind !== 'decision') return item;
      const { record } = item;
      if (record.state !== 'in') return { ...item, record: { state: 'stopped', by: data.people.leila, at: item.at } };
      const { by, at, reference } = record;
      return { ...item, record: { state: 'in-error', by, at, reference, done: false, byHand: true } };
    });
    found.items.splice(0, found.items.length, ...items);
    emit(`thread:${id}`, { head: found.head, items, removed: [], arrived: [] });
    emit('inbox', inboxNow());
  }

  function become(next: SessionState) {
    state = next;
  }
  const statementsOf = (id: ThreadId): Statement[] =>
    thread(id).items.flatMap((item) =>
      item.kind === 'message'
        ? [{ id: item.id, author: item.author, own: item.own, at: item.at, text: item.text }]
        : [],
    );

  const recorded = Object.fromEntries(
    Object.entries(verbs).map(([verb, run]) => [
      verb,
      (arg: unknown) => {
        calls.push({ verb, arg });
        return (run as (given: unknown) => Promise<unknown>)(arg);
      },
    ]),
  ) as unknown as Omit<Wardline, 'on'>;
  return {
    ...recorded,
    calls,
    emit,
    arrive: (id, item) => put(id, item, true),
    on(event, handler) {
      const known = handlers.get(event) ?? new Set();
      known.add(handler);
      handlers.set(event, known);
      return () => known.delete(handler);
    },
  };
}
