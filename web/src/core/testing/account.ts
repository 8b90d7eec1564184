/** Accounts and sessions of the test server: it believes what it is sent, because what is tested is the browser. */
import { type Bytes, bytesOf, equal, hex } from '../../crypto/bytes.ts';
import { decode, typeOf } from '../../crypto/codec.ts';
import { hashObject, systemRandom } from '../../crypto/domain.ts';
import { signed } from '../../crypto/layouts/container.ts';
import { bind, device, revoke } from '../../crypto/layouts/person.ts';
import { sealedVault, unlockerBlob as unlockerBlobLayout } from '../../crypto/layouts/vault.ts';
import { fromUuidText, uuidText } from '../../crypto/names.ts';
import { cosign, unpack } from '../../crypto/signed.ts';
import type { Hospital } from '../../crypto/vectors/hospital.ts';
import { type Asked, type Body, type Jar, type Routes, bytesIn, refuse } from './http.ts';

export type Account = {
  person: string;
  userName: string;
  displayName: string;
  role: string;
  ward: string;
  token: string;
  spent: boolean;
  vaultShare: Bytes;
  salt: Bytes;
  log: Bytes[];
  /** Passkeys and PINs by their unlocker. */
  ways: Map<string, ServedWay>;
  /** Credentials that are no unlocker. */
  bare: string[];
  secret?: {
    authKey: Bytes;
    memoryKiB: number;
    passes: number;
    unlockerBlob: Bytes;
    akWrap: Bytes;
    sealedVault: Bytes;
    sealedIdentity: Bytes;
  };
};

export type ServedWay = {
  kind: 'passkey' | 'pin';
  label: string;
  blob: Bytes;
  wrap: Bytes;
  credential?: string;
  device?: string;
  pin?: { verifier: Bytes; share: Bytes; tries: number };
};

export type Session = {
  person: string;
  device: string | null;
  key: string;
  locked: boolean;
  challenge: Bytes;
  proved: boolean;
  /** The unlocker that opened it, unless that is the password. */
  unlocker?: string;
};

export const organisation = 'Example Hospital';
export const rightCode = '123456';
const idleLockMillis = 300_000;

export class Accounts {
  readonly permissions = new Map<string, string[]>();
  readonly hospital: Hospital;
  readonly all: Account[] = [];
  readonly sessions = new Map<string, Session>();

  constructor(hospital: Hospital) {
    this.hospital = hospital;
  }

  /** A member of staff with a link that has not been used. */
  invite(userName: string, displayName: string, role: string): Account {
    const account = {
      person: uuidText(systemRandom(16)),
      userName,
      displayName,
      role,
      ward: 'Ward 7B',
      token: hex(systemRandom(8)),
      spent: false,
      vaultShare: systemRandom(32),
      salt: systemRandom(16),
      log: [],
      ways: new Map<string, ServedWay>(),
      bare: [],
    };
    this.all.push(account);
    return account;
  }

  of(person: string): Account {
    return this.all.find((each) => each.person === person) ?? refuse(404, 'person_unknown');
  }

  named(userName: string): Account | undefined {
    return this.all.find((each) => each.userName === userName.toLowerCase());
  }

  /** The session of a jar, which must not be locked unless that does not matter. */
  session(jar: Jar, anyState = false): Session {
    const session = this.sessions.get(jar.cookie ?? '');
    if (!session) return refuse(401, 'not_signed_in');
    if (session.locked && !anyState) return refuse(401, 'session_locked');
    return session;
  }

  /** A request of a session proves that it has the session's key (R22). */
  checkKey({ jar, key }: Asked): void {
    const session = this.sessions.get(jar.cookie ?? '');
    if (session && session.key !== key) refuse(401, 'proof_wrong');
  }

  /** The person's other sessions have to open the vault anew. */
  lockOthers(session: Session): void {
    for (const each of this.sessions.values()) {
      if (each !== session && each.person === session.person) each.locked = true;
    }
  }

  routes(): Routes {
    return {
      'GET /v1/about': () => ({ organisation, demonstration: true, version: '1', assets: 'ab', passkeys: true }),
      'POST /v1/enrolment/start': ({ body }) => this.#start(body),
      'POST /v1/enrolment/complete': (asked) => this.#complete(asked),
      'POST /v1/sign-in/parameters': ({ body }) => {
        const account = this.named(String(body['userName']));
        const { memoryKiB, passes } = account?.secret ?? fakeParameters;
        return { salt: account?.salt ?? fakeParameters.salt, memoryKiB, passes };
      },
      'POST /v1/sign-in/password': ({ body }) => {
        const account = this.named(String(body['userName']));
        const right = account?.secret && equal(account.secret.authKey, bytesIn(body['authKey']));
        return { ticket: right ? fromUuidText(account.person) : bytesOf(16) };
      },
      'POST /v1/sign-in/code': (asked) => this.#code(asked),
      'POST /v1/session/device': ({ body, jar }) => {
        const session = this.session(jar);
        if (body['entry'] !== undefined) this.of(session.person).log.push(bytesIn(body['entry']));
        session.device = String(body['device']);
        return { session: this.describe(session) };
      },
      'GET /v1/session': ({ jar }) => {
        const session = this.session(jar, true);
        return { session: this.describe(session), locked: session.locked };
      },
      'POST /v1/session/unlock': ({ body, jar }) => {
        const session = this.session(jar, true);
        const account = this.of(session.person);
        if (!account.secret || !equal(account.secret.authKey, bytesIn(body['authKey']))) refuse(401, 'password_wrong');
        return this.unlocked(session);
      },
      'POST /v1/session/lock': ({ jar }) => {
        this.session(jar, true).locked = true;
        return undefined;
      },
      'POST /v1/session/end': ({ jar }) => {
        this.sessions.delete(jar.cookie ?? '');
        return undefined;
      },
      'GET /v1/vault': ({ jar }) => {
        const session = this.session(jar);
        return this.unlockOf(this.of(session.person), session.unlocker);
      },
      'GET /v1/sessions/devices': ({ jar }) => this.#devices(this.session(jar)),
      'POST /v1/sessions/devices/:/end': ({ body, jar, path }) => {
        const mine = this.session(jar);
        if (path[2] === mine.device) refuse(409, 'device_current');
        const { value } = unpack(revoke, bytesIn(body['entry']));
        this.of(mine.person).log.push(bytesIn(body['entry']));
        this.#end((session) => session.device === uuidText(value.device));
        this.grew(mine.person);
        return undefined;
      },
      'POST /v1/sessions/end-others': ({ jar }) => {
        const mine = this.session(jar);
        return { ended: this.#end((session) => session.person === mine.person && session !== mine) };
      },
      'PUT /v1/vault': ({ body, jar }) => this.#putVault(body, jar),
      'GET /v1/manifests': () => ({ manifests: this.hospital.manifests, policy: this.hospital.policy }),
    };
  }

  /** Is told of each session that ends. */
  ended: (cookie: string) => void = () => undefined;
  /** Is told of each person whose log has a new entry. */
  grew: (person: string) => void = () => undefined;

  #end(which: (session: Session) => boolean): number {
    const over = [...this.sessions].filter(([, session]) => which(session));
    for (const [cookie] of over) {
      this.sessions.delete(cookie);
      this.ended(cookie);
    }
    return over.length;
  }

  /** What the person's log says of their devices, newest first. */
  #devices(mine: Session) {
    const objects = this.of(mine.person).log.map((entry) => decode(signed, entry).object);
    const ended = objects
      .filter((object) => typeOf(object) === revoke.type)
      .map((object) => decode(revoke, object))
      .map(({ device: gone, issued }) => [uuidText(gone), issued] as const);
    return objects
      .filter((object) => typeOf(object) === device.type)
      .map((object) => decode(device, object))
      .map(({ device: id, kind, issued, expires }) => ({
        device: uuidText(id),
        kind,
        label: '',
        issuedAt: issued,
        expiresAt: expires,
        lastUsedAt: issued,
        revokedAt: new Map(ended).get(uuidText(id)) ?? 0,
        current: uuidText(id) === mine.device,
        sessions: [...this.sessions.values()].filter((session) => session.device === uuidText(id)).length,
        posture: 'unknown',
      }))
      .reverse();
  }

  describe({ person, device }: Session) {
    const { userName, displayName, role, ward } = this.of(person);
    return {
      person,
      userName,
      displayName,
      role,
      ward,
      organisation,
      device,
      permissions: this.permissions.get(person) ?? [],
      idleLockMillis,
      expiresAt: 0,
      noticeAccepted: true,
    };
  }

  /** With the password, or another unlocker. */
  unlockOf({ secret, log, vaultShare, salt, ways }: Account, id?: string) {
    if (!secret) return refuse(404, 'vault_missing');
    const { sealedVault: vault, sealedIdentity, memoryKiB, passes } = secret;
    const { manifests, policy } = this.hospital;
    const account = { sealedVault: vault, sealedIdentity, log, manifests, policy };
    const way = ways.get(id ?? '');
    if (way && id) {
      const pinShare = way.pin && { pinShare: way.pin.share };
      return { ...account, unlocker: id, kind: way.kind, unlockerBlob: way.blob, akWrap: way.wrap, ...pinShare };
    }
    const unlocker = uuidText(decode(unlockerBlobLayout, secret.unlockerBlob).unlocker);
    const password = { kind: 'password', unlocker, vaultShare, salt, memoryKiB, passes };
    return { ...account, ...password, unlockerBlob: secret.unlockerBlob, akWrap: secret.akWrap };
  }

  /** Opens a session with an unlocker. A PIN proves nothing new. */
  unlocked(session: Session, unlocker?: string) {
    const account = this.of(session.person);
    session.locked = false;
    if (account.ways.get(unlocker ?? '')?.kind !== 'pin') session.proved = true;
    delete session.unlocker;
    if (unlocker) session.unlocker = unlocker;
    return { session: this.describe(session), unlock: this.unlockOf(account, unlocker) };
  }

  #start(body: Body) {
    const account = this.all.find(({ token }) => token === body['token']) ?? refuse(404, 'enrolment_link_invalid');
    if (account.spent) refuse(410, 'enrolment_link_used');
    const { person, userName, displayName, role, ward, vaultShare, salt } = account;
    const { manifests, policy } = this.hospital;
    return {
      person,
      userName,
      displayName,
      role,
      ward,
      organisation,
      manifests,
      policy,
      vaultShare,
      salt,
      totpSecret: 'JBSWY3DPEHPK3PXP',
      otpauth: 'otpauth://totp/Wardline:test',
      expiresAt: 0,
    };
  }

  async #complete(asked: Asked) {
    const { body } = asked;
    const account = this.all.find(({ token }) => token === body['token']) ?? refuse(404, 'enrolment_link_invalid');
    if (body['code'] !== rightCode) refuse(422, 'code_wrong');
    if (account.spent) refuse(410, 'enrolment_link_used');
    if (!equal(bytesIn(body['salt']), account.salt)) refuse(422, 'weak_parameters');
    const [first, second, third] = (body['log'] as string[]).map(bytesIn);
    if (!first || !second || !third) return refuse(422, 'enrolment_malformed');
    const bound = await cosign(bind, first, { kind: 'bind', by: this.hospital.server.bind });
    account.log = [bound, second, third];
    account.spent = true;
    account.secret = {
      authKey: bytesIn(body['authKey']),
      memoryKiB: Number(body['memoryKiB']),
      passes: Number(body['passes']),
      unlockerBlob: bytesIn(body['unlockerBlob']),
      akWrap: bytesIn(body['akWrap']),
      sealedVault: bytesIn(body['sealedVault']),
      sealedIdentity: bytesIn(body['sealedIdentity']),
    };
    return { log: account.log, session: this.describe(this.open(account.person, asked, deviceIn(third))) };
  }

  #code(asked: Asked) {
    const { body } = asked;
    const person = uuidText(bytesIn(body['ticket']));
    const account = this.all.find((each) => each.person === person);
    if (!account || body['code'] !== rightCode) return refuse(401, 'sign_in_refused');
    const session = this.open(account.person, asked, null);
    return { session: this.describe(session), challenge: session.challenge, unlock: this.unlockOf(account) };
  }

  async #putVault(body: Body, jar: Jar) {
    const { secret } = this.of(this.session(jar).person);
    if (!secret) return refuse(404, 'vault_missing');
    const next = decode(sealedVault, bytesIn(body['sealedVault']));
    const present = secret.sealedVault;
    const follows = equal(next.previous, await hashObject(sealedVault, present));
    if (!follows || secret.sealedVault !== present) refuse(409, 'vault_moved');
    secret.sealedVault = bytesIn(body['sealedVault']);
    return { version: next.version };
  }

  open(person: string, { jar, key }: Asked, device: string | null): Session {
    jar.cookie = hex(systemRandom(8));
    const session = { person, device, key, locked: false, challenge: systemRandom(32), proved: true };
    this.sessions.set(jar.cookie, session);
    return session;
  }
}

const deviceIn = (entry: Bytes): string => uuidText(unpack(device, entry).value.device);

const fakeParameters = { salt: bytesOf(16), memoryKiB: 65536, passes: 3 };
