/**
 * `story.ts.json`: one small hospital in full, from its founding to a disclosure, as its server and its people hold it.
 *
 * A team thread with every membership act, a direct thread, a patient thread; history granted, members removed by a member
 * and by the server; a second generation, a second device, a stolen one, a forgotten identity; an order opened by two of
 * three seats; a report.
 */

import { type Bytes, bytesOf, hex } from '../bytes.ts';
import { type Opening, type VerifiedOrder, resealShare, verifyOrder } from '../disclosure.ts';
import { proveEnvelope } from '../envelope.ts';
import { sealPublicKey } from '../hpke.ts';
import { base64url, uuidText } from '../names.ts';
import { type DisclosureOrder, disclosureOrder } from '../layouts/disclosure.ts';
import { openMessage, readMessage } from '../message.ts';
import { makeReport } from '../report.ts';
import { sign } from '../signed.ts';
import { Hospital, type SeatSecret, type Staff, bySeat } from './hospital.ts';
import { type KeptEpoch, type KeptMessage, Thread, byDevice } from './thread.ts';

export type StoryVectors = Awaited<ReturnType<typeof storyVectors>>;

export async function storyVectors() {
  const hospital = await Hospital.found('story');
  const shaw = await hospital.join('Dr Maeve Shaw', 'Consultant');
  const okoro = await hospital.join('Dr Chidi Okoro', 'Registrar');
  const lind = await hospital.join('Sr Ana Lind', 'Ward nurse');
  const patel = await hospital.join('Asha Patel', 'Pharmacist');
  const team = await teamStory(hospital, { shaw, okoro, lind, patel });
  const direct = await directStory(hospital, shaw, okoro);
  const patient = await patientStory(hospital, { shaw, okoro, lind });
  const order = await orderStory(hospital, shaw, [team, patient]);
  const report = await reportOf(team, team.messages[0]);
  return {
    manifests: hospital.manifests.map(hex),
    policies: [hex(hospital.policy)],
    seats: hospital.seats.map(({ index, sign: { seed }, sealSeed }) => {
      return { index, signSeed: hex(seed), sealSeed: hex(sealSeed) };
    }),
    people: hospital.staff.map(personJson),
    threads: [team, direct, patient].map(threadJson),
    orders: [order],
    reports: [{ thread: hex(team.id), report: hex(report) }],
  };
}

type Cast = { shaw: Staff; okoro: Staff; lind: Staff; patel: Staff };

async function teamStory(hospital: Hospital, { shaw, okoro, lind, patel }: Cast): Promise<Thread> {
  const team = await Thread.open(hospital, shaw, { name: 'Ward 7B team' });
  await team.add(shaw, okoro, { reason: 'founding' });
  await team.rotate(shaw);
  const first = await team.send(shaw, 'Potassium 6.1 in bay 2, repeat sent.');
  await team.send(okoro, { kind: 'text', text: 'On my way.', replyTo: reference(first) });
  await team.add(okoro, lind, { memberRole: 'reader', note: await team.note(2, 'Covering until Monday') });
  await team.add(shaw, patel, { history: true, reason: 'opinion' });
  await team.rotate(okoro);
  await team.grant(shaw, patel, team.epochs.slice(0, 1));
  await team.role(shaw, lind, 'member');
  await team.rename(shaw, 'Ward 7B and pharmacy');
  await shaw.renew();
  await okoro.enrol('trust');
  await team.rotate(lind);
  await team.send(okoro, 'From my second device.');
  await team.send(shaw, { kind: 'decision', text: 'Hold ramipril.', statements: [reference(first)], background: [] });
  await team.remove(shaw, lind, await team.note(6, 'Back to ward 9'));
  await team.rotate(patel);
  await team.send(patel, 'Stock is in the ward fridge.');
  await stolen(team, patel);
  await team.rotate(shaw);
  await patel.renew();
  await patel.enrol('own');
  await team.rotate(shaw);
  await team.send(patel, 'New phone, old number.');
  await hospital.renewManifest();
  await okoro.reset();
  await team.rotate(shaw);
  await team.rekey(shaw, okoro);
  await team.rotate(okoro);
  await team.grant(patel, okoro, team.epochs.slice(0, 2));
  await team.send(okoro, 'A new start.');
  await team.removeLeaver(patel);
  await team.rotate(shaw);
  await team.send(shaw, 'Two of us left.');
  team.destroy(first, hospital.random(32));
  return team;
}

/** The phone is stolen: its last accepted entry in the thread is its last message. */
async function stolen(thread: Thread, staff: Staff): Promise<void> {
  const last = thread.messages.findLast(({ header }) => hex(header.device) === hex(staff.device.id));
  if (last === undefined) {
    throw new TypeError('the stolen device has sent nothing');
  }
  const { deviceSeq } = last.header;
  await staff.revoke(staff.device.id, {
    reason: 'stolen',
    lastAccepted: [{ thread: thread.id, deviceSeq, entry: last.entryHash }],
  });
}

async function directStory(hospital: Hospital, shaw: Staff, okoro: Staff): Promise<Thread> {
  const direct = await Thread.open(hospital, shaw, { space: 'direct' });
  await direct.add(shaw, okoro, { memberRole: 'owner', reason: 'founding' });
  await direct.rotate(shaw);
  await direct.send(shaw, 'Free for a second opinion?');
  await direct.send(okoro, `Yes. ${'Long. '.repeat(120)}`);
  return direct;
}

async function patientStory(hospital: Hospital, { shaw, okoro, lind }: Omit<Cast, 'patel'>): Promise<Thread> {
  const patient = await Thread.open(hospital, okoro, { space: 'patient' });
  await patient.add(okoro, shaw, { reason: 'founding' });
  await patient.link(okoro, unknown);
  await patient.rotate(okoro);
  const asked = await patient.send(okoro, 'Creatinine 240, was 110. Stop metformin?');
  await patient.add(shaw, lind, { history: true, standby: true, until: hospital.tick() + 3_600_000 });
  await patient.rotate(shaw);
  await patient.grant(okoro, lind, patient.epochs.slice(0, 1));
  // Somebody finds out who it is, and later the number is replaced by another.
  await patient.link(shaw, { needs: 'Hearing loop', restricted: false });
  await patient.rotate(shaw);
  await patient.send(shaw, { kind: 'decision', text: '', statements: [reference(asked)], background: [] });
  await patient.link(okoro, { nhsNumber: '9990475466', superseded: '9434765919' });
  await patient.rotate(okoro);
  return patient;
}

/** The unknown patient, as the hospital writes them down. */
const unknown = {
  nhsNumber: '',
  birthDate: '',
  family: 'Unknown',
  given: 'Kestrel',
  title: '',
  hospitalNumber: 'N0099001',
  reference: 'Patient/N0099001',
  identifiedBy: 'hospital-number',
} as const;

function reference({ header, entryHash }: KeptMessage): { message: string; entry: string } {
  return { message: uuidText(header.message), entry: base64url(entryHash) };
}

async function orderStory(hospital: Hospital, requester: Staff, threads: readonly Thread[]) {
  const caseSeed = hospital.random(32);
  const issued = hospital.tick();
  const listed = threads
    .map((thread) => ({ thread, kept: thread.epochs[0] ?? thread.newest }))
    .sort((a, b) => (hex(a.thread.id) < hex(b.thread.id) ? -1 : 1));
  const value: DisclosureOrder = {
    case: hospital.random(16),
    kind: 'sar',
    basis: 'Subject access request of 30 January 2026',
    requester: requester.person,
    requesterDevice: requester.device.id,
    caseKey: await sealPublicKey(caseSeed),
    reviewer: requester.person,
    reviewerDevice: requester.device.id,
    manifest: hospital.chain.current.hash,
    issued,
    expires: issued + 86_400_000,
    epochs: listed.map(({ thread, kept }) => ({ thread: thread.id, epoch: 1, record: kept.recordHash })),
    messages: listed.map(({ thread }) => ({
      thread: thread.id,
      message: (thread.messages[1] ?? thread.messages[0])?.header.message ?? hospital.random(16),
    })),
  };
  const order = await sign(disclosureOrder, value, byDevice(requester), ...hospital.seats.slice(0, 2).map(bySeat));
  const { chain } = hospital;
  const verified = await verifyOrder(order, { chain, requester: requester.log });
  const shares: Bytes[] = [];
  for (const { kept } of listed) {
    for (const seat of hospital.seats.slice(1)) {
      shares.push(await resealShare(await openingOf(hospital, verified, kept, seat)));
    }
  }
  return {
    order: hex(order),
    caseSeed: hex(caseSeed),
    shares: shares.map(hex),
    opens: listed.map(({ thread, kept }) => ({ thread: hex(thread.id), epoch: 1, secret: hex(kept.secret) })),
  };
}

/** What the officer of a seat has at hand to open their share. */
export async function openingOf(
  { chain, random, tick }: Pick<Hospital, 'chain' | 'random' | 'tick'>,
  order: VerifiedOrder,
  { epoch, envelopes }: KeptEpoch,
  { index: seat, sealSeed: seed }: SeatSecret,
): Promise<Opening> {
  const place = epoch.core.members.length + epoch.core.shares.findIndex((share) => share.seat === seat);
  const envelope = envelopes[place] ?? bytesOf(0);
  const proof = await proveEnvelope(envelopes, place);
  const now = tick();
  return {
    order,
    epoch,
    seat,
    seed,
    envelope,
    proof,
    chain,
    now,
    audited: () => true,
    encapsulation: { ekm: random(64) },
  };
}

async function reportOf(thread: Thread, kept: KeptMessage | undefined): Promise<Bytes> {
  if (kept === undefined) {
    throw new TypeError('nothing to report');
  }
  const read = await readMessage(kept.message);
  const { epochSecret } = thread.epochs[kept.header.epoch - 1] ?? thread.newest;
  return makeReport(kept.message, await openMessage(read, kept.half, epochSecret));
}

function personJson({ person, identity, generations, devices, entries }: Staff) {
  return {
    person: hex(person),
    identitySeed: hex(identity.seed),
    generationSeeds: [...generations].map(([generation, seed]) => ({ generation, seed: hex(seed) })),
    deviceSeeds: devices.map(({ id, key }) => ({ device: hex(id), seed: hex(key.seed) })),
    log: entries.map(hex),
  };
}

function threadJson(thread: Thread) {
  return {
    create: hex(thread.create),
    entries: thread.entries.map(hex),
    epochs: thread.epochs.map(({ record, envelopes, sealedState, secret }) => {
      return {
        record: hex(record),
        envelopes: envelopes.map(hex),
        sealedState: hex(sealedState),
        secret: hex(secret),
      };
    }),
    messages: thread.messages.map(({ message, half, inner, entryHash }) => {
      return { message: hex(message), half: hex(half), inner: hex(inner), entryHash: hex(entryHash) };
    }),
    log: thread.served().map(hex),
    grants: thread.grants.map(({ grant, envelopes }) => ({ grant: hex(grant), envelopes: envelopes.map(hex) })),
    assertion: thread.assertion === null ? null : hex(thread.assertion),
  };
}
