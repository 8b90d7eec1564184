// @vitest-environment node
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { type Bytes, bytesOf, equal, hex } from './bytes.ts';
import { decode, encode } from './codec.ts';
import { hashObject } from './domain.ts';
import { envelopeRoot, proveEnvelope, sealEnvelope, toMember, toSeat } from './envelope.ts';
import { buildEpoch } from './epoch-build.ts';
import { acceptSecret, openEpoch } from './epoch-open.ts';
import { type Epoch, verifyEpoch } from './epoch.ts';
import { secretCommit } from './escrow.ts';
import { sealPublicKey } from './hpke.ts';
import {
  type EpochCore,
  envelope,
  envelopeProof,
  epochCore,
  epochRecord,
  sealedState as sealedStateLayout,
} from './layouts/epoch.ts';
import { memberOf, verifyMembership } from './membership.ts';
import { rotationDue } from './rotation.ts';
import { openState, sealState } from './sealed-state.ts';
import { type Signing, sign } from './signed.ts';
import { Hospital, POLICY, type Staff } from './vectors/hospital.ts';
import { refuses } from './vectors/refuses.ts';
import { type KeptEpoch, Thread, byDevice } from './vectors/thread.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let hospital: Hospital;
let shaw: Staff;
let okoro: Staff;
let lind: Staff;
let thread: Thread;
beforeEach(async () => {
  hospital = await Hospital.found('epoch tests');
  shaw = await hospital.join('Dr Maeve Shaw', 'Consultant');
  okoro = await hospital.join('Dr Chidi Okoro', 'Registrar');
  lind = await hospital.join('Sr Ana Lind', 'Ward nurse');
  thread = await Thread.open(hospital, shaw, { name: 'Ward 7B' });
  await thread.add(shaw, okoro);
  await thread.add(shaw, lind, { memberRole: 'reader' });
  await thread.rotate(shaw);
});

type Changes = { core?: Partial<EpochCore>; root?: Bytes; by?: Signing };

/** A second record that is right but for the changes, as its author signs it. */
async function record({ core, root, by = byDevice(shaw) }: Changes): Promise<Bytes> {
  const first = thread.newest;
  const value: EpochCore = {
    ...first.epoch.core,
    epoch: 2,
    previous: first.recordHash,
    membershipSeq: thread.membership.current.seq,
    membershipHead: thread.membership.current.head,
    issued: hospital.tick(),
    ...core,
  };
  const coreBytes = encode(epochCore, value);
  return sign(epochRecord, { core: coreBytes, envelopeRoot: root ?? first.epoch.envelopeRoot }, by);
}

const verify = (bytes: Bytes, previous: Epoch | null = thread.newest.epoch) =>
  verifyEpoch(bytes, { ...thread.witnesses, membership: thread.membership, previous, fresh: true });

const refusesRecord = async (changes: Changes, code: Parameters<typeof refuses>[1]) =>
  refuses(verify(await record(changes)), code);

test('a record with the list from the logs is accepted', async () => {
  const epoch = await verify(await record({}));
  expect(epoch.core.members.map(({ person }) => hex(person))).toEqual(
    [shaw, okoro, lind].map(({ person }) => hex(person)).sort(),
  );
});

describe('the list of members (P3: the server cannot add a reader)', () => {
  const members = () => thread.newest.epoch.core.members;

  test('a ghost: someone who is not a member', async () => {
    const ghost = await hospital.join('Dr Ghost', 'Nobody');
    const { head } = ghost.log.current;
    const entry = { person: ghost.person, identity: ghost.identityHash, logHead: head, generation: 1 };
    const list = [...members(), entry].sort((a, b) => (hex(a.person) < hex(b.person) ? -1 : 1));
    await refusesRecord({ core: { members: list } }, 'wrong_members');
  });

  test('a member left out, the author left out, nobody listed', async () => {
    const without = (staff: Staff) => members().filter(({ person }) => !equal(person, staff.person));
    await refusesRecord({ core: { members: without(okoro) } }, 'wrong_members');
    await refusesRecord({ core: { members: without(shaw) } }, 'wrong_members');
    await refusesRecord({ core: { members: [] } }, 'wrong_members');
  });

  const withOkoro = (change: Partial<EpochCore['members'][number]>) =>
    members().map((entry) => (equal(entry.person, okoro.person) ? { ...entry, ...change } : entry));

  test('another identity, a head of nobody, a head of somebody else, another generation', async () => {
    const wrong = [
      [{ identity: lind.identityHash }, 'wrong_identity'],
      [{ logHead: bytesOf(32) }, 'wrong_members'],
      [{ logHead: lind.log.current.head }, 'wrong_members'],
      [{ generation: 2 }, 'wrong_members'],
      [{ logHead: okoro.log.states[0].head }, 'rolled_back'],
    ] as const;
    for (const [change, code] of wrong) {
      await refusesRecord({ core: { members: withOkoro(change) } }, code);
    }
  });

  test('an earlier generation than the latest at the head', async () => {
    await okoro.renew();
    const { head } = okoro.log.current;
    await refusesRecord({ core: { members: withOkoro({ logHead: head, generation: 1 }) } }, 'wrong_members');
    await verify(await record({ core: { members: withOkoro({ logHead: head, generation: 2 }) } }));
  });

  test('a new identity gets nothing until a member signs rekey', async () => {
    await okoro.reset();
    const { head } = okoro.log.current;
    const swapped = { identity: okoro.identityHash, logHead: head, generation: 2 };
    await refusesRecord({ core: { members: withOkoro(swapped) } }, 'wrong_identity');
    const kept = { logHead: head, generation: 2 };
    await refusesRecord({ core: { members: withOkoro(kept) } }, 'wrong_identity');
    const { epoch } = await thread.rotate(shaw);
    expect(epoch.core.members.some(({ person }) => equal(person, okoro.person))).toBe(false);
    await thread.rekey(shaw, okoro);
    const next = await thread.rotate(shaw);
    expect(next.epoch.core.members.some(({ person }) => equal(person, okoro.person))).toBe(true);
  });

  test('after a theft a member is left out until there is a new generation, and then may not be', async () => {
    await okoro.revoke(okoro.device.id, { reason: 'stolen' });
    const { epoch } = await thread.rotate(shaw);
    expect(epoch.core.members.some(({ person }) => equal(person, okoro.person))).toBe(false);
    await okoro.renew();
    await okoro.enrol('own');
    await thread.rotate(okoro);
    const { core } = thread.newest.epoch;
    const list = core.members.filter(({ person }) => !equal(person, okoro.person));
    const omitted = { ...core, epoch: 4, previous: thread.newest.recordHash, members: list, issued: hospital.tick() };
    await refusesRecord({ core: omitted }, 'wrong_members');
  });
});

test('an author who is rightly left out makes no record', async () => {
  await shaw.enrol('trust');
  const [lost, kept] = shaw.devices as [Staff['device'], Staff['device']];
  await shaw.revoke(lost.id, { reason: 'lost' });
  const members = thread.newest.epoch.core.members.filter(({ person }) => !equal(person, shaw.person));
  const by = { kind: 'device', id: kept.id, by: kept.key } as const;
  await refusesRecord({ core: { members, device: kept.id }, by }, 'wrong_members');
});

describe('the record', () => {
  test('by a reader, a stranger, someone else’s device, the server, nobody', async () => {
    const as = (staff: Staff) => ({ person: staff.person, device: staff.device.id });
    await refusesRecord({ core: as(lind), by: byDevice(lind) }, 'not_entitled');
    const stranger = await hospital.join('Dr Stranger', 'Registrar');
    await refusesRecord({ core: as(stranger), by: byDevice(stranger) }, 'not_entitled');
    await refusesRecord({ core: { device: okoro.device.id }, by: byDevice(okoro) }, 'revoked_device');
    await refusesRecord({ by: byDevice(okoro) }, 'wrong_purpose');
    await refusesRecord({ by: { ...byDevice(shaw), by: okoro.device.key } }, 'bad_signature');
    await refusesRecord({ by: { kind: 'bind', by: hospital.server.bind } }, 'wrong_purpose');
  });

  test('by a device that is revoked', async () => {
    await okoro.revoke(okoro.device.id);
    const core = { person: okoro.person, device: okoro.device.id };
    await refusesRecord({ core, by: byDevice(okoro) }, 'revoked_device');
  });

  test('of another thread, out of sequence, that follows something else', async () => {
    await refusesRecord({ core: { thread: bytesOf(32) } }, 'broken_chain');
    await refusesRecord({ core: { epoch: 3 } }, 'broken_chain');
    await refusesRecord({ core: { epoch: 1 } }, 'broken_chain');
    await refusesRecord({ core: { previous: bytesOf(32) } }, 'broken_chain');
    await refuses(verify(thread.newest.record), 'broken_chain');
    await refuses(verify(await record({ core: { epoch: 1 } }), null), 'broken_chain');
  });

  test('a membership head that is not there, and one older than the record before had', async () => {
    await refusesRecord({ core: { membershipHead: bytesOf(32) } }, 'broken_chain');
    await refusesRecord({ core: { membershipSeq: 9 } }, 'broken_chain');
    const [first] = thread.membership.entries;
    await refusesRecord({ core: { membershipSeq: 1, membershipHead: first?.hash } }, 'rolled_back');
  });

  test('a manifest of nobody, and an older one', async () => {
    await refusesRecord({ core: { manifest: bytesOf(32) } }, 'broken_chain');
    const older = hospital.chain.current.hash;
    await hospital.renewManifest();
    await refusesRecord({ core: { manifest: older } }, 'rolled_back');
    const context = { ...thread.witnesses, membership: thread.membership, previous: thread.newest.epoch };
    expect((await verifyEpoch(await record({ core: { manifest: older } }), context)).core.manifest).toEqual(older);
    await thread.rotate(shaw);
    const back = { epoch: 3, previous: thread.newest.recordHash, manifest: older };
    await refuses(
      verifyEpoch(await record({ core: back }), { ...context, previous: thread.newest.epoch }),
      'rolled_back',
    );
  });

  test('a ghost officer: one seat more, one less, or another than the manifest has', async () => {
    const { shares } = thread.newest.epoch.core;
    const extra = { seat: 9, commit: bytesOf(32) };
    await refusesRecord({ core: { shares: [...shares, extra] } }, 'wrong_share');
    await refusesRecord({ core: { shares: shares.slice(1) } }, 'wrong_share');
    await refusesRecord({ core: { shares: [...shares.slice(0, 2), extra] } }, 'wrong_share');
  });
});

describe('opening', () => {
  const seedOf = (staff: Staff) => staff.generations.get(1) ?? bytesOf(32);
  const placeOf = ({ epoch }: KeptEpoch, staff: Staff) =>
    epoch.core.members.findIndex(({ person }) => equal(person, staff.person));

  async function open(kept: KeptEpoch, staff: Staff, changes: object = {}) {
    const place = placeOf(kept, staff);
    const sealed = kept.envelopes[place] ?? bytesOf(0);
    const proof = await proveEnvelope(kept.envelopes, place);
    return openEpoch(kept.epoch, {
      person: staff.person,
      seed: seedOf(staff),
      envelope: sealed,
      proof,
      ...changes,
    });
  }

  test('every member opens, and only with their own key', async () => {
    for (const staff of [shaw, okoro, lind]) {
      const opened = await open(thread.newest, staff);
      expect(opened.epochSecret).toEqual(thread.newest.epochSecret);
    }
    await refuses(open(thread.newest, okoro, { seed: seedOf(lind) }), 'wrong_secret');
  });

  test('an envelope for another, without its place, or in another record is refused', async () => {
    const kept = thread.newest;
    const [mine, theirs] = [placeOf(kept, okoro), placeOf(kept, lind)];
    await refuses(open(kept, okoro, { envelope: kept.envelopes[theirs] }), 'broken_chain');
    await refuses(open(kept, okoro, { proof: await proveEnvelope(kept.envelopes, theirs) }), 'broken_chain');
    const short = encode(envelopeProof, { index: mine, count: kept.envelopes.length, path: [] });
    await refuses(open(kept, okoro, { proof: short }), 'broken_chain');
    await refuses(open(kept, okoro, { person: bytesOf(16) }), 'wrong_members');
    const next = await thread.rotate(okoro);
    await refuses(open(next, okoro, { envelope: kept.envelopes[mine] }), 'broken_chain');
  });

  test('an envelope of one purpose or thread does not open as another', async () => {
    const { epoch, secret } = thread.newest;
    const key = await sealPublicKey(seedOf(okoro));
    const forSeat = await sealEnvelope(epoch.coreHash, toSeat(1), key, secret);
    const moved = encode(envelope, { ...decode(envelope, forSeat), ...toMember(okoro.person) });
    const envelopes = thread.newest.envelopes.map((one, i) => (i === placeOf(thread.newest, okoro) ? moved : one));
    const forged = { ...epoch, envelopeRoot: await envelopeRoot(envelopes) };
    await refuses(open({ ...thread.newest, epoch: forged, envelopes }, okoro), 'wrong_secret');
  });

  test('another secret than the committed one', async () => {
    const { epoch } = thread.newest;
    await refuses(acceptSecret(epoch, hospital.random(32)), 'wrong_secret');
    await refuses(acceptSecret(epoch, bytesOf(31)), 'wrong_secret');
  });

  test('P6 an author who gives the officers something else: every member sees it', async () => {
    const { epoch, secret } = thread.newest;
    const wrong = [
      epoch.core.shares.map((share, i) => (i === 1 ? { ...share, commit: bytesOf(32) } : share)),
      epoch.core.shares.map(({ seat }, i, all) => ({ seat, commit: all[(i + 1) % 3]?.commit ?? bytesOf(32) })),
    ];
    for (const shares of wrong) {
      await refuses(acceptSecret({ ...epoch, core: { ...epoch.core, shares } }, secret), 'wrong_share');
    }
  });

  test('the same secret in another thread or epoch is another commitment', async () => {
    const { epoch, secret } = thread.newest;
    const names = [epoch.core, { thread: bytesOf(32), epoch: 1 }, { thread: epoch.core.thread, epoch: 2 }];
    const commits = await Promise.all(names.map((name) => secretCommit(secret, name)));
    expect(new Set(commits.map(hex)).size).toBe(3);
  });

  test('the sealed state is the one that the record names', async () => {
    const { epoch, secret, sealedState } = thread.newest;
    expect(await openState(secret, epoch.core, sealedState)).toEqual({ name: '', assertion: null });
    const other = await sealState(secret, epoch.core, { name: 'other', assertion: null });
    await refuses(openState(secret, epoch.core, other), 'bad_commitment');
    const foreign = await sealState(secret, { thread: bytesOf(32), epoch: 1 }, { name: '', assertion: null });
    const committed = { ...epoch.core, state: await hashObject(sealedStateLayout, foreign) };
    await refuses(openState(secret, committed, foreign), 'bad_commitment');
    const next = await thread.rotate(shaw);
    await refuses(openState(next.secret, next.epoch.core, sealedState), 'bad_commitment');
    await refuses(openState(next.secret, epoch.core, sealedState), 'wrong_secret');
  });
});

test('a removed member is in no later epoch', async () => {
  await thread.remove(shaw, okoro);
  const { epoch } = await thread.rotate(shaw);
  expect(epoch.core.members.some(({ person }) => equal(person, okoro.person))).toBe(false);
  expect(memberOf(epoch.membership, okoro.person)).toBeUndefined();
});

test('two epochs of one thread share no secret, and the record hash enters the epoch secret', async () => {
  const first = thread.newest;
  const second = await thread.rotate(okoro);
  expect(hex(first.secret)).not.toBe(hex(second.secret));
  const moved = await acceptSecret({ ...first.epoch, recordHash: bytesOf(32) }, first.secret);
  expect(hex(moved.epochSecret)).not.toBe(hex(first.epochSecret));
});

test('an author to whom nothing can be sealed makes no epoch', async () => {
  const plan = {
    membership: thread.membership.current,
    previous: thread.newest.epoch,
    chain: hospital.chain,
    people: hospital.people,
    state: thread.state,
    issued: hospital.tick(),
  };
  await shaw.revoke(shaw.device.id, { reason: 'lost' });
  await refuses(buildEpoch({ ...plan, author: shaw.author }), 'wrong_members');
  const stranger = await hospital.join('Dr Stranger', 'Registrar');
  await refuses(buildEpoch({ ...plan, author: stranger.author }), 'wrong_members');
});

describe('when to rotate', () => {
  const due = (changes: object = {}) =>
    rotationDue({
      epoch: thread.newest.epoch,
      membership: thread.membership.current,
      chain: hospital.chain,
      people: hospital.people,
      policy: POLICY,
      now: hospital.tick(),
      messages: 0,
      ...changes,
    });

  test('not while nothing has moved, a new device included', async () => {
    expect(due()).toBeNull();
    await okoro.enrol('trust');
    expect(due()).toBeNull();
  });

  test('where there is no epoch', () => expect(due({ epoch: null })).toBe('first'));

  test('the membership has moved', async () => {
    await thread.rename(shaw, 'x');
    expect(due()).toBe('membership');
  });

  test('a later generation, a revocation, a reset', async () => {
    await lind.renew();
    expect(due()).toBe('person');
    await thread.rotate(shaw);
    await okoro.revoke(okoro.device.id);
    expect(due()).toBe('person');
    await thread.rotate(shaw);
    await lind.reset();
    expect(due()).toBe('person');
    await thread.rotate(shaw);
    expect(due()).toBeNull();
  });

  test('somebody who was left out can be sealed to again', async () => {
    await okoro.revoke(okoro.device.id, { reason: 'stolen' });
    await thread.rotate(shaw);
    expect(due()).toBeNull();
    await okoro.renew();
    expect(due()).toBe('person');
  });

  test('a later manifest', async () => {
    await hospital.renewManifest();
    expect(due()).toBe('manifest');
  });

  test('too old, too many messages', () => {
    const { issued } = thread.newest.epoch.core;
    expect(due({ now: issued + POLICY.rotateAfterMillis })).toBeNull();
    expect(due({ now: issued + POLICY.rotateAfterMillis + 1 })).toBe('age');
    expect(due({ messages: POLICY.rotateAfterMessages - 1 })).toBeNull();
    expect(due({ messages: POLICY.rotateAfterMessages })).toBe('count');
  });
});

test('the log of a thread verifies again from its parts alone', async () => {
  await thread.rotate(okoro);
  const membership = await verifyMembership(thread.create, thread.entries, thread.witnesses);
  let previous: Epoch | null = null;
  for (const { record: bytes } of thread.epochs) {
    previous = await verifyEpoch(bytes, { ...thread.witnesses, membership, previous });
  }
  expect(previous?.core.epoch).toBe(2);
});
