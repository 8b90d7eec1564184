/**
 * Enrolment: from a one-time link to an account with its keys (design of the flows; docs/protocol.md, section 5).
 *
 * The link carries the fingerprint of the root manifest, which did not come from the server; what the server says is held against it
 * before a key is made. The password, the identity seed and every derived key are erased as soon as they have been used.
 */
import { type Bytes, bytesOf, equal, erase } from '../../crypto/bytes.ts';
import { decode } from '../../crypto/codec.ts';
import { hashObject, systemRandom } from '../../crypto/domain.ts';
import { sealPublicKey } from '../../crypto/hpke.ts';
import { nfc } from '../../crypto/layout.ts';
import { signed } from '../../crypto/layouts/container.ts';
import type { Policy } from '../../crypto/layouts/manifest.ts';
import { bind, generation } from '../../crypto/layouts/person.ts';
import type { Vault } from '../../crypto/layouts/vault.ts';
import {
  type Manifest,
  type ManifestChain,
  manifestNamed,
  openPolicy,
  pinOf,
  verifyManifests,
} from '../../crypto/manifest.ts';
import { fromBase64url, fromUuidText } from '../../crypto/names.ts';
import { authKey, stretchPassword, wrapKey } from '../../crypto/password.ts';
import { verifyPersonLog } from '../../crypto/person.ts';
import { insist } from '../../crypto/refusal.ts';
import { sign, unpack } from '../../crypto/signed.ts';
import { publicKeyOfSeed, seedSigner } from '../../crypto/signer.ts';
import { sealUnlocker, wrapAccountKey } from '../../crypto/unlocker.ts';
import { openVault, sealIdentity, sealVault } from '../../crypto/vault.ts';
import { type DeviceKind, ownDeviceAgreement } from '../contract.ts';
import { Fault } from '../fault.ts';
import type { Remote } from '../remote/remote.ts';
import type { Invitation, ServerSession } from '../remote/shapes.ts';
import { newUuid } from '../uuid.ts';
import type { Account } from './account.ts';
import { ownLabel } from './label.ts';
import { type KeptDevice, byIdentity, certify, newDevice } from './device.ts';

/** A link that has been opened and may be spent. */
export type Opened = {
  token: string;
  invitation: Invitation;
  chain: ManifestChain;
  /** The version whose fingerprint the link carries; the newest one is pinned. */
  linked: Manifest;
  policy: Policy;
};

export const minPasswordLength = 12;

export async function openLink(remote: Remote, token: string, manifestFingerprint: string): Promise<Opened> {
  // Without it there is nothing to hold the server against: nothing is asked, and the server's own word is never taken for it.
  const fingerprint = fingerprintIn(manifestFingerprint);
  if (!fingerprint) throw new Fault('enrolment_link_cut');
  const invitation = await remote.enrolment.start(token);
  const chain = await verifyManifests(invitation.manifests, { fingerprint });
  const linked = manifestNamed(chain, fingerprint);
  return { token, invitation, chain, linked, policy: await openPolicy(chain, invitation.policy) };
}

function fingerprintIn(text: string): Bytes | undefined {
  try {
    const fingerprint = fromBase64url(text);
    return fingerprint.length === 32 ? fingerprint : undefined;
  } catch {
    return undefined;
  }
}

export type Choices = { password: string; code: string; device: DeviceKind; agreement: boolean; notice: boolean };

export type Enrolled = { account: Account; device: KeptDevice; session: ServerSession };

export async function completeEnrolment(
  remote: Remote,
  opened: Opened,
  choices: Choices,
  /** Called before the link is spent, so that the device's keys cannot be lost after it. */
  keep: (device: KeptDevice) => Promise<void>,
  now: number,
): Promise<Enrolled> {
  checkChoices(choices);
  const { invitation, policy } = opened;
  const person = fromUuidText(invitation.person);
  const device = await newDevice({
    person,
    kind: choices.device,
    userName: invitation.userName,
    organisation: invitation.organisation,
    id: fromUuidText(newUuid(now)),
  });
  const identitySeed = systemRandom(32);
  // The salt that the server answers for the name, enrolled or not, so that nobody can tell when a name is enrolled.
  const parameters = { salt: invitation.salt, memoryKiB: policy.argonMemoryKiB, passes: policy.argonPasses };
  const stretched = await stretchPassword(choices.password, parameters);
  try {
    const made = await makeKeys(opened, { device, identitySeed, stretched, now });
    await keep(device);
    const completion = {
      token: opened.token,
      code: choices.code,
      authKey: await authKey(stretched),
      ...parameters,
      ...made.sealed,
      deviceKind: choices.device,
      deviceLabel: ownLabel(),
      agreementVersion: ownDeviceAgreement,
      agreement: choices.agreement,
      noticeAccepted: choices.notice,
    };
    const answer = await remote.prover.trying(device.dpop, () => remote.enrolment.complete(completion));
    const account = await checkAnswer(answer.log, made, opened);
    return { account, device, session: answer.session };
  } finally {
    erase(identitySeed, stretched);
  }
}

function checkChoices({ password, device, agreement, notice }: Choices): void {
  if (Array.from(password).length < minPasswordLength) throw new Fault('password_short');
  if (device === 'own' && !agreement) throw new Fault('agreement_needed');
  if (!notice) throw new Fault('notice_needed');
}

type Making = { device: KeptDevice; identitySeed: Bytes; stretched: Bytes; now: number };
type Made = Omit<Account, 'log' | 'entries' | 'policy'> & {
  sealed: {
    log: Bytes[];
    sealedVault: Bytes;
    sealedIdentity: Bytes;
    unlockerBlob: Bytes;
    akWrap: Bytes;
  };
};

async function makeKeys(
  { invitation, chain, policy }: Opened,
  { device, identitySeed, stretched, now }: Making,
): Promise<Made> {
  const { person } = device;
  const publicKey = await publicKeyOfSeed(identitySeed);
  const identity = await seedSigner(identitySeed, publicKey);
  const by = byIdentity(person, identity);
  const manifest = chain.current.hash;

  const first = await sign(
    bind,
    {
      person,
      seq: 1,
      previous: bytesOf(32),
      identity: publicKey,
      displayName: nfc(invitation.displayName),
      role: nfc(invitation.role),
      manifest,
      issued: now,
    },
    by,
  );
  const generationSeed = systemRandom(32);
  const second = await sign(
    generation,
    {
      person,
      seq: 2,
      previous: await hashObject(bind, unpack(bind, first).object),
      generation: 1,
      seal: await sealPublicKey(generationSeed),
      issued: now,
    },
    by,
  );
  const previous = await hashObject(generation, unpack(generation, second).object);
  const third = await certify(device, { seq: 3, previous, issued: now }, { policy, identity });

  const key = { ak: systemRandom(32), akGeneration: 1 };
  const unlocker = fromUuidText(newUuid(now));
  const unlockerSeed = systemRandom(32);
  const seal = await sealPublicKey(unlockerSeed);
  const pin = pinOf(chain);
  const vault: Vault = {
    person,
    version: 1,
    manifestVersion: pin.version,
    manifest: pin.fingerprint,
    generations: [{ generation: 1, seed: generationSeed }],
    unlockers: [{ unlocker, kind: 'password', seal, added: now }],
    bookmarks: [],
  };
  const sealedVault = await sealVault(key, vault, null);
  const sealedIdentity = await sealIdentity(key, { person, publicKey }, identitySeed);
  const blobKey = await wrapKey(stretched, invitation.vaultShare, { person, unlocker });
  const unlockerBlob = await sealUnlocker(
    blobKey,
    { person, unlocker, kind: 'password' },
    { seed: unlockerSeed, identity: publicKey, manifestVersion: pin.version, manifest: pin.fingerprint },
  );
  const akWrap = await wrapAccountKey(key, { person, unlocker, seal }, identity);
  erase(blobKey, unlockerSeed);
  return {
    person,
    identity: { person, publicKey },
    key,
    vault: await openVault(key.ak, sealedVault, person),
    chain,
    sealedIdentity,
    sealed: { log: [first, second, third], sealedVault, sealedIdentity, unlockerBlob, akWrap },
  };
}

/** The server adds its signature to the bind and nothing else. */
async function checkAnswer(entries: Bytes[], made: Made, { chain, policy }: Opened): Promise<Account> {
  const log = await verifyPersonLog(entries, chain);
  const ours = made.sealed.log.map((entry) => decode(signed, entry).object);
  const theirs = entries.map((entry) => decode(signed, entry).object);
  const same = ours.length === theirs.length && ours.every((object, at) => equal(object, theirs[at] ?? bytesOf(0)));
  insist(same, 'broken_chain', 'not the log that was made');
  const { person, identity, key, vault, sealedIdentity } = made;
  return { person, identity, key, vault, sealedIdentity, chain, policy, log, entries };
}
