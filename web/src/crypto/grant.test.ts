// @vitest-environment node
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { type Bytes, bytesOf, hex } from './bytes.ts';
import { hashLabel } from './domain.ts';
import type { Epoch } from './epoch.ts';
import { type BuiltGrant, buildGrant, openGrant } from './grant.ts';
import { type HistoryGrant, historyGrant } from './layouts/epoch.ts';
import { sign, unpack } from './signed.ts';
import { Hospital, type Staff } from './vectors/hospital.ts';
import { refuses } from './vectors/refuses.ts';
import { Thread, byDevice } from './vectors/thread.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let hospital: Hospital;
let shaw: Staff;
let okoro: Staff;
let lind: Staff;
let patel: Staff;
let thread: Thread;
beforeEach(async () => {
  hospital = await Hospital.found('grant tests');
  shaw = await hospital.join('Dr Maeve Shaw', 'Consultant');
  okoro = await hospital.join('Dr Chidi Okoro', 'Registrar');
  lind = await hospital.join('Sr Ana Lind', 'Ward nurse');
  patel = await hospital.join('Asha Patel', 'Pharmacist');
  thread = await Thread.open(hospital, shaw, { name: 'Ward 7B' });
  await thread.add(shaw, okoro);
  await thread.rotate(shaw);
  await thread.rotate(okoro);
  await thread.add(shaw, lind, { memberRole: 'reader' });
  await thread.add(shaw, patel, { history: true });
  await thread.rotate(shaw);
});

const open = (built: BuiltGrant, person: Staff, epochs: (n: number) => Epoch | undefined = epochOf) =>
  openGrant(built, {
    ...thread.witnesses,
    membership: thread.membership,
    person: person.person,
    epochs,
    seeds: (generation) => person.generations.get(generation),
  });

const epochOf = (n: number) => thread.epochs[n - 1]?.epoch;
const earlier = () => thread.epochs.slice(0, 2);

/** The grant of the first two epochs to Patel, changed, and signed by somebody. */
async function forged(changes: Partial<HistoryGrant>, by = shaw): Promise<BuiltGrant> {
  const { grant, envelopes } = await thread.grant(shaw, patel, earlier());
  const value = { ...unpack(historyGrant, grant).value, person: by.person, device: by.device.id, ...changes };
  return { grant: await sign(historyGrant, value, byDevice(by)), envelopes };
}

test('gives the secrets of earlier epochs to someone who was added with history', async () => {
  const opened = await open(await thread.grant(shaw, patel, earlier()), patel);
  expect(opened.map(({ secret }) => hex(secret))).toEqual(earlier().map(({ secret }) => hex(secret)));
  expect(opened.map(({ epochSecret }) => hex(epochSecret))).toEqual(
    earlier().map(({ epochSecret }) => hex(epochSecret)),
  );
});

test('any member gives it, not only who added, and it stays given when they have left', async () => {
  const built = await thread.grant(okoro, patel, earlier());
  await thread.remove(shaw, okoro);
  expect(await open(built, patel)).toHaveLength(2);
});

test('gives someone with a new identity what was sealed to them before', async () => {
  await okoro.reset();
  await thread.rekey(shaw, okoro);
  const built = await thread.grant(shaw, okoro, earlier());
  expect(await open(built, okoro)).toHaveLength(2);
});

describe('refused', () => {
  test('an add without history gives none of what came before', async () => {
    await refuses(thread.grant(shaw, lind, earlier()), 'not_entitled');
    expect(await open(await thread.grant(shaw, lind, thread.epochs.slice(2)), lind)).toHaveLength(1);
    const built = await forged({
      target: lind.person,
      identity: lind.identityHash,
      membershipSeq: 2,
    });
    await refuses(open(built, lind), 'not_entitled');
  });

  test('a grant to a stranger, or by a reader, a stranger, the target, or a device that is not theirs', async () => {
    const stranger = await hospital.join('Dr Stranger', 'Registrar');
    await refuses(thread.grant(shaw, stranger, earlier()), 'not_entitled');
    await refuses(open(await forged({}, lind), patel), 'not_entitled');
    await refuses(open(await forged({}, stranger), patel), 'not_entitled');
    await refuses(open(await forged({}, patel), patel), 'not_entitled');
    await refuses(open(await forged({ device: okoro.device.id }), patel), 'revoked_device');
    const other = await forged({});
    const value = unpack(historyGrant, other.grant).value;
    const byServer = await sign(historyGrant, value, { kind: 'bind', by: hospital.server.bind });
    await refuses(open({ ...other, grant: byServer }, patel), 'wrong_purpose');
  });

  test('of a revoked device after its revocation', async () => {
    const early = await thread.grant(okoro, patel, earlier());
    const { entryHash } = await thread.send(okoro, 'x');
    const lastAccepted = [{ thread: thread.id, deviceSeq: 1, entry: entryHash }];
    await okoro.revoke(okoro.device.id, { lastAccepted });
    expect(await open(early, patel)).toHaveLength(2);
    await refuses(open(await forged({ issued: hospital.tick() }, okoro), patel), 'revoked_device');
  });

  test('of another thread, for somebody else, for another entry, identity or generation', async () => {
    await refuses(open(await forged({ thread: bytesOf(32) }), patel), 'broken_chain');
    await refuses(open(await forged({}), lind), 'wrong_identity');
    await refuses(open(await forged({ membershipSeq: 1 }), patel), 'not_entitled');
    await refuses(open(await forged({ identity: lind.identityHash }), patel), 'not_entitled');
    await refuses(open(await forged({ generation: 9 }), patel), 'wrong_identity');
  });

  test('to someone who has left, or to whom nothing can be sealed now', async () => {
    const built = await thread.grant(shaw, patel, earlier());
    await patel.revoke(patel.device.id, { reason: 'stolen' });
    await refuses(thread.grant(shaw, patel, earlier()), 'wrong_members');
    await thread.remove(shaw, patel);
    await refuses(open(built, patel), 'not_entitled');
    await refuses(thread.grant(shaw, patel, earlier()), 'not_entitled');
  });

  test('sealed to a generation whose seed is not at hand', async () => {
    const built = await thread.grant(shaw, patel, earlier());
    patel.generations.clear();
    await refuses(open(built, patel), 'wrong_secret');
  });

  test('records that are not in the thread', async () => {
    const records = [{ epoch: 1, record: bytesOf(32) }];
    await refuses(open(await forged({ records }), patel), 'broken_chain');
    await refuses(
      open(await forged({}), patel, () => undefined),
      'broken_chain',
    );
  });

  test('other envelopes than the grant names, and a secret that is not the record’s', async () => {
    const built = await forged({});
    await refuses(open({ ...built, envelopes: built.envelopes.slice(1) }, patel), 'broken_chain');
    await refuses(open({ ...built, envelopes: built.envelopes.toReversed() }, patel), 'broken_chain');
    const swapped = thread.epochs.slice(0, 2).map(({ epoch }, i, all) => ({
      epoch,
      secret: all[(i + 1) % 2]?.secret ?? bytesOf(32),
    }));
    const lying = await buildGrant({
      membership: thread.membership,
      people: hospital.people,
      target: patel.person,
      epochs: swapped,
      author: shaw.author,
      issued: hospital.tick(),
    });
    await refuses(open(lying, patel), 'wrong_secret');
  });

  test('an envelope of an epoch, taken for one of a grant', async () => {
    const place = thread.newest.epoch.core.members.findIndex(({ person }) => hex(person) === hex(patel.person));
    const envelope: Bytes = thread.newest.envelopes[place] ?? bytesOf(0);
    const records = [{ epoch: 3, record: thread.newest.recordHash }];
    const built = await forged({ records, envelopes: await hashLabel('grant-envelopes', envelope) });
    await refuses(open({ ...built, envelopes: [envelope] }, patel), 'wrong_members');
  });
});
