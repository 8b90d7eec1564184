/** Passkeys, PINs and changes of unlockers on the test server. A credential is taken at its word: what is tested is the browser. */
import { type Bytes, equal } from '../../crypto/bytes.ts';
import { decode } from '../../crypto/codec.ts';
import { hashObject, systemRandom } from '../../crypto/domain.ts';
import { akWrap, sealedVault, unlockerBlob } from '../../crypto/layouts/vault.ts';
import { uuidText } from '../../crypto/names.ts';
import { unpack } from '../../crypto/signed.ts';
import type { Account, Accounts, Session } from './account.ts';
import { type Asked, type Body, type Routes, bytesIn, refuse } from './http.ts';

const requested = { challenge: 'AAAA', rpId: 'example.org', timeout: 1, userVerification: 'required' };
const created = {
  challenge: 'AAAA',
  rp: { id: 'example.org', name: 'Wardline' },
  user: { id: 'AAAA', name: 'a', displayName: 'A' },
  pubKeyCredParams: [{ type: 'public-key', alg: -8 }],
  timeout: 1,
  attestation: 'none',
  authenticatorSelection: { residentKey: 'required', requireResidentKey: true, userVerification: 'required' },
  excludeCredentials: [],
  extensions: { prf: {} },
};

export class Unlockers {
  readonly #accounts: Accounts;
  readonly #tickets = new Set<string>();

  constructor(accounts: Accounts) {
    this.#accounts = accounts;
  }

  routes(): Routes {
    return {
      'POST /v1/sign-in/passkey/options': () => this.#options(requested),
      'POST /v1/sign-in/passkey': (asked) => this.#signIn(asked),
      'POST /v1/session/unlock/passkey/options': ({ jar }) => {
        this.#accounts.session(jar, true);
        return this.#options(requested);
      },
      'POST /v1/session/unlock/passkey': ({ body, jar }) => {
        const session = this.#accounts.session(jar, true);
        const way = wayOf(this.#accounts.of(session.person), this.#credential(body));
        if (way === undefined) return refuse(401, 'passkey_refused');
        return this.#accounts.unlocked(session, way ?? undefined);
      },
      'POST /v1/session/unlock/pin': (asked) => this.#pin(asked),
      'GET /v1/unlockers': ({ jar }) => this.#list(this.#accounts.session(jar)),
      'POST /v1/passkeys/options': (asked) => {
        this.#proved(asked);
        return this.#options(created);
      },
      'POST /v1/passkeys': async (asked) => {
        const { person } = this.#proved(asked);
        const credential = this.#credential(asked.body);
        const change = asked.body['unlocker'] as Body | undefined;
        if (change) await this.#change(asked, change, credential);
        else this.#accounts.of(person).bare.push(credential);
        return undefined;
      },
      'POST /v1/unlockers': (asked) => {
        this.#proved(asked);
        return this.#change(asked, asked.body);
      },
      'DELETE /v1/passkeys/:': (asked) => {
        const account = this.#accounts.of(this.#proved(asked).person);
        account.bare = account.bare.filter((each) => each !== decodeURIComponent(asked.path[1] ?? ''));
        return undefined;
      },
    };
  }

  #proved({ jar }: Asked): Session {
    const session = this.#accounts.session(jar);
    return session.proved ? session : refuse(403, 'proof_needed');
  }

  #options(options: object) {
    const ticket = systemRandom(16);
    this.#tickets.add(ticket.join());
    return { ticket, options };
  }

  /** Each ticket is good for one try. */
  #credential(body: Body): string {
    if (!this.#tickets.delete(bytesIn(body['ticket']).join())) refuse(401, 'ticket_spent');
    const { id, clientExtensionResults } = body['credential'] as { id: string; clientExtensionResults: object };
    if ('prf' in clientExtensionResults) refuse(422, 'prf_sent');
    return id;
  }

  #signIn(asked: Asked) {
    const id = this.#credential(asked.body);
    const account = this.#accounts.all.find((each) => wayOf(each, id) !== undefined);
    if (!account) return refuse(401, 'passkey_refused');
    const session = this.#accounts.open(account.person, asked, null);
    const unlocker = wayOf(account, id) ?? undefined;
    const unlocked = this.#accounts.unlocked(session, unlocker);
    const passkey = { credential: id, prf: unlocker !== undefined };
    return { ...unlocked, challenge: session.challenge, passkey };
  }

  #pin({ body, jar }: Asked) {
    const session = this.#accounts.session(jar, true);
    const account = this.#accounts.of(session.person);
    const [id, way] = [...account.ways].find(([, { device }]) => device === session.device) ?? [];
    if (!id || !way?.pin) return refuse(410, 'pin_gone');
    way.pin.tries -= 1;
    if (equal(way.pin.verifier, bytesIn(body['verifier']))) {
      way.pin.tries = 10;
      return this.#accounts.unlocked(session, id);
    }
    if (way.pin.tries > 0) return refuse(401, 'pin_wrong', { triesLeft: way.pin.tries });
    delete way.pin;
    return refuse(410, 'pin_gone');
  }

  #list(session: Session) {
    const { ways, bare, secret } = this.#accounts.of(session.person);
    const password = secret && {
      unlocker: uuidText(decode(unlockerBlob, secret.unlockerBlob).unlocker),
      kind: 'password',
      addedAt: 1,
      current: session.unlocker === undefined,
    };
    const others = [...ways].map(([unlocker, { kind, label, device, credential, pin }]) => ({
      unlocker,
      kind,
      label,
      addedAt: 1,
      current: session.unlocker === unlocker,
      ...(device ? { device } : {}),
      ...(credential ? { credential } : {}),
      ...(kind === 'pin' && !pin ? { gone: true } : {}),
    }));
    return {
      unlockers: [...(password ? [password] : []), ...others],
      passkeysWithoutPRF: bare.map((credential) => ({ credential, kind: 'passkey', label: 'bare', addedAt: 1 })),
    };
  }

  async #change({ jar }: Asked, body: Body, credential?: string) {
    const session = this.#accounts.session(jar);
    const account = this.#accounts.of(session.person);
    const { secret } = account;
    if (!secret) return refuse(404, 'vault_missing');
    const next = bytesIn(body['vault']);
    const { previous, version } = decode(sealedVault, next);
    if (!equal(previous, await hashObject(sealedVault, secret.sealedVault))) refuse(409, 'vault_moved');
    const remove = (body['remove'] ?? []) as string[];
    const add = body['add'] as Added | undefined;
    const password = uuidText(decode(unlockerBlob, secret.unlockerBlob).unlocker);
    for (const id of remove) {
      if (!account.ways.delete(id) && id !== password) refuse(422, 'unlockers_malformed');
    }
    if (body['generation'] !== undefined) {
      secret.sealedIdentity = bytesIn(body['identity']);
      account.log.push(bytesIn(body['generation']));
      this.#accounts.lockOthers(session);
    }
    if (add) addTo(account, add, session, credential);
    for (const wrap of (body['wraps'] as string[]).map(bytesIn)) {
      const way = account.ways.get(uuidText(unpack(akWrap, wrap).value.unlocker));
      if (way) way.wrap = wrap;
      else secret.akWrap = wrap;
    }
    secret.sealedVault = next;
    if (body['generation'] !== undefined) this.#accounts.grew(session.person);
    return { version };
  }
}

type Added = {
  unlocker: string;
  kind: 'password' | 'passkey' | 'pin';
  blob: string;
  label: string;
  password?: { authKey: string; share: string; memoryKiB: number; passes: number };
  pin?: { verifier: string; share: string };
};

function addTo(account: Account, add: Added, session: Session, credential: string | undefined): void {
  const blob: Bytes = bytesIn(add.blob);
  if (add.kind === 'password') {
    if (!add.password || !account.secret) return refuse(422, 'unlockers_malformed');
    const { memoryKiB, passes } = add.password;
    Object.assign(account.secret, { authKey: bytesIn(add.password.authKey), memoryKiB, passes, unlockerBlob: blob });
    account.vaultShare = bytesIn(add.password.share);
    return;
  }
  const pin = add.pin && {
    device: session.device ?? '',
    pin: { verifier: bytesIn(add.pin.verifier), share: bytesIn(add.pin.share), tries: 10 },
  };
  const passkey = credential === undefined ? {} : { credential };
  account.ways.set(add.unlocker, { kind: add.kind, label: add.label, blob, wrap: blob, ...passkey, ...pin });
}

/** `null` for a passkey that is known and opens nothing. */
function wayOf(account: Account, credential: string): string | null | undefined {
  if (account.bare.includes(credential)) return null;
  return [...account.ways].find(([, way]) => way.credential === credential)?.[0];
}
