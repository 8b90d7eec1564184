// @vitest-environment node
/** P3: the officers sign the next manifest while people are signed in, and a link that says whose server it is not. */
import { beforeEach, expect, test, vi } from 'vitest';
import { equal } from '../../crypto/bytes.ts';
import { decode } from '../../crypto/codec.ts';
import { epochCore, epochRecord } from '../../crypto/layouts/epoch.ts';
import { unpack } from '../../crypto/signed.ts';
import { Browser, World, password, refusalOf } from '../testing/world.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let world: World;
let anita: Browser;
let fiona: Browser;
beforeEach(async () => {
  world = await World.open();
  anita = await world.enrolled('anita.patel', 'Dr Anita Patel');
  fiona = await world.enrolled('fiona.kerr', 'Dr Fiona Kerr');
});

const versionOf = async (browser: Browser) => (await browser.ask.about()).manifest.version;

function newestRecord(thread: string) {
  const record = world.server.thread(thread).epochs.at(-1)?.record ?? new Uint8Array();
  return decode(epochCore, unpack(epochRecord, record).value.core);
}

test('P3 people who are signed in follow the next manifest, and new keys go to its officers', async () => {
  const { thread } = await anita.ask.createTeam({ name: 'Outliers', people: [fiona.me], reason: 'care-team' });
  await anita.say(thread, 'before');
  await fiona.sees(thread, 'before');
  await world.server.renew('audit', 'bind', 'remove', 'assert');
  await anita.say(thread, 'after');
  await fiona.sees(thread, 'after');
  const { chain } = world.server.hospital;
  expect(chain.current.version).toBe(2);
  expect(equal(newestRecord(thread).manifest, chain.current.hash)).toBe(true);
  expect([await versionOf(anita), await versionOf(fiona)]).toEqual([2, 2]);
  expect((await anita.ask.about()).manifest.earlier).toHaveLength(1);

  // Somebody who comes now is bound and logged under the new keys, and is believed.
  const kofi = await world.enrolled('kofi.mensah', 'Kofi Mensah');
  await anita.ask.addMember({ thread, person: kofi.me, reason: 'cover', note: '', history: false });
  await anita.say(thread, 'welcome');
  await kofi.sees(thread, 'welcome');
  expect((await anita.ask.connection()).alarm).toBeUndefined();
});

test('P3 what is first done after the change is making a thread with somebody who was bound under the new key', async () => {
  await world.server.renew('audit', 'bind');
  const kofi = await world.enrolled('kofi.mensah', 'Kofi Mensah');
  const { thread } = await fiona.ask.createTeam({ name: 'New', people: [kofi.me], reason: 'care-team' });
  await fiona.say(thread, 'hello');
  await kofi.sees(thread, 'hello');
  expect(newestRecord(thread).manifest).toEqual(world.server.hospital.chain.current.hash);
});

test('P3 a server that goes back to the manifest before is refused', async () => {
  await world.server.renew('audit');
  await anita.ask.lock();
  await anita.ask.unlock({ password });
  expect(await versionOf(anita)).toBe(2);
  await anita.ask.lock();
  const { manifests } = world.server.hospital;
  const newest = manifests.pop();
  expect((await refusalOf(anita.ask.unlock({ password }))).code).toBe('rolled_back');
  if (newest) manifests.push(newest);
  await anita.ask.unlock({ password });
});

test('P3 a link is held against the chain, and what it shows is what it carries', async () => {
  const link = async () => ({
    token: world.invite('kofi.mensah', 'Kofi Mensah').token,
    fingerprint: await world.server.fingerprint(),
  });
  const printed = await link();
  await world.server.renew('audit');
  const kofi = new Browser(world);
  const { manifest } = await kofi.ask.startEnrolment({
    token: printed.token,
    manifestFingerprint: printed.fingerprint,
  });
  expect(manifest).toMatchObject({ version: 1, newest: 2 });
  expect(manifest.fingerprint).toMatch(/^[0-9a-f]{64}$/);
  const other = `${printed.fingerprint.startsWith('A') ? 'B' : 'A'}${printed.fingerprint.slice(1)}`;
  const refused = await refusalOf(kofi.ask.startEnrolment({ token: printed.token, manifestFingerprint: other }));
  expect(refused.code).toBe('broken_chain');
});

test.each(['', 'A', 'A'.repeat(42), 'A'.repeat(44), '!'.repeat(43)])(
  'P3 with "%s" for a fingerprint nothing is asked of the server',
  async (manifestFingerprint) => {
    const { token } = world.invite('kofi.mensah', 'Kofi Mensah');
    world.server.asked.length = 0;
    const refused = await refusalOf(new Browser(world).ask.startEnrolment({ token, manifestFingerprint }));
    expect(refused.code).toBe('enrolment_link_cut');
    expect(world.server.asked.filter((route) => route.includes('enrolment'))).toEqual([]);
  },
);
