// @vitest-environment node
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { bytesOf, hex } from './bytes.ts';
import { type Create, add, create, link, memberRole, rekey, remove, rename } from './layouts/membership.ts';
import { followMembership, mayPost, memberOf, membershipAt, verifyMembership } from './membership.ts';
import { type Signing, sign, unpack } from './signed.ts';
import { Hospital, type Staff } from './vectors/hospital.ts';
import { refuses } from './vectors/refuses.ts';
import { Thread, byDevice } from './vectors/thread.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let hospital: Hospital;
let shaw: Staff;
let okoro: Staff;
let lind: Staff;
let patel: Staff;
beforeEach(async () => {
  hospital = await Hospital.found('membership tests');
  shaw = await hospital.join('Dr Maeve Shaw', 'Consultant');
  okoro = await hospital.join('Dr Chidi Okoro', 'Registrar');
  lind = await hospital.join('Sr Ana Lind', 'Ward nurse');
  patel = await hospital.join('Asha Patel', 'Pharmacist');
});

/** Shaw owns, Okoro is a member, Lind a reader. */
async function team(changes: Partial<Create> = {}): Promise<Thread> {
  const thread = await Thread.open(hospital, shaw, { name: 'Ward 7B', ...changes });
  await thread.add(shaw, okoro);
  await thread.add(shaw, lind, { memberRole: 'reader' });
  return thread;
}

const roles = (thread: Thread) =>
  [shaw, okoro, lind, patel].map(({ person }) => memberOf(thread.membership.current, person)?.role ?? null);

describe('create', () => {
  test('its hash is the thread, its author an owner', async () => {
    const thread = await team();
    expect(thread.membership.current.head).not.toEqual(thread.id);
    expect(membershipAt(thread.membership, 0, thread.id).members.size).toBe(1);
    expect(roles(thread)).toEqual(['owner', 'member', 'reader', null]);
  });

  test('a patient or direct thread has no name that the server sees', async () => {
    await refuses(Thread.open(hospital, shaw, { space: 'patient', name: 'John Smith' }), 'not_entitled');
    await refuses(Thread.open(hospital, shaw, { space: 'direct', name: 'x' }), 'not_entitled');
  });

  test('signed by another device, person or key, or under a manifest of nobody', async () => {
    await refuses(Thread.open(hospital, shaw, { device: okoro.device.id }), 'revoked_device');
    await refuses(Thread.open(hospital, shaw, { person: okoro.person }), 'revoked_device');
    await refuses(Thread.open(hospital, shaw, { identity: okoro.identityHash }), 'wrong_identity');
    await refuses(Thread.open(hospital, shaw, { manifest: bytesOf(32) }), 'broken_chain');
    const { value } = unpack(create, (await team()).create);
    const byServer = await sign(create, value, { kind: 'bind', by: hospital.server.bind });
    const witnesses = { chain: hospital.chain, people: hospital.people };
    await refuses(verifyMembership(byServer, [], witnesses), 'wrong_purpose');
    await refuses(verifyMembership(await sign(create, value), [], witnesses), 'bad_signature');
    await refuses(verifyMembership(await sign(create, value, byDevice(okoro)), [], witnesses), 'wrong_purpose');
  });
});

describe('R31 add', () => {
  test('any member adds where the thread says so, and only an owner where it does not', async () => {
    const open = await team();
    await open.add(okoro, patel);
    expect(roles(open)).toEqual(['owner', 'member', 'reader', 'member']);
    const closed = await team({ addBy: 'owner' });
    await refuses(closed.add(okoro, patel), 'not_entitled');
    await closed.add(shaw, patel);
  });

  test('a stranger, a reader and the server add nobody', async () => {
    const thread = await team();
    await refuses(thread.add(patel, patel), 'not_entitled');
    await refuses(thread.add(lind, patel), 'not_entitled');
    const nobody = { ...thread.next(shaw), person: bytesOf(16), device: bytesOf(16) };
    const forged = {
      ...nobody,
      target: patel.person,
      identity: patel.identityHash,
      memberRole: 'member' as const,
      history: false,
      standby: false,
      until: 0,
      reason: 'other' as const,
      note: null,
    };
    for (const kind of ['bind', 'remove', 'assert', 'audit'] as const) {
      const entry = await sign(add, forged, { kind, by: hospital.server[kind] });
      await refuses(thread.appendSigned(entry), 'not_entitled');
      const inTheirName = await sign(add, { ...forged, ...thread.next(shaw) }, { kind, by: hospital.server[kind] });
      await refuses(thread.appendSigned(inTheirName), 'wrong_purpose');
    }
  });

  test('a member does not add an owner, nobody adds a member again', async () => {
    const thread = await team();
    await refuses(thread.add(okoro, patel, { memberRole: 'owner' }), 'not_entitled');
    await refuses(thread.add(shaw, okoro), 'not_entitled');
  });

  test('only an identity that the person’s own log bound: the server cannot swap a key', async () => {
    const thread = await team();
    const place = thread.next(shaw);
    const swapped = {
      ...place,
      target: patel.person,
      identity: okoro.identityHash,
      memberRole: 'member' as const,
      history: false,
      standby: false,
      until: 0,
      reason: 'care-team' as const,
      note: null,
    };
    await refuses(thread.append(add, swapped, shaw), 'wrong_identity');
    await refuses(thread.append(add, { ...swapped, target: hospital.random(16) }, shaw), 'wrong_identity');
  });

  test('a direct thread has two people, for ever', async () => {
    const direct = await Thread.open(hospital, shaw, { space: 'direct' });
    await direct.add(shaw, okoro);
    await refuses(direct.add(shaw, lind), 'not_entitled');
    await direct.remove(okoro, okoro);
    await refuses(direct.add(shaw, lind), 'not_entitled');
    await direct.add(shaw, okoro);
  });
});

describe('remove', () => {
  test('by an owner, by oneself, in a patient thread by any member', async () => {
    const thread = await team();
    await refuses(thread.remove(okoro, lind), 'not_entitled');
    await thread.remove(lind, lind);
    await thread.remove(shaw, okoro);
    expect(roles(thread)).toEqual(['owner', null, null, null]);
    const patient = await team({ space: 'patient', name: '' });
    await refuses(patient.remove(lind, okoro), 'not_entitled');
    await patient.remove(okoro, lind);
    await refuses(patient.remove(patel, okoro), 'not_entitled');
    await refuses(patient.remove(okoro, patel), 'not_entitled');
  });

  test('R32 the server takes out leavers, movers and lost accounts, and nobody else', async () => {
    const thread = await team();
    const by: Signing = { kind: 'remove', by: hospital.server.remove };
    const nobody = { person: bytesOf(16), device: bytesOf(16), target: okoro.person, note: null };
    const removal = (reason: 'leaver' | 'review' | 'other' | 'added-in-error', changes: object = {}) =>
      ({ ...thread.next(shaw), ...nobody, reason, ...changes }) as const;
    for (const reason of ['review', 'other', 'added-in-error'] as const) {
      await refuses(thread.appendSigned(await sign(remove, removal(reason), by)), 'not_entitled');
    }
    const purposes: Signing[] = [
      { kind: 'bind', by: hospital.server.bind },
      { kind: 'remove', by: hospital.server.bind },
    ];
    const wrong = await sign(remove, removal('leaver'), ...purposes.slice(0, 1));
    await refuses(thread.appendSigned(wrong), 'wrong_purpose');
    await refuses(thread.appendSigned(await sign(remove, removal('leaver'), ...purposes.slice(1))), 'bad_signature');
    await refuses(thread.appendSigned(await sign(remove, removal('leaver'), by, byDevice(shaw))), 'wrong_purpose');
    const half = removal('leaver', { person: shaw.person });
    await refuses(thread.appendSigned(await sign(remove, half, by)), 'revoked_device');
    const elsewhere = removal('leaver', { thread: bytesOf(32) });
    await refuses(thread.appendSigned(await sign(remove, elsewhere, by)), 'broken_chain');
    await thread.appendSigned(await sign(remove, removal('leaver'), by));
    expect(roles(thread)).toEqual(['owner', null, 'reader', null]);
  });

  test('when the last owner goes, the member who is longest there becomes one', async () => {
    const thread = await team();
    await thread.add(okoro, patel);
    await thread.removeLeaver(shaw);
    expect(roles(thread)).toEqual([null, 'owner', 'reader', 'member']);
    await thread.removeLeaver(okoro);
    expect(roles(thread)).toEqual([null, null, 'reader', 'owner']);
    await thread.removeLeaver(patel);
    expect(roles(thread)).toEqual([null, null, 'reader', null]);
  });
});

describe('rekey', () => {
  test('lets a new identity in, by another member only', async () => {
    const thread = await team();
    await okoro.reset();
    await refuses(thread.rename(okoro, 'mine'), 'wrong_identity');
    await refuses(thread.rekey(okoro, okoro), 'wrong_identity');
    await refuses(thread.rekey(lind, okoro), 'not_entitled');
    await thread.rekey(shaw, okoro);
    expect(memberOf(thread.membership.current, okoro.person)?.identity).toEqual(okoro.identityHash);
    await thread.add(okoro, patel);
  });

  test('nobody lets their own new identity in, not even with a device from before', async () => {
    const thread = await team();
    const { author, device } = shaw;
    const place = { ...thread.next(shaw), ...{ person: author.person, device: author.device } };
    await shaw.reset();
    const own = { ...place, target: shaw.person, identity: shaw.identityHash };
    const entry = await sign(rekey, own, { kind: 'device', id: device.id, by: device.key });
    await refuses(thread.appendSigned(entry), 'not_entitled');
  });

  test('to the pinned identity, of a stranger, of oneself, to an identity of somebody else', async () => {
    const thread = await team();
    await refuses(thread.rekey(shaw, okoro), 'not_entitled');
    await refuses(thread.rekey(shaw, patel), 'not_entitled');
    await refuses(thread.rekey(shaw, shaw), 'not_entitled');
    const other = { ...thread.next(shaw), target: okoro.person, identity: patel.identityHash };
    await refuses(thread.append(rekey, other, shaw), 'wrong_identity');
  });
});

describe('role, rename, link', () => {
  test('only an owner changes roles, and the last owner stays one', async () => {
    const thread = await team();
    await refuses(thread.role(okoro, lind, 'member'), 'not_entitled');
    await refuses(thread.role(shaw, shaw, 'member'), 'not_entitled');
    await refuses(thread.role(shaw, patel, 'member'), 'not_entitled');
    await thread.role(shaw, okoro, 'owner');
    await thread.role(shaw, shaw, 'reader');
    expect(roles(thread)).toEqual(['reader', 'owner', 'reader', null]);
    const escalate = { ...thread.next(shaw), target: shaw.person, memberRole: 'owner' as const };
    await refuses(thread.append(memberRole, escalate, shaw), 'not_entitled');
  });

  test('only an owner renames, and not a patient or direct thread', async () => {
    const thread = await team();
    await refuses(thread.rename(okoro, 'Mine'), 'not_entitled');
    await thread.rename(shaw, 'Ward 7B nights');
    expect(thread.membership.current.name).toBe('Ward 7B nights');
    const direct = await Thread.open(hospital, shaw, { space: 'direct' });
    await refuses(direct.append(rename, { ...direct.next(shaw), name: 'x' }, shaw), 'not_entitled');
  });

  test('R04 R33 a patient is linked by a member, in a patient thread only', async () => {
    for (const space of ['team', 'announcement', 'social', 'role'] as const) {
      await refuses((await team({ space })).link(shaw, {}), 'not_entitled');
    }
    const patient = await team({ space: 'patient', name: '' });
    await refuses(patient.link(lind, {}), 'not_entitled');
    await patient.link(okoro, {});
    expect(patient.membership.current.links).toHaveLength(1);
  });

  test('R11 linked again only by somebody who may post, and to another assertion; all links stay in their order', async () => {
    const patient = await team({ space: 'patient', name: '', postBy: 'owner' });
    await patient.link(okoro, {});
    const [first] = patient.membership.current.links;
    await refuses(patient.link(okoro, { family: 'Smythe' }), 'not_entitled');
    await refuses(patient.link(lind, { family: 'Smythe' }), 'not_entitled');
    const again = { ...patient.next(shaw), tag: bytesOf(32), assertion: first?.assertion ?? bytesOf(32) };
    await refuses(patient.append(link, again, shaw), 'not_entitled');
    const before = patient.membership;
    await patient.link(shaw, { nhsNumber: '9990475466', superseded: '9434765919' });
    const { links, seq, head } = patient.membership.current;
    expect(links).toHaveLength(2);
    expect(links[0]).toEqual(first);
    expect(membershipAt(patient.membership, seq, head).links).toEqual(links);
    expect(membershipAt(patient.membership, before.current.seq, before.current.head).links).toEqual([first]);
    expect(before.current.links).toEqual([first]);
  });
});

describe('the chain', () => {
  test('an entry that is replayed, skipped, of another thread or of another branch is refused', async () => {
    const thread = await team();
    const other = await team({ nonce: bytesOf(16) });
    const value = (changes: object) => ({ ...thread.next(shaw), name: 'x', ...changes });
    const wrong = [{ seq: 4 }, { seq: 2 }, { previous: bytesOf(32) }, { thread: other.id }];
    for (const change of wrong) {
      await refuses(thread.append(rename, value(change), shaw), 'broken_chain');
    }
    const last = thread.entries.at(-1) ?? bytesOf(0);
    await refuses(thread.appendSigned(last), 'broken_chain');
    await refuses(thread.appendSigned(other.entries[1] ?? last), 'broken_chain');
  });

  test('a split view: two entries with one predecessor are two logs, and a head names one of them', async () => {
    const thread = await team();
    const before = thread.membership;
    await thread.rename(shaw, 'This');
    const { seq, head } = thread.membership.current;
    const place = { ...thread.next(shaw), seq, previous: before.current.head };
    const rival = await sign(rename, { ...place, name: 'That' }, byDevice(shaw));
    const fork = await followMembership(before, [rival], thread.witnesses);
    expect(fork.current.seq).toBe(seq);
    await refuses(() => membershipAt(fork, seq, head), 'broken_chain');
    await refuses(() => membershipAt(fork, seq + 1, head), 'broken_chain');
  });

  test('something that is no entry is refused', async () => {
    const thread = await team();
    await refuses(thread.appendSigned(thread.create), 'malformed');
  });
});

describe('R22 a revoked device', () => {
  test('writes nothing more, and nothing into the past; what it wrote before stays', async () => {
    const thread = await team();
    const phone = okoro.device;
    await thread.add(okoro, patel);
    const entry = thread.membership.current.head;
    await okoro.revoke(phone.id, { lastAccepted: [{ thread: thread.id, deviceSeq: 0, entry }] });
    const verify = () => verifyMembership(thread.create, thread.entries, thread.witnesses);
    expect((await verify()).current.head).toEqual(entry);
    const backdated = { ...thread.next(okoro), issued: 1, name: 'x' };
    await refuses(thread.append(rename, backdated, okoro), 'revoked_device');
    const unplaced = { chain: hospital.chain, people: hospital.people };
    await refuses(verifyMembership(thread.create, thread.entries, unplaced), 'revoked_device');
  });

  test('of which nothing was accepted in a thread wrote nothing there', async () => {
    const thread = await team();
    await thread.add(okoro, patel);
    await okoro.revoke(okoro.device.id);
    await refuses(verifyMembership(thread.create, thread.entries, thread.witnesses), 'revoked_device');
  });
});

test('who may post', async () => {
  const open = (await team()).membership.current;
  const closed = (await team({ postBy: 'owner' })).membership.current;
  const posting = (membership: typeof open) =>
    [shaw, okoro, lind, patel].filter(({ person }) => mayPost(membership, person)).map(({ person }) => hex(person));
  expect(posting(open)).toEqual([shaw, okoro].map(({ person }) => hex(person)));
  expect(posting(closed)).toEqual([hex(shaw.person)]);
});

test('an author whose log is not known is not believed', async () => {
  const thread = await team();
  const witnesses = { ...thread.witnesses, people: () => undefined };
  await refuses(verifyMembership(thread.create, thread.entries, witnesses), 'wrong_identity');
});
