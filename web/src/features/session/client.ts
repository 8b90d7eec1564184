/**
 * What every screen has at hand: the verbs of the worker, the state that it pushes, the clock, the way around. One object, made at
 * boot, given down through the context.
 */
import { type ReadonlySignal, type Signal, signal } from '@preact/signals';
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type {
  Connection,
  Person,
  Policy,
  SessionState,
  ThreadId,
  ThreadSummary,
  Wardline,
} from '../../core/contract.ts';
import type { Clock } from '../../platform/types.ts';
import type { Router } from '../shell/router.ts';

export type Client = {
  wardline: Wardline;
  clock: Clock;
  router: Router;
  /** The time, moving on every twenty seconds. */
  now: ReadonlySignal<number>;
  session: ReadonlySignal<SessionState | undefined>;
  inbox: ReadonlySignal<ThreadSummary[] | undefined>;
  connection: ReadonlySignal<Connection>;
  /** The organisation's policies as they stand with me, or as this device keeps them. */
  policies: ReadonlySignal<Policy[] | undefined>;
  refreshPolicies(): Promise<void>;
  /** The text of the one polite live region. */
  said: ReadonlySignal<string>;
  announce(text: string): void;
  /** Text on its way from a stopped message to a new patient thread. In memory only. */
  carried: Signal<string>;
  /** A thread about the wrong patient, from which a new one goes on, with the people who come along. */
  continues: Signal<{ thread: ThreadId; people: Person[] } | undefined>;
  /** Registers work that must be done before the keys go, such as saving a draft. */
  beforeLock(save: () => Promise<void>): () => void;
  /** Asks the worker where things stand. */
  load(): Promise<void>;
  /** Saves, drops the keys, ends the worker, loads the page anew. */
  lock(): Promise<void>;
  signOut(): Promise<void>;
};

export type Parts = {
  wardline: Wardline;
  clock: Clock;
  router: Router;
  /** Ends the worker and loads the page anew. Nothing of this page may survive it. */
  startAnew: () => void;
};

/** A policy that is published meanwhile is asked about so soon. */
const policyEvery = 300_000;

export function createClient({ wardline, clock, router, startAnew }: Parts): Client {
  const now = signal(clock.now());
  const session = signal<SessionState>();
  const inbox = signal<ThreadSummary[]>();
  const connection = signal<Connection>({ state: 'connecting', queued: 0 });
  const policies = signal<Policy[]>();
  const said = signal('');
  const carried = signal('');
  const continues = signal<{ thread: ThreadId; people: Person[] }>();
  const saves = new Set<() => Promise<void>>();

  clock.every(20_000, () => {
    now.value = clock.now();
  });
  clock.every(policyEvery, () => {
    if (session.value?.at === 'ready') void refreshPolicies().catch(() => undefined);
  });
  wardline.on('state', (state) => {
    void arrive(state);
  });
  wardline.on('inbox', (threads) => {
    inbox.value = threads;
  });
  wardline.on('connection', (state) => {
    connection.value = state;
  });
  wardline.on('locked', () => {
    forget();
    startAnew();
  });

  async function arrive(state: SessionState) {
    const wasReady = session.value?.at === 'ready';
    session.value = state;
    if (state.at !== 'ready' || wasReady) return;
    connection.value = await wardline.connection();
    inbox.value = await wardline.inbox();
    await refreshPolicies().catch(() => undefined);
  }

  async function refreshPolicies() {
    policies.value = await wardline.policies();
  }

  function forget() {
    session.value = undefined;
    inbox.value = undefined;
    policies.value = undefined;
    said.value = '';
    carried.value = '';
    continues.value = undefined;
  }

  async function leave(verb: 'lock' | 'signOut') {
    await Promise.allSettled([...saves].map((save) => save()));
    forget();
    // Whoever signs in next begins at the beginning, not where this person was (R22).
    if (verb === 'signOut') router.replace({ at: 'inbox' });
    try {
      await wardline[verb]();
    } finally {
      startAnew();
    }
  }

  return {
    wardline,
    clock,
    router,
    now,
    session,
    inbox,
    connection,
    policies,
    refreshPolicies,
    said,
    carried,
    continues,
    announce(text) {
      // The same sentence twice has to be a change, or it is not read out.
      said.value = said.peek() === text ? `${text}\u00a0` : text;
    },
    beforeLock(save) {
      saves.add(save);
      return () => saves.delete(save);
    },
    load: async () => arrive(await wardline.session()),
    lock: () => leave('lock'),
    signOut: () => leave('signOut'),
  };
}

export const ClientContext = createContext<Client | undefined>(undefined);

export function useClient(): Client {
  const client = useContext(ClientContext);
  if (!client) throw new Error('no client in the context');
  return client;
}
