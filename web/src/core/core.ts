/** The verbs of the contract, each passed on to where it is done. One `Core` per worker. */
import type { EventData, EventName, SessionState, UnlockerRef, Wardline } from './contract.ts';
import type { Desk } from './desk.ts';
import type { Env } from './env.ts';
import type { Policies } from './policy/policies.ts';
import { Session } from './session/session.ts';
import { wordsOf } from './thread/content.ts';

type Emit = <E extends EventName>(event: E, data: EventData<E>) => void;

/** Beyond this a clock is not just a little off, and times are corrected by what the server says. */
const skewThatCounts = 5000;

export class Core {
  readonly verbs: Omit<Wardline, 'on'>;
  readonly #session: Session;
  #skewMs = 0;

  constructor(env: Env, emit: Emit) {
    const now = () => env.clock.now() - (Math.abs(this.#skewMs) > skewThatCounts ? this.#skewMs : 0);
    const connection = () => {
      const desk = this.#session.openDesk;
      if (desk) emit('connection', desk.connection(this.#skewMs));
    };
    this.#session = new Session(
      env,
      {
        state: (state: SessionState) => emit('state', state),
        locked: (cause) => emit('locked', { cause }),
        inbox: (summaries) => emit('inbox', summaries),
        connection,
        thread: (thread, change) => emit(`thread:${thread}`, change),
      },
      now,
    );
    this.verbs = verbsOf(this.#session, () => this.#skewMs, env);
  }

  /** For tests: what is open while the keys are in memory. */
  get desk(): Desk {
    return this.#session.desk;
  }

  /** Called with each answer of the server that tells the time. */
  learnSkew(ms: number): void {
    this.#skewMs = ms;
  }

  /** The server refused the session, whatever was asked of it. */
  refused(code: 'session_locked' | 'not_signed_in'): void {
    void this.#session.over(code === 'session_locked' ? 'idle' : 'revoked');
  }
}

/** Rarely needed, so it comes when it is. */
const register = () => import('./session/register.ts');
const letters = () => import('./record/letters.ts');

function verbsOf(session: Session, skewMs: () => number, env: Env): Omit<Wardline, 'on'> {
  let policiesHere: Promise<Policies> | undefined;
  const policies = () =>
    (policiesHere ??= import('./policy/policies.ts').then((part) => new part.Policies(env.remote, env.disk)));
  const desk = () => {
    session.used();
    return session.desk;
  };
  const acts = () => desk().acts();
  const thread = (id: string) => desk().threads.need(id);
  const renew = async (remove: readonly UnlockerRef[]) => {
    const open = desk();
    await (await session.ways()).renewKeys({ remove });
    open.meChanged();
  };
  return {
    session: () => session.state(),
    about: () => session.about(),
    connection: async () => session.openDesk?.connection(skewMs()) ?? { state: 'connecting', queued: 0 },

    startEnrolment: ({ token, manifestFingerprint }) => session.startEnrolment(token, manifestFingerprint),
    completeEnrolment: ({ password, code, device, agreementAccepted, noticeAccepted }) =>
      session.completeEnrolment({ password, code, device, agreement: agreementAccepted, notice: noticeAccepted }),
    signIn: ({ username, password }) => session.signIn(username, password),
    signInCode: ({ code, device, agreementAccepted }) => session.signInCode(code, device, agreementAccepted),
    unlock: ({ password }) => session.unlock(password),
    unlockWithPin: async (arg) => (await session.ways()).unlockWithPin(arg),
    passkeyOptions: async (arg) => (await session.ways()).passkeyOptions(arg),
    unlockWithPasskey: async (arg) => (await session.ways()).unlockWithPasskey(arg),
    passkeySignIn: async (arg) => (await session.ways()).passkeySignIn(arg),
    finishPasskeySignIn: async (arg) => (await session.ways()).finishPasskeySignIn(arg),
    prove: async (arg) => (await session.ways()).prove(arg),
    listUnlockers: async () => (await session.ways()).list(),
    setPin: async (arg) => (await session.ways()).setPin(arg),
    addPasskey: async (arg) => (await session.ways()).addPasskey(arg),
    changePassword: async (arg) => (await session.ways()).changePassword(arg),
    removeUnlocker: async (arg) => (await session.ways()).removeUnlocker(arg),
    renewKeys: (arg) => renew(arg.remove),
    lock: () => session.lock(),
    signOut: () => session.signOut(),
    touch: async () => desk().present(),
    acceptNotice: async () => session.acceptNotice(),

    policies: async () => (await policies()).list(session.openDesk !== undefined),
    policyText: async (wanted) => (await policies()).text(wanted, session.openDesk !== undefined),
    acceptPolicy: async ({ hash, ...which }) => {
      await (await policies()).accept(which, hash);
      // What was refused for want of it goes now.
      desk().outbox.pumpAll();
    },
    deferPolicy: async (which) => {
      const deferred = await (await policies()).defer(which);
      desk().outbox.pumpAll();
      return deferred;
    },
    ownDevices: async () => (await register()).ownDevices(desk().ward),
    endDevice: async ({ remove = [], ...arg }) => {
      await (await register()).endDevice(desk().ward, desk().threads, arg);
      desk().meChanged();
      if (arg.reason !== 'lost' && arg.reason !== 'stolen') return;
      const { owed } = await import('./session/renew.ts');
      await renew(remove).catch((thrown: unknown) => {
        throw owed(thrown);
      });
    },
    endOtherSessions: async () => ({ ended: await (await register()).endOtherSessions(desk().ward) }),

    inbox: () => desk().threads.inbox(),
    openThread: ({ thread: id }) => desk().openThread(id),
    closeThread: async ({ thread: id }) => session.openDesk?.closeThread(id),
    olderItems: ({ thread: id, before, limit }) => desk().olderItems(id, before, limit),
    markSeen: async ({ thread: id, upTo }) => desk().markSeen(id, upTo),

    checkText: async ({ text, ...about }) =>
      'thread' in about ? desk().checkText(about.thread, text) : (await acts()).checkTopic(about.lookup, text),
    send: (arg) => desk().send(arg),
    retry: ({ thread: id, key }) => desk().outbox.retry(id, key),
    discard: async ({ thread: id, key }) => ({ text: wordsOf(await desk().outbox.discard(id, key)) }),
    saveDraft: ({ thread: id, text, replyTo }) => desk().saveDraft(id, text, replyTo),

    markDecision: ({ thread: id, patientConfirmed, corrects, ...draft }) =>
      desk().markDecision(id, draft, patientConfirmed, corrects),
    decisionDraft: async ({ thread: id, corrects }) => desk().drafts.decision(id, corrects),
    saveDecisionDraft: ({ thread: id, corrects, draft }) => desk().saveDecisionDraft(id, draft, corrects),
    filingSources: async ({ thread: id, decision }) => (await acts()).filings.sources(thread(id), decision),
    previewFiling: async (request) => (await acts()).previewFiling(request),
    file: async (request) => (await acts()).file(request),
    retryFiling: async ({ thread: id, decision }) => (await acts()).filings.retry(thread(id), decision),

    draftDecision: async ({ thread: id, decision, takeOver }) =>
      (await acts()).decisions.draft(thread(id), decision, takeOver),
    putBackDecision: async ({ thread: id, decision }) => (await acts()).decisions.putBack(thread(id), decision),
    takeBackDecision: async ({ thread: id, decision, reason, note }) =>
      (await acts()).decisions.takeBack(thread(id), decision, reason, note),
    countersignDecision: async ({ thread: id, decision }) => (await acts()).decisions.countersign(thread(id), decision),
    sweep: async ({ thread: id, note, upTo }) => (await acts()).decisions.sweep(thread(id), note, upTo),
    worklist: async ({ scope, after }) => (await acts()).decisions.worklist(scope, after),
    letters: async ({ after }) => (await letters()).letters(desk().ward, after),
    letter: async ({ filing }) => (await letters()).letter(desk().ward, filing),
    replayLetter: async ({ filing }) => (await letters()).replay(desk().ward, filing),
    retractFiling: async ({ thread: id, decision }) => (await acts()).decisions.retract(thread(id), decision),
    decisionsAgain: async ({ thread: id }) => (await acts()).again.list(id),
    passOver: async ({ thread: id, decision, why }) => (await acts()).again.pass(id, decision, why),
    decideAgain: async ({ thread: id, decision, text, patientConfirmed }) =>
      (await acts()).again.decide(id, decision, text, patientConfirmed),

    addMember: async ({ thread: id, ...arg }) => (await acts()).addMember(id, arg),
    removeMember: async ({ thread: id, ...arg }) => (await acts()).removeMember(id, arg),
    readmitMember: async ({ thread: id, ...arg }) => (await acts()).readmitMember(id, arg),
    safetyWords: async ({ person }) => (await acts()).safetyWords(person),
    quarantine: async ({ thread: id, note }) => (await acts()).quarantine(id, note),
    takeNote: async ({ thread: id }) => (await acts()).takeNote(id),
    goOn: async ({ thread: id, line }) => (await acts()).goOn(id, line),

    searchDirectory: async ({ query }) => (await acts()).searchDirectory(query),
    similarNames: async ({ name }) => (await acts()).similarNames(name),
    createDirect: async ({ person }) => (await acts()).createDirect(person),
    createTeam: async ({ name, people, reason }) => (await acts()).createTeam(name, people, reason),
    lookUpPatient: async (query) => (await acts()).lookUps.ask(query),
    reidentify: async ({ thread: id, ...query }) => (await acts()).lookUps.askAgain(query, thread(id)),
    relink: async ({ thread: id, ...arg }) => (await acts()).lookUps.relink(thread(id), arg),
    checkPatient: async ({ thread: id, whenDue }) => (await acts()).standings.check(thread(id), whenDue === true),
    updateNumber: async ({ thread: id }) => (await acts()).standings.updateNumber(thread(id)),
    createPatient: async (arg) => (await acts()).createPatient(arg),
  };
}
