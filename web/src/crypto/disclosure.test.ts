// @vitest-environment node
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { bytesOf, hex } from './bytes.ts';
import { decode, encode } from './codec.ts';
import {
  type Opening,
  type VerifiedOrder,
  listsEpoch,
  openCase,
  openMessageForCase,
  resealShare,
  verifyOrder,
} from './disclosure.ts';
import { hpkeInfo } from './domain.ts';
import { hpkeSeal, sealPublicKey } from './hpke.ts';
import { type DisclosureOrder, caseContext, caseShare, disclosureOrder } from './layouts/disclosure.ts';
import { readMessage } from './message.ts';
import { type Signing, sign } from './signed.ts';
import { Hospital, type Staff, bySeat } from './vectors/hospital.ts';
import { refuses } from './vectors/refuses.ts';
import { openingOf } from './vectors/story.ts';
import { type KeptEpoch, type KeptMessage, Thread, byDevice } from './vectors/thread.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let hospital: Hospital;
let officer: Staff;
let shaw: Staff;
let thread: Thread;
let listed: KeptEpoch;
let unlisted: KeptEpoch;
let named: KeptMessage;
let unnamed: KeptMessage;
let caseSeed: Uint8Array<ArrayBuffer>;
let value: DisclosureOrder;
let order: VerifiedOrder;

beforeAll(async () => {
  hospital = await Hospital.found('disclosure tests');
  officer = await hospital.join('Sam Reed', 'Information governance');
  shaw = await hospital.join('Dr Maeve Shaw', 'Consultant');
  const okoro = await hospital.join('Dr Chidi Okoro', 'Registrar');
  thread = await Thread.open(hospital, shaw, { name: 'Ward 7B' });
  await thread.add(shaw, okoro);
  listed = await thread.rotate(shaw);
  named = await thread.send(shaw, 'in scope');
  unnamed = await thread.send(okoro, 'not in scope');
  unlisted = await thread.rotate(okoro);
  caseSeed = hospital.random(32);
  const issued = hospital.tick();
  value = {
    case: hospital.random(16),
    kind: 'sar',
    basis: 'Subject access request',
    requester: officer.person,
    requesterDevice: officer.device.id,
    caseKey: await sealPublicKey(caseSeed),
    reviewer: officer.person,
    reviewerDevice: officer.device.id,
    manifest: hospital.chain.current.hash,
    issued,
    expires: issued + 86_400_000,
    epochs: [{ thread: thread.id, epoch: 1, record: listed.recordHash }],
    messages: [{ thread: thread.id, message: named.header.message }],
  };
  order = await verify(await signed({}));
});

const seats = (count: number) => hospital.seats.slice(0, count).map(bySeat);
const verify = (bytes: Uint8Array<ArrayBuffer>, requester = officer) =>
  verifyOrder(bytes, { chain: hospital.chain, requester: requester.log });
const signed = (changes: Partial<DisclosureOrder>, ...by: Signing[]) =>
  sign(disclosureOrder, { ...value, ...changes }, ...(by.length > 0 ? by : [byDevice(officer), ...seats(2)]));

async function opening(index: number, changes: Partial<Opening> = {}, kept = listed): Promise<Opening> {
  const seat = hospital.seats[index - 1];
  if (seat === undefined) {
    throw new TypeError('no such seat');
  }
  return { ...(await openingOf(hospital, order, kept, seat)), ...changes };
}

const shareOf = async (index: number) => resealShare(await opening(index));

describe('P6 the order', () => {
  test('by its requester and two of three seats is accepted', () => {
    expect(listsEpoch(order, listed.epoch)).toBe(true);
    expect(listsEpoch(order, unlisted.epoch)).toBe(false);
  });

  test('by one officer, by none, without its requester, or by another device', async () => {
    await refuses(
      signed({}, byDevice(officer), ...seats(1)).then((bytes) => verify(bytes)),
      'not_entitled',
    );
    await refuses(
      signed({}, byDevice(officer)).then((bytes) => verify(bytes)),
      'not_entitled',
    );
    await refuses(
      signed({}, ...seats(3)).then((bytes) => verify(bytes)),
      'bad_signature',
    );
    await refuses(
      signed({}, byDevice(shaw), ...seats(2)).then((bytes) => verify(bytes)),
      'wrong_purpose',
    );
    const twice: Signing[] = [byDevice(officer), ...seats(1), { ...bySeat(hospital.seats[0] ?? none()), index: 2 }];
    await refuses(
      signed({}, ...twice).then((bytes) => verify(bytes)),
      'bad_signature',
    );
  });

  test('in another’s name, under a manifest of nobody, or by a revoked device', async () => {
    await refuses(verify(await signed({}), shaw), 'wrong_identity');
    await refuses(verify(await signed({ manifest: bytesOf(32) })), 'broken_chain');
    const gone = await hospital.join('Lee Gone', 'Information governance');
    const changes = { requester: gone.person, requesterDevice: gone.device.id };
    const bytes = await signed(changes, byDevice(gone), ...seats(2));
    await verify(bytes, gone);
    await gone.revoke(gone.device.id);
    await refuses(verify(bytes, gone), 'revoked_device');
  });
});

describe('an officer', () => {
  test('opens their own share of a listed record, for the case key', async () => {
    const share = decode(caseShare, await shareOf(1));
    expect(share.seat).toBe(1);
    expect(hex(share.order)).toBe(hex(order.hash));
  });

  test('out of scope: a record that the order does not list is not opened', async () => {
    await refuses(opening(1, {}, unlisted).then(resealShare), 'not_entitled');
    const other = { ...listed.epoch, recordHash: bytesOf(32) };
    await refuses(opening(1, { epoch: other }).then(resealShare), 'not_entitled');
  });

  test('opens nothing for an order that is late, of earlier officers, or not in the audit log', async () => {
    await refuses(opening(1, { now: order.expires }).then(resealShare), 'not_entitled');
    await refuses(opening(1, { audited: () => false }).then(resealShare), 'not_entitled');
    await refuses(opening(1, { audited: () => Promise.resolve(false) }).then(resealShare), 'not_entitled');
    const next = { ...hospital.chain, current: { ...hospital.chain.current, hash: bytesOf(32) } };
    await refuses(opening(1, { chain: next }).then(resealShare), 'not_entitled');
  });

  test('asks the audit log before opening', async () => {
    const asked: string[] = [];
    const audited = (hash: Uint8Array) => asked.push(hex(hash)) > 0;
    await refuses(opening(1, { audited, seed: bytesOf(32) }).then(resealShare), 'wrong_secret');
    expect(asked).toEqual([hex(order.hash)]);
  });

  test('does not open another seat’s share, nor one that is not under the root', async () => {
    const [mine, theirs] = [await opening(1), await opening(2)];
    await refuses(resealShare({ ...mine, seed: theirs.seed }), 'wrong_secret');
    await refuses(resealShare({ ...mine, envelope: theirs.envelope }), 'broken_chain');
    await refuses(resealShare({ ...mine, seat: 9 }), 'wrong_members');
    const shares = listed.epoch.core.shares.map((share) => ({ ...share, commit: bytesOf(32) }));
    const core = { ...listed.epoch.core, shares };
    await refuses(resealShare({ ...mine, epoch: { ...listed.epoch, core } }), 'wrong_share');
  });
});

describe('R40 the reviewer', () => {
  test('opens with any two shares, and reads only what the order names', async () => {
    for (const pair of [
      [1, 2],
      [1, 3],
      [3, 2],
    ] as const) {
      const shares = await Promise.all(pair.map(shareOf));
      const opened = await openCase(order, listed.epoch, caseSeed, shares);
      expect(hex(opened.secret)).toBe(hex(listed.secret));
      const read = await readMessage(named.message);
      expect((await openMessageForCase(order, read, named.half, opened)).inner).toEqual(named.inner);
      const other = await readMessage(unnamed.message);
      await refuses(openMessageForCase(order, other, unnamed.half, opened), 'not_entitled');
    }
  });

  test('opens nothing with one share, or one share twice', async () => {
    const share = await shareOf(1);
    await refuses(openCase(order, listed.epoch, caseSeed, [share]), 'not_entitled');
    await refuses(openCase(order, listed.epoch, caseSeed, []), 'not_entitled');
    await refuses(openCase(order, listed.epoch, caseSeed, [share, share]), 'wrong_share');
  });

  test('refuses a share of another order, epoch or seat, and a record out of scope', async () => {
    const [one, two] = [await shareOf(1), await shareOf(2)];
    const fields = decode(caseShare, two);
    const changes = [{ order: bytesOf(32) }, { thread: bytesOf(32) }, { epoch: 2 }];
    for (const change of changes) {
      const moved = encode(caseShare, { ...fields, ...change });
      await refuses(openCase(order, listed.epoch, caseSeed, [one, moved]), 'wrong_share');
    }
    const reseated = encode(caseShare, { ...fields, seat: 3 });
    await refuses(openCase(order, listed.epoch, caseSeed, [one, reseated]), 'wrong_secret');
    await refuses(openCase(order, unlisted.epoch, caseSeed, [one, two]), 'not_entitled');
    await refuses(openCase(order, listed.epoch, hospital.random(32), [one, two]), 'wrong_secret');
  });

  test('refuses a share that an officer made up', async () => {
    const context = { order: order.hash, thread: thread.id, epoch: 1, seat: 2 };
    const sealed = await hpkeSeal(order.caseKey, hpkeInfo(caseContext, context), hospital.random(32));
    const invented = encode(caseShare, { ...context, sealed });
    await refuses(openCase(order, listed.epoch, caseSeed, [await shareOf(1), invented]), 'wrong_share');
  });

  test('one order’s share does not serve another order', async () => {
    const other = await verify(await signed({ case: hospital.random(16) }));
    const shares = await Promise.all([1, 2].map(shareOf));
    await refuses(openCase(other, listed.epoch, caseSeed, shares), 'wrong_share');
  });
});

function none(): never {
  throw new TypeError('no seat');
}
