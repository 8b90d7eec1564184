/**
 * Every way in but the password alone: a PIN on this device, passkeys, and changing what there is (R23 to R25; docs/protocol.md, sections
 * 5.5 to 5.7).
 *
 * Invariants:
 * - A PIN or a PRF result that came over the port is erased when its verb ends, however it ends. Neither is ever sent.
 * - What the vault lists is what there is; the server's list only adds labels and times to it.
 * - A change takes effect here after the server took it, and not otherwise.
 */
import { type Bytes, equal, erase } from '../../crypto/bytes.ts';
import { systemRandom } from '../../crypto/domain.ts';
import { fromUuidText, uuidText } from '../../crypto/names.ts';
import { passkeyWrapKey, prfInput } from '../../crypto/passkey.ts';
import { authKey, stretchPassword, wrapKey } from '../../crypto/password.ts';
import { newLocalKey, pinVerifier, pinWrapKey, stretchPin } from '../../crypto/pin.ts';
import type { Owner } from '../../crypto/unlocker.ts';
import type {
  DeviceKind,
  PasskeyAnswer,
  PasskeyRequest,
  Secret,
  UnlockerRef,
  Way,
  Ways as WaysList,
} from '../contract.ts';
import type { Desk } from '../desk.ts';
import type { Env } from '../env.ts';
import { Fault, codeOf, isProblem } from '../fault.ts';
import { pinProblem } from '../pin.ts';
import type { ServerSession } from '../remote/shapes.ts';
import {
  type FullUnlock,
  type Listed,
  type Unlocked,
  type UnlockerRemote,
  createUnlockerRemote,
  sendable,
} from '../remote/unlockers.ts';
import { pathOf } from '../store/cabinet.ts';
import type { Store } from '../store/store.ts';
import { newUuid } from '../uuid.ts';
import { learnWords } from '../words.ts';
import { newProofKey } from '../remote/prover.ts';
import { bodyOf, change } from './changing.ts';
import { type KeptDevice, keptDevice } from './device.ts';
import { type KeptPin, forgetPin, keptPin } from './keptPin.ts';
import { renewKeys } from './renew.ts';
import { type SignedIn, deviceKindFor, enter, passwordKey, resume } from './signin.ts';
import { triesWords, waysWords } from './waysWords.ts';

learnWords(waysWords);

type Hooks = {
  env: Env;
  now: () => number;
  open: (signedIn: SignedIn) => Promise<void>;
  ready: () => { desk: Desk; session: ServerSession } | undefined;
};

type Half = Awaited<ReturnType<UnlockerRemote['signIn']>> & {
  prf: Secret | undefined;
  proof: CryptoKeyPair;
  credential: string;
};

const patience = 5 * 60_000;
const minPasswordLength = 12;

export class Ways {
  readonly #hooks: Hooks;
  readonly #remote: UnlockerRemote;
  #ticket: Bytes | undefined;
  #half: Half | undefined;
  #forgetHalf: (() => void) | undefined;

  constructor(hooks: Hooks) {
    this.#hooks = hooks;
    this.#remote = createUnlockerRemote(hooks.env.remote.http);
  }

  /** What waits for the rest of a sign-in is dropped. */
  forget(): void {
    this.#forgetHalf?.();
    erase(this.#half?.prf);
    this.#half = undefined;
    this.#ticket = undefined;
  }

  async passkeyOptions({ for: purpose }: { for: 'sign-in' | 'unlock' | 'add' }): Promise<PasskeyRequest> {
    const ask = {
      'sign-in': () => this.#remote.signInOptions(),
      unlock: () => this.#remote.unlockOptions(),
      add: () => this.#remote.addOptions(),
    };
    const { ticket, options } = await ask[purpose]();
    this.#ticket = ticket;
    return { options, prfInput: await prfInput() };
  }

  async unlockWithPin({ pin }: { pin: Secret }): Promise<void> {
    try {
      const { remote, disk: open } = this.#hooks.env;
      const disk = await open();
      const { session } = await remote.session.present();
      const kept = await keptPin(disk, session.person);
      if (!kept || kept.device !== session.device) throw new Fault('pin_gone');
      const person = fromUuidText(session.person);
      const stretched = await stretchPin(pin, fromUuidText(kept.device), kept.key);
      try {
        const verifier = await pinVerifier(stretched, { person, unlocker: kept.unlocker });
        const answer = await this.#tryPin(disk, session.person, verifier);
        const keyOf = (owner: Owner) => pinWrapKey(stretched, answer.unlock.pinShare ?? new Uint8Array(), owner);
        await this.#hooks.open(await resume(disk, answer, keyOf));
      } finally {
        erase(stretched);
      }
    } finally {
      erase(pin);
    }
  }

  async unlockWithPasskey({ credential, prf }: PasskeyAnswer): Promise<void> {
    try {
      const answer = await this.#remote.unlockWithPasskey(this.#takeTicket(), credential);
      if (!prf || answer.unlock.kind !== 'passkey') throw new Fault('passkey_without_key');
      const disk = await this.#hooks.env.disk();
      const signedIn = await resume(disk, answer, (owner) => passkeyWrapKey(prf, owner)).catch(withoutKey);
      await noteOwner(disk, answer.session.person, sendable(credential).id);
      await this.#hooks.open(signedIn);
    } finally {
      erase(prf);
    }
  }

  async passkeySignIn({ credential, prf }: PasskeyAnswer): Promise<{ deviceKnown: boolean; password: boolean }> {
    try {
      const disk = await this.#hooks.env.disk();
      const { id } = sendable(credential);
      // Whose passkey it is can be known only where it was used before; another browser gets a key of its own.
      const proof = (await ownerOf(disk, id))?.dpop ?? (await newProofKey());
      const ticket = this.#takeTicket();
      const answer = await this.#hooks.env.remote.prover.trying(proof, () => this.#remote.signIn(ticket, credential));
      this.forget();
      this.#half = { ...answer, prf: prf?.slice(), proof, credential: id };
      this.#forgetHalf = this.#hooks.env.after(patience, () => this.forget());
      const device = await keptDevice(disk, fromUuidText(answer.session.person));
      return { deviceKnown: device !== undefined, password: !prf || answer.unlock.kind !== 'passkey' };
    } finally {
      erase(prf);
    }
  }

  async finishPasskeySignIn(arg: {
    password?: string;
    device?: DeviceKind;
    agreementAccepted: boolean;
  }): Promise<void> {
    const half = this.#half;
    if (!half) throw new Fault('sign_in_missing');
    const { remote, disk: open } = this.#hooks.env;
    const disk = await open();
    const second = { device: arg.device, agreement: arg.agreementAccepted, now: this.#hooks.now() };
    const kind = deviceKindFor(await keptDevice(disk, fromUuidText(half.session.person)), second);
    const { prf, proof } = half;
    const into = async (unlock: FullUnlock, keyOf: (owner: Owner) => Promise<Bytes>) => {
      const signedIn = await enter(remote, disk, { ...half, unlock }, { ...second, keyOf, kind, proof });
      this.forget();
      await noteOwner(disk, half.session.person, half.credential);
      await this.#hooks.open(signedIn);
    };
    if (arg.password !== undefined) {
      await this.#withPassword(half.session.userName, arg.password, ({ unlock }, stretched) =>
        into(unlock, passwordKey(stretched, unlock)),
      );
      return;
    }
    if (!prf || half.unlock.kind !== 'passkey') throw new Fault('passkey_without_key');
    await into(half.unlock, (owner) => passkeyWrapKey(prf, owner)).catch(withoutKey);
  }

  async prove(arg: { password: string } | PasskeyAnswer): Promise<void> {
    if ('password' in arg) {
      const { session } = this.#open();
      await this.#withPassword(session.userName, arg.password, async () => undefined);
      return;
    }
    try {
      await this.#remote.unlockWithPasskey(this.#takeTicket(), arg.credential);
    } finally {
      erase(arg.prf);
    }
  }

  async list(): Promise<WaysList> {
    const { desk, session } = this.#open();
    const [{ unlockers, passkeysWithoutPRF }, about, kept] = await Promise.all([
      this.#remote.list(),
      this.#hooks.env.remote.about(),
      keptPin(await this.#hooks.env.disk(), session.person),
    ]);
    await desk.vault.reload();
    const inVault = desk.vault.account.vault.vault.unlockers;
    const others = (id: string) => inVault.some((each) => each.kind !== 'pin' && uuidText(each.unlocker) !== id);
    const ways = inVault.map((each): Way => {
      const id = uuidText(each.unlocker);
      const known = unlockers.find(({ unlocker }) => unlocker === id);
      return {
        ...wayOf(known, { id, kind: each.kind, addedAt: each.added }),
        // One that is used up is no longer kept here, and is this device's all the same.
        here:
          each.kind === 'pin' &&
          ((kept !== undefined && equal(kept.unlocker, each.unlocker)) || known?.device === session.device),
        gone: known === undefined || known.gone,
        opens: true,
        removable: others(id),
      };
    });
    const bare = passkeysWithoutPRF.map(
      (each): Way => ({
        ...wayOf(each, { id: each.credential ?? '', kind: 'passkey', addedAt: each.addedAt }),
        here: false,
        gone: false,
        opens: false,
        removable: true,
      }),
    );
    return { ways: [...ways, ...bare], passkeys: about.passkeys, minPasswordLength, username: session.userName };
  }

  async setPin({ pin, label }: { pin: Secret; label: string }): Promise<void> {
    try {
      if (pinProblem(pin)) throw new Fault('pin_weak');
      const { session } = this.#open();
      const disk = await this.#hooks.env.disk();
      const device = session.device ?? '';
      const key = await newLocalKey();
      const stretched = await stretchPin(pin, fromUuidText(device), key);
      const owner = this.#newOwner(session);
      const share = systemRandom(32);
      const secret = await pinWrapKey(stretched, share, owner);
      const verifier = await pinVerifier(stretched, owner);
      erase(stretched);
      const old = await this.#listedPin(disk, session);
      await change(
        this.#open().desk,
        { add: { unlocker: owner.unlocker, kind: 'pin', key: secret }, ...(old ? { remove: [old] } : {}) },
        (changed) => this.#remote.change(bodyOf(changed, { owner, kind: 'pin', label, pin: { verifier, share } })),
      ).finally(() => erase(secret));
      const value: KeptPin = { unlocker: owner.unlocker, key, device };
      await disk.change({ put: [[pathOf('pin', session.person, ''), value]] });
    } finally {
      erase(pin);
    }
  }

  async addPasskey({ credential, prf, label }: PasskeyAnswer & { label: string }): Promise<{ opens: boolean }> {
    try {
      const { session } = this.#open();
      const ticket = this.#takeTicket();
      const { id } = sendable(credential);
      const note = async () => noteOwner(await this.#hooks.env.disk(), session.person, id);
      if (!prf) {
        await this.#remote.addPasskey(ticket, credential, label);
        await note();
        return { opens: false };
      }
      const owner = this.#newOwner(session);
      const key = await passkeyWrapKey(prf, owner);
      const add = { unlocker: owner.unlocker, kind: 'passkey', key } as const;
      await change(this.#open().desk, { add }, (changed) =>
        this.#remote.addPasskey(ticket, credential, label, bodyOf(changed, { owner, kind: 'passkey', label })),
      ).finally(() => erase(key));
      await note();
      return { opens: true };
    } finally {
      erase(prf);
    }
  }

  async changePassword({ old, password, label }: { old?: string; password: string; label: string }): Promise<void> {
    if (Array.from(password).length < minPasswordLength) throw new Fault('password_short');
    const { desk, session } = this.#open();
    if (old !== undefined) await this.#withPassword(session.userName, old, async () => undefined);
    const { argonMemoryKiB: memoryKiB, argonPasses: passes } = desk.vault.account.policy;
    const { salt } = await this.#hooks.env.remote.signIn.parameters(session.userName);
    const stretched = await stretchPassword(password, { salt, memoryKiB, passes });
    const owner = this.#newOwner(session);
    const share = systemRandom(32);
    const key = await wrapKey(stretched, share, owner);
    try {
      const proof = { authKey: await authKey(stretched), share, memoryKiB, passes };
      await desk.vault.reload();
      const before = desk.vault.account.vault.vault.unlockers.find(({ kind }) => kind === 'password')?.unlocker;
      if (before && old === undefined) throw new Fault('password_wrong');
      await change(
        this.#open().desk,
        { add: { unlocker: owner.unlocker, kind: 'password', key }, ...(before ? { remove: [before] } : {}) },
        (changed) => this.#remote.change(bodyOf(changed, { owner, kind: 'password', label, password: proof })),
      );
    } finally {
      erase(stretched, key);
    }
  }

  async removeUnlocker({ id, opens }: { id: string; opens: boolean }): Promise<void> {
    const { session } = this.#open();
    if (!opens) {
      await this.#remote.removePasskey(id);
      return;
    }
    const remove = fromUuidText(id);
    await change(this.#open().desk, { remove: [remove] }, (changed) => this.#remote.change(bodyOf(changed)));
    const disk = await this.#hooks.env.disk();
    const kept = await keptPin(disk, session.person);
    if (kept && equal(kept.unlocker, remove)) await forgetPin(disk, session.person);
  }

  /** New keys after a loss, without what was on the lost device. */
  async renewKeys(arg: { remove: readonly UnlockerRef[] }): Promise<void> {
    await renewKeys(this.#open().desk, this.#remote, arg.remove);
  }

  #open(): { desk: Desk; session: ServerSession } {
    const ready = this.#hooks.ready();
    if (!ready) throw new Fault('locked');
    return ready;
  }

  #takeTicket(): Bytes {
    const ticket = this.#ticket;
    this.#ticket = undefined;
    if (!ticket) throw new Fault('ticket_spent');
    return ticket;
  }

  #newOwner({ person }: ServerSession): Owner {
    return { person: fromUuidText(person), unlocker: fromUuidText(newUuid(this.#hooks.now())) };
  }

  async #tryPin(disk: Store, person: string, verifier: Bytes): Promise<Unlocked> {
    try {
      return await this.#remote.unlockWithPin(verifier);
    } catch (thrown) {
      if (isProblem(thrown, 'pin_wrong')) throw new Fault('pin_wrong', triesWords(Number(thrown.details['triesLeft'])));
      if (isProblem(thrown, 'pin_gone')) await forgetPin(disk, person);
      throw thrown;
    }
  }

  async #withPassword(
    userName: string,
    password: string,
    then: (answer: Unlocked, stretched: Bytes) => Promise<void>,
  ): Promise<void> {
    const stretched = await stretchPassword(password, await this.#hooks.env.remote.signIn.parameters(userName));
    try {
      await then(await this.#remote.unlock(await authKey(stretched)), stretched);
    } finally {
      erase(stretched);
    }
  }

  /** The PIN that a new one of this device takes the place of. */
  async #listedPin(disk: Store, { person }: ServerSession): Promise<Bytes | undefined> {
    const { desk } = this.#open();
    const kept = await keptPin(disk, person);
    await desk.vault.reload();
    const { unlockers } = desk.vault.account.vault.vault;
    const listed = (id: Bytes) => unlockers.some(({ unlocker }) => equal(unlocker, id));
    if (kept && listed(kept.unlocker)) return kept.unlocker;
    // One whose tries are used up, here or elsewhere, would stay in the list for ever; and this device has one PIN only.
    const { unlockers: served } = await this.#remote.list();
    const { session } = this.#open();
    const old = served.find(({ kind, gone, device }) => kind === 'pin' && (device === session.device || gone));
    const id = old?.unlocker === undefined ? undefined : fromUuidText(old.unlocker);
    return id && listed(id) ? id : undefined;
  }
}

function wayOf(known: Listed | undefined, own: Pick<Way, 'id' | 'kind' | 'addedAt'>) {
  return {
    ...own,
    label: known?.label ?? '',
    ...(known?.lastUsedAt === undefined ? {} : { lastUsedAt: known.lastUsedAt }),
    current: known?.current ?? false,
  };
}

/** Another secret than when the passkey was added: the authenticator was reset, or the passkey was moved without it. */
function withoutKey(thrown: unknown): never {
  throw codeOf(thrown) === 'wrong_secret' ? new Fault('passkey_without_key') : thrown;
}

/** Which person of this browser a passkey belongs to, by the ids of those that were used here. */
async function ownerOf(disk: Store, credential: string): Promise<KeptDevice | undefined> {
  const noted = (await disk.all('passkey/')).find(([name]) => name.endsWith(`/${credential}`));
  const person = noted?.[0].split('/')[1];
  return person === undefined ? undefined : keptDevice(disk, fromUuidText(person));
}

function noteOwner(disk: Store, person: string, credential: string): Promise<void> {
  return disk.change({ put: [[pathOf('passkey', person, credential), true]] });
}
