/** A server and browsers that talk to it, for tests: each browser is a whole core with a network, a disk and a clock. */
import type {
  EventData,
  EventName,
  ThreadId,
  ThreadSummary,
  ThreadView,
  TimelineItem,
  WardError,
} from '../contract.ts';
import { Core } from '../core.ts';
import type { Outbox } from '../outbox/outbox.ts';
import type { Env } from '../env.ts';
import { wardErrorOf } from '../fault.ts';
import { Http } from '../remote/http.ts';
import { createRemote } from '../remote/remote.ts';
import { sessionKey } from '../session/device.ts';
import type { Thread } from '../thread/thread.ts';
import type { Ward } from '../ward.ts';
import type { TabLock } from '../session/tab.ts';
import { MemoryStore } from '../store/memory.ts';
import type { Account } from './account.ts';
import { rightCode } from './account.ts';
import { TestClock } from './clock.ts';
import type { Jar } from './http.ts';
import { TestServer } from './server.ts';

export const password = 'three slow herons by the lock';

export class World {
  readonly clock: TestClock;
  readonly server: TestServer;

  private constructor(clock: TestClock, server: TestServer) {
    this.clock = clock;
    this.server = server;
  }

  static async open(name?: string): Promise<World> {
    const clock = new TestClock();
    return new World(clock, await TestServer.found(clock, name));
  }

  invite(userName: string, displayName: string, role = 'Medical Registrar'): Account {
    return this.server.accounts.invite(userName, displayName, role);
  }

  /** Sockets come through again, and everybody has one. */
  async reconnect(...browsers: Browser[]): Promise<void> {
    this.server.sockets = true;
    await until('sockets', async () => {
      this.clock.pass(1000);
      return browsers.every(({ me }) => this.server.isConnected(me));
    });
  }

  /** Somebody at a browser of their own, enrolled and up to date. */
  async enrolled(
    userName: string,
    displayName: string,
    device: 'own' | 'trust' | 'shared' = 'trust',
  ): Promise<Browser> {
    const browser = new Browser(this);
    await browser.enrol(this.invite(userName, displayName), device);
    await browser.online();
    return browser;
  }
}

/** The browser of one machine. A reload starts a new core on the same disk. */
export class Browser {
  readonly world: World;
  readonly jar: Jar = {};
  readonly disk = new MemoryStore();
  readonly events: { event: string; data: unknown }[] = [];
  #tabs = new Set<() => void>();
  #network: ((up: boolean) => void) | undefined;
  #core: Core;
  userName = '';
  me = '';

  constructor(world: World) {
    this.world = world;
    this.#core = this.#start();
  }

  get ask() {
    return this.#core.verbs;
  }

  /** A new page on the same machine. The old worker is gone without a word. */
  reload(): void {
    this.world.server.cut(this.jar);
    this.#core = this.#start();
  }

  /** Another tab of the same browser. */
  tab(): Browser {
    const other = new Browser(this.world);
    Object.assign(other, { jar: this.jar, disk: this.disk, userName: this.userName });
    other.#tabs = this.#tabs;
    other.reload();
    return other;
  }

  async enrol(account: Account, device: 'own' | 'trust' | 'shared' = 'trust'): Promise<void> {
    this.userName = account.userName;
    const manifestFingerprint = await this.world.server.fingerprint();
    await this.ask.startEnrolment({ token: account.token, manifestFingerprint });
    await this.ask.completeEnrolment({
      password,
      code: rightCode,
      device,
      agreementAccepted: device === 'own',
      noticeAccepted: true,
    });
    this.me = account.person;
  }

  async signIn(userName: string, device: 'own' | 'trust' | 'shared' = 'trust'): Promise<void> {
    this.userName = userName;
    await this.ask.signIn({ username: userName, password });
    await this.ask.signInCode({ code: rightCode, device, agreementAccepted: true });
  }

  async online(): Promise<void> {
    await until('online', async () => (await this.ask.connection()).state === 'online');
  }

  /** Loses and gets back the machine's network. */
  network(up: boolean): void {
    this.#network?.(up);
  }

  async view(thread: ThreadId): Promise<ThreadView> {
    return this.ask.openThread({ thread });
  }

  async items(thread: ThreadId): Promise<TimelineItem[]> {
    return (await this.view(thread)).items;
  }

  /** What the core itself works with: for a member who helps a lying server. */
  async inside(thread: ThreadId): Promise<{ ward: Ward; thread: Thread; outbox: Outbox }> {
    await this.view(thread);
    const { ward, threads, outbox } = this.#core.desk;
    return { ward, thread: threads.need(thread), outbox };
  }

  /** How many messages of a thread have been opened here, without looking into it. */
  opened(thread: ThreadId): number {
    const { log, reading } = this.#core.desk.threads.need(thread);
    return [...log.from(1)].filter(({ seq }) => reading.known(seq)?.state === 'open').length;
  }

  /** Every word that stands in a thread. */
  async words(thread: ThreadId): Promise<string[]> {
    return (await this.items(thread)).flatMap((item) => {
      if (item.kind === 'message') return [item.text];
      return item.kind === 'decision' ? item.statements.map(({ text }) => text) : [];
    });
  }

  async sees(thread: ThreadId, text: string): Promise<void> {
    await until(`"${text}"`, async () => (await this.words(thread)).includes(text));
  }

  /** Sends, and waits until the server has it. */
  async say(thread: ThreadId, text: string): Promise<string> {
    const { key } = await this.ask.send({ thread, text });
    await until(`"${text}" to be sent`, async () => (await this.delivery(thread, key)) === 'sent');
    return key;
  }

  async delivery(thread: ThreadId, key: string): Promise<string | undefined> {
    const item = (await this.items(thread)).find((each) => each.key === key);
    const state = item && 'delivery' in item ? item.delivery?.state : undefined;
    return state === 'reached' || state === 'seen' ? 'sent' : state;
  }

  row(thread: ThreadId): Promise<ThreadSummary> {
    return until('a row in the inbox', async () => (await this.ask.inbox()).find(({ id }) => id === thread));
  }

  told<E extends EventName>(event: E): EventData<E>[] {
    return this.events.filter((each) => each.event === event).map(({ data }) => data as EventData<E>);
  }

  #start(): Core {
    const { clock, server } = this.world;
    const tabs: TabLock = {
      take: (onTaken) => {
        for (const taken of this.#tabs) taken();
        this.#tabs.clear();
        this.#tabs.add(onTaken);
        return Promise.resolve(() => this.#tabs.delete(onTaken));
      },
    };
    const http = new Http({
      fetch: (request) => server.fetchFor(this.jar)(request),
      origin: 'https://wardline.test',
      clock,
      readKey: () => sessionKey(this.disk),
      onSession: (code) => core.refused(code),
    });
    const env: Env = {
      remote: createRemote(http),
      disk: () => Promise.resolve(this.disk),
      clock,
      after: clock.after,
      tabs,
      openSocket: (url, handlers) => server.socketFor(this.jar)(url, handlers),
      socketOrigin: 'wss://wardline.test',
      onNetwork: (changed) => {
        this.#network = changed;
        return () => undefined;
      },
      chance: () => 0.5,
    };
    const core: Core = new Core(env, (event, data) => this.events.push({ event, data }));
    return core;
  }
}

/** Waits for what the machine has to do first: keys to be derived, frames to be taken. */
export async function until<T>(what: string, check: () => Promise<T | undefined | false>): Promise<T> {
  for (let tries = 0; tries < 2000; tries++) {
    const found = await check().catch(() => undefined);
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`never: ${what}`);
}

/** What a call was refused with. */
export async function refusalOf(call: Promise<unknown>): Promise<WardError> {
  try {
    await call;
  } catch (thrown) {
    return wardErrorOf(thrown);
  }
  throw new Error('it was not refused');
}
