/** Signing in with both factors, and unlocking a live session with the password alone. What follows the unlocker is the same for all. */
import { type Bytes, equal, erase } from '../../crypto/bytes.ts';
import { openIdentity } from '../../crypto/vault.ts';
import { fromUuidText, uuidText } from '../../crypto/names.ts';
import { authKey, stretchPassword, wrapKey } from '../../crypto/password.ts';
import { verifyPersonLog } from '../../crypto/person.ts';
import { insist } from '../../crypto/refusal.ts';
import { type DeviceKind, ownDeviceAgreement } from '../contract.ts';
import { Fault } from '../fault.ts';
import { newProofKey } from '../remote/prover.ts';
import type { Remote } from '../remote/remote.ts';
import type { ServerSession, Unlock } from '../remote/shapes.ts';
import type { Store } from '../store/store.ts';
import { newUuid } from '../uuid.ts';
import { type Account, type Opening, openAccount } from './account.ts';
import { ownLabel } from './label.ts';
import { keptNewest } from './newest.ts';
import {
  type KeptDevice,
  certify,
  deviceNamed,
  isLive,
  keepDevice,
  keptDevice,
  newDevice,
  proveDevice,
  thumbprintOf,
} from './device.ts';

/** The first factor has been given; the stretched password waits for the second. */
export type HalfSignedIn = { userName: string; ticket: Bytes; stretched: Bytes; device: KeptDevice | undefined };

export type SignedIn = { account: Account; device: KeptDevice; session: ServerSession };

export async function givePassword(
  remote: Remote,
  disk: Store,
  { userName, password }: { userName: string; password: string },
): Promise<HalfSignedIn> {
  const parameters = await remote.signIn.parameters(userName);
  const stretched = await stretchPassword(password, parameters);
  const { ticket } = await remote.signIn.password(userName, await authKey(stretched));
  return { userName, ticket, stretched, device: await deviceNamed(disk, userName) };
}

export type Choice = { device: DeviceKind | undefined; agreement: boolean; now: number };
export type Second = Choice & { code: string };

/** A session that was just opened, which has no device yet. */
export type Fresh = { session: ServerSession; challenge: Bytes; unlock: Unlock };

/** The second factor. A browser that is not a device of the person yet becomes one. */
export async function giveCode(remote: Remote, disk: Store, half: HalfSignedIn, second: Second): Promise<SignedIn> {
  const kind = deviceKindFor(half.device, second);
  // The session is bound to a key from its first moment: the device's, or one that a new device will have.
  const proof = half.device?.dpop ?? (await newProofKey());
  return remote.prover.trying(proof, async () => {
    const fresh = await remote.signIn.code(half.ticket, second.code);
    return enter(remote, disk, fresh, { ...second, keyOf: passwordKey(half.stretched, fresh.unlock), kind, proof });
  });
}

export function deviceKindFor(known: KeptDevice | undefined, { device, agreement }: Choice): DeviceKind {
  const kind = device ?? known?.kind;
  if (!kind) throw new Fault('device_choice_needed');
  if (kind === 'own' && !known && !agreement) throw new Fault('agreement_needed');
  return kind;
}

export type Entering = Choice & { keyOf: Opening['keyOf']; kind: DeviceKind; proof: CryptoKeyPair };

/** Opens the account of a fresh session, whose key is `proof`, and binds the session to this browser. */
export async function enter(
  remote: Remote,
  disk: Store,
  { session, challenge, unlock }: Fresh,
  second: Entering,
): Promise<SignedIn> {
  const account = await open(disk, session, unlock, second.keyOf);
  const kept = await keptDevice(disk, account.person);
  const ours = kept && (await sameKey(kept, second.proof));
  if (ours && isLive(kept, account.log.current, second.now)) {
    const bound = await bind(remote, kept, challenge, second.agreement);
    return { account, device: kept, session: bound };
  }
  return register(remote, disk, { account, session, challenge, second });
}

/** What opens the password's blob. */
export function passwordKey(stretched: Bytes, { vaultShare }: Unlock): Opening['keyOf'] {
  return (owner) => {
    insist(vaultShare !== undefined, 'malformed', 'no vault share');
    return wrapKey(stretched, vaultShare, owner);
  };
}

/** With a live session: no code, and the server releases the share again. */
export async function unlockWithPassword(
  remote: Remote,
  disk: Store,
  session: ServerSession,
  password: string,
): Promise<SignedIn> {
  const stretched = await stretchPassword(password, await remote.signIn.parameters(session.userName));
  try {
    const answer = await remote.session.unlock(await authKey(stretched));
    return await resume(disk, answer, passwordKey(stretched, answer.unlock));
  } finally {
    erase(stretched);
  }
}

/** A session of this browser that was locked. */
export async function resume(
  disk: Store,
  { session, unlock }: { session: ServerSession; unlock: Unlock },
  keyOf: Opening['keyOf'],
): Promise<SignedIn> {
  const account = await open(disk, session, unlock, keyOf);
  const device = await keptDevice(disk, account.person);
  // Without its keys this browser cannot speak for the device that the session is bound to.
  if (!device || session.device !== uuidText(device.device)) throw new Fault('device_needed');
  return { account, device, session };
}

export type CertifyNew = {
  account: Account;
  session: ServerSession;
  challenge: Bytes;
  second: Entering;
};

/** Opens the identity for one signature, certifies this browser, and binds the session to it. */
async function register(
  remote: Remote,
  disk: Store,
  { account, session, challenge, second }: CertifyNew,
): Promise<SignedIn> {
  const { person, log, policy, chain, key } = account;
  const device = await newDevice({
    person,
    kind: second.kind,
    userName: session.userName,
    organisation: session.organisation,
    id: fromUuidText(newUuid(second.now)),
    dpop: second.proof,
  });
  const identity = await openIdentity(key.ak, account.sealedIdentity, account.identity);
  const place = { seq: log.current.seq + 1, previous: log.current.head, issued: second.now };
  const entry = await certify(device, place, { policy, identity });
  const grown = await verifyPersonLog([entry], chain, { from: log });
  await keepDevice(disk, device);
  const bound = await bind(remote, device, challenge, second.agreement, entry);
  return { account: { ...account, log: grown, entries: [...account.entries, entry] }, device, session: bound };
}

async function bind(
  remote: Remote,
  device: KeptDevice,
  challenge: Bytes,
  agreement: boolean,
  entry?: Bytes,
): Promise<ServerSession> {
  const id = uuidText(device.device);
  const signature = await proveDevice(device, challenge);
  const { session } = await remote.session.bind({
    device: id,
    signature,
    agreement,
    ...(entry ? { entry, deviceLabel: ownLabel() } : {}),
    agreementVersion: ownDeviceAgreement,
  });
  insist(session.device === id, 'revoked_device', 'the session is bound to another device');
  return session;
}

async function sameKey(kept: KeptDevice, proof: CryptoKeyPair): Promise<boolean> {
  return equal(kept.thumbprint, await thumbprintOf(proof.publicKey));
}

async function open(disk: Store, session: ServerSession, unlock: Unlock, keyOf: Opening['keyOf']): Promise<Account> {
  const person = fromUuidText(session.person);
  return openAccount({ unlock, keyOf, person, known: await keptNewest(disk, session.person) });
}
