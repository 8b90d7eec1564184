/**
 * Who is at this browser: from nobody over a link or both factors to an open desk, and back with a lock (R23, R25, R48).
 *
 * Invariants:
 * - The desk with its keys exists only between a password and the next lock. A lock erases first and tells afterwards.
 * - What is stretched from a password is erased as soon as it has been used, or after five minutes of waiting for a code.
 *
 * The first screen needs none of the cryptography, so it comes as a part of its own, while a password is typed or stretched.
 */
import { erase, hex } from '../../crypto/bytes.ts';
import type { Manifest } from '../../crypto/manifest.ts';
import { uuidText } from '../../crypto/names.ts';
import type { About } from '../about.ts';
import type { DeviceKind, Enrolment, LockCause, Person, SessionState } from '../contract.ts';
import type { Desk, DeskHooks } from '../desk.ts';
import type { Env } from '../env.ts';
import { Fault, Unreachable, codeOf, isProblem } from '../fault.ts';
import { splitName } from '../people/name.ts';
import { sessionGone } from '../remote/http.ts';
import type { Invitation, ServerAbout, ServerSession } from '../remote/shapes.ts';
import { clearRecords, pathOf } from '../store/cabinet.ts';
import { keepDevice, keptDevices } from './device.ts';
import type { Choices, Opened } from './enrol.ts';
import { IdleClock } from './idle.ts';
import type { HalfSignedIn, SignedIn } from './signin.ts';
import { keptNewest } from './newest.ts';
import type { Ways } from './ways.ts';

export type SessionHooks = Omit<DeskHooks, 'over' | 'now'> & {
  state: (state: SessionState) => void;
  locked: (cause: LockCause) => void;
};

/** How long the first factor waits for the second: as long as the server's ticket. */
const patience = 5 * 60_000;
/** How long a lock waits for the server before it goes on without. */
const tellTime = 2000;

type Base = { organisation: string; demonstration: boolean; passkeys?: boolean };
type Ready = {
  desk: Desk;
  session: ServerSession;
  device: DeviceKind;
  release: () => void;
  changedElsewhere: boolean;
};

export class Session {
  readonly #env: Env;
  readonly #hooks: SessionHooks;
  readonly #idle: IdleClock;
  readonly #now: () => number;
  #about: ServerAbout | undefined;
  #enrolling: Opened | undefined;
  #half: HalfSignedIn | undefined;
  #forgetHalf: (() => void) | undefined;
  #ready: Ready | undefined;
  #ways: Ways | undefined;

  constructor(env: Env, hooks: SessionHooks, now: () => number) {
    this.#env = env;
    this.#hooks = hooks;
    this.#now = now;
    this.#idle = new IdleClock(env.clock);
  }

  get desk(): Desk {
    if (!this.#ready) throw new Fault('locked');
    return this.#ready.desk;
  }

  get openDesk(): Desk | undefined {
    return this.#ready?.desk;
  }

  /** The idle clock starts again with whatever the person does. */
  used(): void {
    this.#idle.touch();
  }

  async state(): Promise<SessionState> {
    const base = await this.#base();
    if (this.#ready) return this.#readyState(base, this.#ready);
    if (this.#enrolling) return { at: 'enrolling', ...base, person: cardOf(this.#enrolling.invitation) };
    this.#env.remote.prover.readAgain();
    try {
      const { session } = await this.#env.remote.session.present();
      // A session that never got its device cannot be unlocked: signing in starts again.
      if (!session.device) return { at: 'signed-out', ...base };
      return { at: 'locked', ...base, ...(await this.#waysOf(session)) };
    } catch (thrown) {
      if (thrown instanceof Unreachable) return this.#offline(base);
      if (!isProblem(thrown, ...sessionGone)) throw thrown;
      await this.#leaveNothing();
      return { at: 'signed-out', ...base };
    }
  }

  /** Nobody can say whether there is a session: a browser that somebody uses stays locked. */
  async #offline(base: Base): Promise<SessionState> {
    const known = (await keptDevices(await this.#env.disk())).length > 0;
    return { at: known ? 'locked' : 'signed-out', ...base, offline: true };
  }

  async about(): Promise<About> {
    const { version = '', assets = '' } = (await this.#serverAbout()) ?? {};
    const chain = this.#ready?.desk.ward.trust.chain ?? this.#enrolling?.chain;
    const manifest = chain
      ? {
          version: chain.current.version,
          fingerprint: hex(chain.current.hash),
          seats: chain.current.seats.length,
          needed: chain.current.threshold,
          earlier: chain.versions.slice(0, -1).reverse().map(pinWords),
        }
      : { version: 0, fingerprint: '', seats: 0, needed: 0, earlier: [] };
    return { version, assets, manifest };
  }

  async startEnrolment(token: string, manifestFingerprint: string): Promise<Enrolment> {
    const { minPasswordLength, openLink } = await import('./enrol.ts');
    const opened = await openLink(this.#env.remote, token, manifestFingerprint);
    this.#enrolling = opened;
    const { userName, organisation, totpSecret, otpauth } = opened.invitation;
    return {
      person: cardOf(opened.invitation),
      organisation,
      username: userName,
      totp: { secret: totpSecret, uri: otpauth },
      minPasswordLength,
      manifest: { ...pinWords(opened.linked), newest: opened.chain.current.version },
    };
  }

  async completeEnrolment(choices: Choices): Promise<void> {
    if (!this.#enrolling) throw new Fault('enrolment_missing');
    const { completeEnrolment } = await import('./enrol.ts');
    const disk = await this.#env.disk();
    const enrolled = await completeEnrolment(
      this.#env.remote,
      this.#enrolling,
      choices,
      (device) => keepDevice(disk, device),
      this.#now(),
    );
    this.#enrolling = undefined;
    await this.#open(enrolled);
  }

  async signIn(userName: string, password: string): Promise<{ deviceKnown: boolean }> {
    this.#dropHalf();
    const { givePassword } = await import('./signin.ts');
    const half = await givePassword(this.#env.remote, await this.#env.disk(), { userName, password });
    this.#half = half;
    this.#forgetHalf = this.#env.after(patience, () => this.#dropHalf());
    return { deviceKnown: half.device !== undefined };
  }

  async signInCode(code: string, device: DeviceKind | undefined, agreement: boolean): Promise<void> {
    if (!this.#half) throw new Fault('sign_in_missing');
    const { giveCode } = await import('./signin.ts');
    const second = { code, device, agreement, now: this.#now() };
    const signedIn = await giveCode(this.#env.remote, await this.#env.disk(), this.#half, second);
    this.#dropHalf();
    await this.#open(signedIn);
  }

  async unlock(password: string): Promise<void> {
    const { unlockWithPassword } = await import('./signin.ts');
    const { session } = await this.#env.remote.session.present();
    try {
      await this.#open(await unlockWithPassword(this.#env.remote, await this.#env.disk(), session, password));
    } catch (thrown) {
      // This browser lost its device's keys: only a new sign-in helps.
      if (codeOf(thrown) === 'device_needed') await this.#env.remote.session.end().catch(() => undefined);
      throw thrown;
    }
  }

  /** Every way in but the password alone, and changing them: fetched when it is needed. */
  async ways(): Promise<Ways> {
    const { Ways } = await import('./ways.ts');
    this.used();
    return (this.#ways ??= new Ways({
      env: this.#env,
      now: this.#now,
      open: (signedIn) => this.#open(signedIn),
      ready: () => this.#ready,
    }));
  }

  /** Drops the keys, then tells the server, so that it refuses the session too. */
  async lock(): Promise<void> {
    this.#drop();
    await this.#tell(this.#env.remote.session.lock());
  }

  async signOut(): Promise<void> {
    const ready = this.#ready;
    if (ready) await this.#tell(ready.desk.vault.save(ready.desk.threads.bookmarks()));
    this.#drop();
    await this.#tell(this.#env.remote.session.end());
    if (ready) await this.#clear(ready.session.person, ready.device);
    await this.#leaveNothing();
  }

  /** The keys go for a reason that is not this tab's person: idle, another tab, the server. */
  async over(cause: LockCause): Promise<void> {
    const ready = this.#ready;
    if (!ready) return;
    this.#drop();
    if (cause === 'idle') await this.#tell(this.#env.remote.session.lock());
    if (cause === 'revoked' && ready.device === 'shared') await this.#clear(ready.session.person, ready.device);
    this.#hooks.locked(cause);
  }

  acceptNotice(): void {
    // It is accepted with the enrolment, without which there is no account.
    if (this.#ready && !this.#ready.session.noticeAccepted) throw new Fault('notice_needed');
  }

  async #open(signedIn: SignedIn): Promise<void> {
    const { session, device } = signedIn;
    const { Desk } = await import('../desk.ts');
    const disk = await this.#env.disk();
    await keepDevice(disk, { ...device, usedAt: this.#now() });
    const before = (await keptNewest(disk, session.person))?.akGeneration;
    const changedElsewhere = before !== undefined && before < signedIn.account.key.akGeneration;
    const release = await this.#env.tabs.take(() => void this.over('other-tab'));
    const { inbox, connection, thread } = this.#hooks;
    const over = (cause: LockCause) => void this.over(cause);
    try {
      const desk = await Desk.open(this.#env, disk, signedIn, { inbox, connection, thread, over, now: this.#now });
      this.#ready = { desk, session, device: device.kind, release, changedElsewhere };
    } catch (thrown) {
      release();
      throw thrown;
    }
    this.#idle.start(session.idleLockMillis, () => void this.over('idle'));
    this.#hooks.state(await this.state());
  }

  #drop(): void {
    this.#idle.stop();
    this.#dropHalf();
    this.#ready?.desk.close();
    this.#ready?.release();
    this.#ready = undefined;
  }

  #dropHalf(): void {
    this.#ways?.forget();
    this.#forgetHalf?.();
    erase(this.#half?.stretched);
    this.#half = undefined;
  }

  /** A lock must not hang on the network. */
  async #tell(telling: Promise<unknown>): Promise<void> {
    let cancel: (() => void) | undefined;
    const late = new Promise<void>((resolve) => {
      cancel = this.#env.after(tellTime, resolve);
    });
    await Promise.race([telling.catch(() => undefined), late]);
    cancel?.();
  }

  async #clear(person: string, device: DeviceKind): Promise<void> {
    await clearRecords(await this.#env.disk(), { person, shared: device === 'shared', moment: 'sign-out' });
  }

  /** A shared ward PC keeps nothing of a session that is over (R22), however it ended. */
  async #leaveNothing(): Promise<void> {
    const disk = await this.#env.disk();
    for (const { person, kind } of await keptDevices(disk)) {
      if (kind === 'shared') await this.#clear(uuidText(person), kind);
    }
  }

  get #passkeys(): boolean {
    return this.#about?.passkeys === true;
  }

  async #waysOf({ person, device }: ServerSession): Promise<{ pin: boolean; passkey: boolean }> {
    const disk = await this.#env.disk();
    const pin = (await disk.get(pathOf('pin', person, ''))) as { device?: string } | undefined;
    const newest = await keptNewest(disk, person);
    return { pin: pin !== undefined && pin.device === device, passkey: this.#passkeys && newest?.passkey === true };
  }

  async #base(): Promise<Base> {
    const about = await this.#serverAbout();
    if (about) {
      const { organisation, demonstration, passkeys } = about;
      return { organisation, demonstration, passkeys };
    }
    const [device] = await keptDevices(await this.#env.disk());
    return { organisation: this.#ready?.session.organisation ?? device?.organisation ?? '', demonstration: false };
  }

  async #serverAbout(): Promise<ServerAbout | undefined> {
    try {
      this.#about ??= await this.#env.remote.about();
    } catch (thrown) {
      // An older server has no such page; what it would say is not needed.
      if (thrown instanceof Unreachable) return undefined;
    }
    return this.#about;
  }

  #readyState(base: Base, { desk, session, device, changedElsewhere }: Ready): SessionState {
    const { people, me } = desk.ward;
    return {
      at: 'ready',
      ...base,
      organisation: session.organisation,
      me: people.card(me.person),
      device,
      idleMs: session.idleLockMillis,
      noticeAccepted: session.noticeAccepted,
      ...(session.permissions.includes('records') ? { records: true as const } : {}),
      ...(changedElsewhere ? { changedElsewhere } : {}),
    };
  }
}

function cardOf({ person, displayName, role, ward, organisation }: Invitation): Person {
  const names = splitName(displayName);
  return { id: person, name: displayName, ...names, role, ...(ward ? { ward } : {}), organisation, outside: false };
}

const pinWords = ({ version, hash }: Manifest) => ({ version, fingerprint: hex(hash) });
