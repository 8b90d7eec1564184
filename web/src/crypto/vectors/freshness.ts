/**
 * `freshness.ts.json`: one thread in which everything happens that ends an epoch, with who may be listed, left out, given history and heard
 * with a complaint at each point of it.
 */

import { type Bytes, bytesOf, hex } from '../bytes.ts';
import { encode } from '../codec.ts';
import { signComplaint } from '../complaint.ts';
import { hashObject } from '../domain.ts';
import { sealEnvelope, toGranted } from '../envelope.ts';
import { type EpochCore, type HistoryGrant, envelope, epochRecord, historyGrant } from '../layouts/epoch.ts';
import { epochCore } from '../layouts/epoch.ts';
import { hashLabel } from '../domain.ts';
import { sign } from '../signed.ts';
import { Hospital, POLICY, type Staff } from './hospital.ts';
import { type KeptEpoch, Thread, byDevice } from './thread.ts';

export type FreshnessVectors = Awaited<ReturnType<typeof freshnessVectors>>;

type Places = { anita: number; leila: number; tom: number; ben: number; dan: number };

export async function freshnessVectors() {
  const hospital = await Hospital.found('freshness');
  const join = (name: string) => hospital.join(name, 'Registrar');
  const anita = await join('Dr Anita Patel');
  const leila = await join('Dr Leila Haddad');
  const tom = await join('Tom Reid');
  const ben = await join('Ben Stone');
  const dan = await join('Dan Ward');
  const thread = await Thread.open(hospital, anita, { name: 'Ward 7B', addBy: 'member' });
  await thread.add(anita, leila);
  await thread.add(anita, tom, { history: true });
  await thread.add(anita, ben);
  const one = await thread.rotate(anita);
  await leila.enrol('own'); // 4
  const phone = leila.devices[0]?.id ?? bytesOf(16);
  await leila.revoke(phone, { reason: 'stolen' }); // 5
  await tom.enrol('own'); // 4
  await tom.revoke(tom.devices[0]?.id ?? bytesOf(16), { reason: 'signed-out' }); // 5
  await ben.reset(); // 4 reset, 5 generation, 6 device
  const drafts = {
    stolen: await craft(thread, anita, one, { leila: 5 }),
    leftOut: await craft(thread, anita, one, {}),
  };
  const two = await thread.rotate(anita);
  await leila.renew(); // 6
  const three = await thread.rotate(anita);
  await anita.renew(); // 4
  await thread.rename(anita, 'Ward 7B, day');
  await thread.rekey(anita, ben);
  const four = await thread.rotate(tom);
  await thread.add(anita, dan);
  await thread.rotate(anita);
  await hospital.renewManifest();

  async function craft(of: Thread, by: Staff, previous: KeptEpoch, change: { leila?: number }): Promise<Bytes> {
    const at = (staff: Staff, seq: number) => staff.log.states[seq - 1];
    const entry = (staff: Staff, seq: number) => ({
      person: staff.person,
      identity: at(staff, 1)?.identity ?? bytesOf(32),
      logHead: at(staff, seq)?.head ?? bytesOf(32),
      generation: 1,
    });
    const members = [entry(anita, 3), ...(change.leila ? [entry(leila, change.leila), entry(tom, 5)] : [])];
    return record(of, by, previous, members);
  }

  async function record(of: Thread, by: Staff, previous: KeptEpoch, members: EpochCore['members']): Promise<Bytes> {
    const core: EpochCore = {
      ...previous.epoch.core,
      epoch: previous.epoch.core.epoch + 1,
      previous: previous.recordHash,
      members: [...members].sort((a, b) => (hex(a.person) < hex(b.person) ? -1 : 1)),
      person: by.person,
      device: by.device.id,
      issued: hospital.tick(),
    };
    const value = { core: encode(epochCore, core), envelopeRoot: of.hospital.random(32) };
    return sign(epochRecord, value, byDevice(by));
  }
  const listedAt = (staff: Staff, seq: number, identity = staff.log.states[0].identity, generation = 1) => ({
    person: staff.person,
    identity,
    logHead: staff.log.states[seq - 1]?.head ?? bytesOf(32),
    generation,
  });
  const a = listedAt(anita, 3);
  const t = listedAt(tom, 5);
  const l = (seq: number, generation = 1) => listedAt(leila, seq, leila.log.states[0].identity, generation);
  const b = (seq: number) => listedAt(ben, seq, ben.log.states[0].identity);
  const records = [
    { what: 'everybody at old heads, whose news the author had not heard', members: [a, t, l(3), b(3)], code: '' },
    { what: 'without those to whom nothing can be sealed', members: [a, t], code: '' },
    { what: 'the old keys of a stolen phone, known to be stolen', members: [a, t, l(5)], code: 'wrong_members' },
    { what: 'the new keys at a head before them', members: [a, t, l(5, 2)], code: 'wrong_members' },
    { what: 'the new keys', members: [a, t, l(6, 2)], code: '' },
    { what: 'the old keys at the head of the new ones', members: [a, t, l(6, 1)], code: 'wrong_members' },
    { what: 'somebody ready is left out', members: [a, l(6, 2)], code: 'wrong_members' },
    {
      what: 'a reset identity that nobody readmitted',
      members: [a, t, { ...b(6), identity: ben.identityHash, generation: 2 }],
      code: 'wrong_identity',
    },
    { what: 'the old identity at the head of the new one', members: [a, t, b(6)], code: 'wrong_identity' },
    { what: 'somebody who is not a member', members: [a, t, listedAt(dan, 3)], code: 'wrong_members' },
  ];
  const grants = [
    { what: 'what was made while a phone was stolen', by: anita, to: leila, epochs: [two], generation: 2, code: '' },
    { what: 'what was made for somebody', by: tom, to: leila, epochs: [three], generation: 2, code: '' },
    { what: 'what was made before a reset', by: anita, to: ben, epochs: [one], generation: 2, code: '' },
    {
      what: 'what was made between a reset and the rekey',
      by: anita,
      to: ben,
      epochs: [two],
      generation: 2,
      code: 'not_entitled',
    },
    {
      what: 'what was made before somebody came without history',
      by: anita,
      to: dan,
      epochs: [four],
      generation: 1,
      code: 'not_entitled',
    },
    {
      what: 'to the identity before the reset',
      by: anita,
      to: ben,
      epochs: [one],
      generation: 1,
      code: 'wrong_identity',
    },
  ];
  const complaints = [
    { what: 'by somebody whose keys they are', by: leila, about: three, code: '' },
    { what: 'by somebody who is not listed', by: leila, about: two, code: 'not_entitled' },
    { what: 'about their own keys', by: anita, about: three, code: 'not_entitled' },
    { what: 'about another record', by: leila, about: three, record: two.recordHash, code: 'broken_chain' },
    { what: 'about keys that are not there', by: leila, about: three, epoch: 9, code: 'rolled_back' },
    { what: 'by a stolen phone', by: leila, about: three, device: 0, code: 'revoked_device' },
    { what: 'of another thread', by: leila, about: three, thread: bytesOf(32), code: 'broken_chain' },
    { what: 'signed by somebody else', by: leila, about: three, key: tom, code: 'bad_signature' },
  ];
  const everybody: [keyof Places, Staff][] = [
    ['anita', anita],
    ['leila', leila],
    ['tom', tom],
    ['ben', ben],
    ['dan', dan],
  ];
  const start: Places = { anita: 3, leila: 3, tom: 3, ben: 3, dan: 3 };
  const issued = one.epoch.core.issued;
  const { rotateAfterMillis: age, rotateAfterMessages: count } = POLICY;
  const first = { epoch: 1, membership: 3, manifests: 1, now: issued + 1, messages: 0 };
  const rotation: {
    what: string;
    at: Places;
    epoch: number;
    membership: number;
    manifests: number;
    now: number;
    messages: number;
    due: boolean;
  }[] = [
    { what: 'nothing happened', at: start, ...first, due: false },
    { what: 'a new device', at: { ...start, leila: 4 }, ...first, due: false },
    { what: 'a lost or stolen device', at: { ...start, leila: 5 }, ...first, due: true },
    { what: 'a new device of another', at: { ...start, tom: 4 }, ...first, due: false },
    { what: 'a device that was signed out', at: { ...start, tom: 5 }, ...first, due: true },
    { what: 'a reset', at: { ...start, ben: 4 }, ...first, due: true },
    { what: 'a new generation', at: { ...start, anita: 4 }, ...first, due: true },
    { what: 'news of somebody who is no member', at: { ...start, dan: 1 }, ...first, due: false },
    { what: 'a membership entry', at: start, ...first, membership: 4, due: true },
    { what: 'a manifest', at: start, ...first, manifests: 2, due: true },
    { what: 'an age that is not too great', at: start, ...first, now: issued + age, due: false },
    { what: 'age', at: start, ...first, now: issued + age + 1, due: true },
    { what: 'one message less than the most', at: start, ...first, messages: count - 1, due: false },
    { what: 'the most messages', at: start, ...first, messages: count, due: true },
    { what: 'a clock that is behind', at: start, ...first, now: issued - 3_600_000, due: false },
    {
      what: 'somebody left out who is still not ready',
      at: { ...start, leila: 5, tom: 5, ben: 6 },
      ...first,
      epoch: 2,
      due: false,
    },
    {
      what: 'somebody left out who is ready again',
      at: { ...start, leila: 6, tom: 5, ben: 6 },
      ...first,
      epoch: 2,
      due: true,
    },
    {
      what: 'somebody with a new identity who is not readmitted',
      at: { ...start, leila: 6, tom: 5, ben: 6 },
      ...first,
      epoch: 3,
      due: false,
    },
  ];
  return {
    manifests: hospital.manifests.map(hex),
    policy: hex(hospital.policy),
    people: everybody.map(([, { person, entries }]) => ({ person: hex(person), log: entries.map(hex) })),
    create: hex(thread.create),
    entries: thread.entries.map(hex),
    epochs: thread.epochs.map((each) => hex(each.record)),
    rotation: rotation.map(({ at, now, ...rest }) => ({
      ...rest,
      now: String(now),
      people: everybody.map(([name, { person }]) => ({ person: hex(person), seq: at[name] })),
    })),
    records: [
      ...(await all(records, async ({ what, members, code }) => ({
        what,
        record: hex(await record(thread, anita, one, members)),
        code,
      }))),
      { what: 'only the author, and others are ready', record: hex(drafts.leftOut), code: 'wrong_members' },
      { what: 'the old keys of a stolen phone beside others', record: hex(drafts.stolen), code: 'wrong_members' },
    ],
    grants: await all(grants, async ({ what, by, to, epochs, generation, code }) => {
      const { grant, envelopes } = await crafted(hospital, thread, { by, to, epochs, generation });
      const seed = to.generations.get(generation) ?? bytesOf(32);
      return { what, person: hex(to.person), seed: hex(seed), grant: hex(grant), envelopes: envelopes.map(hex), code };
    }),
    complaints: await all(complaints, async ({ what, by, about, code, ...lie }) => {
      const given = { record: about.recordHash, epoch: about.epoch.core.epoch, thread: thread.id, ...lie };
      const device = by.devices[lie.device ?? by.devices.length - 1] ?? by.device;
      const signer = lie.key ? lie.key.device.key : device.key;
      const envelopeHash = await hashObject(envelope, about.envelopes[0] ?? bytesOf(0));
      const value = {
        thread: given.thread,
        epoch: given.epoch,
        record: given.record,
        problem: 'wrong-secret' as const,
        envelope: envelopeHash,
        issued: hospital.tick(),
      };
      return {
        what,
        complaint: hex(await signComplaint(value, { person: by.person, device: device.id, signer })),
        code,
      };
    }),
  };
}

/** A grant that no honest client would make, in which everything else is right. */
async function crafted(
  hospital: Hospital,
  thread: Thread,
  { by, to, epochs, generation }: { by: Staff; to: Staff; epochs: readonly KeptEpoch[]; generation: number },
): Promise<{ grant: Bytes; envelopes: Bytes[] }> {
  const member = thread.membership.current.members.get(hex(to.person));
  const seal =
    to.log.states.find((state) => state.generation?.generation === generation)?.generation?.seal ?? bytesOf(0);
  const envelopes = await all(epochs, ({ epoch, secret }) =>
    sealEnvelope(epoch.coreHash, toGranted(to.person), seal, secret, { ekm: hospital.random(64) }),
  );
  const value: HistoryGrant = {
    thread: thread.id,
    target: to.person,
    identity: member?.identity ?? bytesOf(32),
    generation,
    membershipSeq: member?.pinnedSeq ?? 0,
    person: by.person,
    device: by.device.id,
    issued: hospital.tick(),
    records: epochs.map(({ epoch }) => ({ epoch: epoch.core.epoch, record: epoch.recordHash })),
    envelopes: await hashLabel('grant-envelopes', Uint8Array.from(envelopes.flatMap((each) => [...each]))),
  };
  return { grant: await sign(historyGrant, value, byDevice(by)), envelopes };
}

/** One after the other: the order decides what is drawn. */
async function all<T, R>(of: readonly T[], make: (one: T) => Promise<R>): Promise<R[]> {
  const made: R[] = [];
  for (const one of of) made.push(await make(one));
  return made;
}
