// @vitest-environment node
/** A device that is lost or stolen: ended, and new keys, in one step (docs/protocol.md, sections 5.7 and 7.1). */
import { describe, expect, test, vi } from 'vitest';
import { bytesOf, hex, utf8 } from '../../crypto/bytes.ts';
import { decode, typeOf } from '../../crypto/codec.ts';
import { signed } from '../../crypto/layouts/container.ts';
import { epochCore, epochRecord } from '../../crypto/layouts/epoch.ts';
import { generation, revoke } from '../../crypto/layouts/person.ts';
import { fromUuidText } from '../../crypto/names.ts';
import { sign, unpack } from '../../crypto/signed.ts';
import { Browser, World, password, refusalOf, until } from '../testing/world.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

const changes = 'POST /v1/unlockers';

function passkeyAnswer(id: string, secret: number | undefined) {
  const response = { clientDataJSON: 'AAAA', authenticatorData: 'AAAA', signature: 'AAAA' };
  const credential = { id, rawId: id, type: 'public-key', response };
  return { credential, ...(secret === undefined ? {} : { prf: new Uint8Array(32).fill(secret) }) };
}

/** Anita at a ward PC, with a phone that has a PIN and two passkeys, one of which opens nothing; and Fiona, who writes to her. */
async function ward() {
  const world = await World.open();
  const anita = await world.enrolled('anita.patel', 'Dr Anita Patel');
  const fiona = await world.enrolled('fiona.kerr', 'Dr Fiona Kerr');
  const { thread } = await anita.ask.createDirect({ person: fiona.me });
  const phone = new Browser(world);
  await phone.signIn('anita.patel', 'own');
  await phone.online();
  await phone.ask.setPin({ pin: utf8('270419'), label: 'phone' });
  for (const [id, secret] of [
    ['cred-phone', 7],
    ['cred-bare', undefined],
  ] as const) {
    await phone.ask.passkeyOptions({ for: 'add' });
    await phone.ask.addPasskey({ ...passkeyAnswer(id, secret), label: 'phone' });
  }
  await anita.say(thread, 'before');
  await fiona.sees(thread, 'before');
  const account = world.server.accounts.named('anita.patel');
  const device = (await anita.ask.ownDevices()).find(({ current }) => !current)?.id;
  if (!account || !device) throw new Error('no account or no phone');
  const { ways } = await anita.ask.listUnlockers();
  const onPhone = ways.filter(({ kind }) => kind === 'passkey').map(({ id, opens }) => ({ id, opens }));
  return { world, anita, fiona, phone, thread, account, device, onPhone };
}

const owes = async (browser: Browser) => (await browser.ask.connection()).renew?.why;

/** Whom the newest record of a thread lists, with their generations. */
function listedIn(world: World, thread: string): Record<string, number> {
  const record = world.server.thread(thread).epochs.at(-1)?.record;
  if (!record) throw new Error('no epoch');
  const { members } = decode(epochCore, unpack(epochRecord, record).value.core);
  return Object.fromEntries(members.map(({ person, generation }) => [hex(person), generation]));
}

const idOf = ({ me }: Browser) => hex(fromUuidText(me));

describe('P8 R22 a stolen device', () => {
  test('is ended and the keys are renewed in one step; what was on it goes, and talk goes on under the new keys', async () => {
    const { world, anita, fiona, phone, thread, account, device, onPhone } = await ward();
    expect(onPhone).toHaveLength(2);
    await anita.ask.endDevice({ device, reason: 'stolen', remove: onPhone });
    await until('the phone to be told', async () => phone.told('locked').length > 0);
    expect(await phone.ask.session()).toMatchObject({ at: 'signed-out' });
    expect(await owes(anita)).toBeUndefined();
    // Its PIN went though nobody named it.
    expect([...account.ways.values()]).toEqual([]);
    expect(account.bare).toEqual([]);
    expect((await anita.ask.listUnlockers()).ways.map(({ kind }) => kind)).toEqual(['password']);
    await fiona.say(thread, 'after');
    await anita.sees(thread, 'after');
    expect(listedIn(world, thread)[idOf(anita)]).toBe(2);
    await anita.say(thread, 'and back');
    await fiona.sees(thread, 'and back');
    const elsewhere = new Browser(world);
    await elsewhere.signIn('anita.patel');
    await elsewhere.online();
    for (const text of ['before', 'after', 'and back']) await elsewhere.sees(thread, text);
  });

  test('when the network goes between the two, it is said, stays said after a reload, and a retry ends it', async () => {
    const { world, anita, fiona, thread, account, device, onPhone } = await ward();
    world.server.brokenRoute = { route: changes, when: 'before' };
    const refused = await refusalOf(anita.ask.endDevice({ device, reason: 'lost', remove: onPhone }));
    expect(refused).toMatchObject({
      code: 'keys_not_renewed',
      message: 'The device is signed out for good, but your keys are not renewed yet.',
    });
    expect(refused.hint).toContain('Wardline cannot be reached.');
    expect(await owes(anita)).toBe('lost');
    expect((await anita.ask.ownDevices()).find(({ id }) => id === device)?.ended).toBeGreaterThan(0);
    await until('fiona knows', async () => {
      const { head } = await fiona.view(thread);
      return head.members.find(({ person }) => person.id === anita.me)?.leftOut?.why === 'lost';
    });
    await fiona.say(thread, 'while they are owed');
    expect(Object.keys(listedIn(world, thread))).toEqual([idOf(fiona)]);

    // Said again by who is asked again, and by a new page: it stands in the log.
    expect((await refusalOf(anita.ask.endDevice({ device, reason: 'lost', remove: onPhone }))).code).toBe(
      'keys_not_renewed',
    );
    expect(account.log.length).toBe(5);
    await anita.ask.lock();
    anita.reload();
    await anita.ask.unlock({ password });
    await anita.online();
    expect(await owes(anita)).toBe('lost');
    expect(await anita.words(thread)).not.toContain('while they are owed');

    world.server.brokenRoute = undefined;
    const { ways } = await anita.ask.listUnlockers();
    expect(ways.map(({ kind }) => kind).sort()).toEqual(['passkey', 'password', 'pin']);
    await anita.ask.renewKeys({ remove: onPhone });
    expect(await owes(anita)).toBeUndefined();
    expect(anita.told('connection').at(-1)).not.toHaveProperty('renew');
    expect([...account.ways.values()]).toEqual([]);
    await fiona.say(thread, 'after it');
    await anita.sees(thread, 'after it');
    // By a grant: what was sealed while nothing could be sealed to her.
    await anita.sees(thread, 'while they are owed');
    expect(world.server.thread(thread).grants.filter(({ target }) => target === anita.me)).toHaveLength(1);
  });

  test('a lost answer to the renewal locks, and then the keys are not owed any more', async () => {
    const { world, anita, account, device } = await ward();
    world.server.brokenRoute = { route: changes, when: 'after' };
    expect((await refusalOf(anita.ask.endDevice({ device, reason: 'stolen' }))).code).toBe('keys_not_renewed');
    world.server.brokenRoute = undefined;
    expect((await refusalOf(anita.ask.renewKeys({ remove: [] }))).code).toBe('locked');
    await anita.ask.unlock({ password });
    expect(await owes(anita)).toBeUndefined();
    expect(account.log.length).toBe(6);
  });

  test('R23 both halves need a fresh proof, and the last way in stays', async () => {
    const { world, anita, device } = await ward();
    const session = world.server.accounts.sessions.get(anita.jar.cookie ?? '');
    if (!session) throw new Error('no session');
    const entry = (await anita.ask.listUnlockers()).ways.find(({ kind }) => kind === 'password');
    const passkey = (await anita.ask.listUnlockers()).ways.find(({ kind, opens }) => kind === 'passkey' && opens);
    if (!entry || !passkey) throw new Error('no password or passkey');
    session.proved = false;
    expect((await refusalOf(anita.ask.endDevice({ device, reason: 'stolen' }))).code).toBe('proof_needed');
    expect((await refusalOf(anita.ask.renewKeys({ remove: [] }))).code).toBe('proof_needed');
    await anita.ask.prove({ password });
    const all = [entry, passkey].map(({ id, opens }) => ({ id, opens }));
    expect((await refusalOf(anita.ask.renewKeys({ remove: all }))).code).toBe('last_unlocker');
  });

  test('with nothing on it to remove, the keys are new all the same', async () => {
    const world = await World.open();
    const anita = await world.enrolled('anita.patel', 'Dr Anita Patel');
    const phone = new Browser(world);
    await phone.signIn('anita.patel', 'own');
    await phone.online();
    const device = (await anita.ask.ownDevices()).find(({ current }) => !current)?.id ?? '';
    await anita.ask.endDevice({ device, reason: 'lost' });
    expect(await owes(anita)).toBeUndefined();
    const log = world.server.accounts.named('anita.patel')?.log ?? [];
    expect(typeOf(decode(signed, log.at(-1) ?? bytesOf(0)).object)).toBe(generation.type);
    await anita.ask.lock();
    await anita.ask.unlock({ password });
    expect(await anita.ask.session()).toMatchObject({ at: 'ready' });
  });

  test('reported by the service desk, the person’s own browser is told and says that keys are owed', async () => {
    const { world, anita, device, account, thread } = await ward();
    expect(anita.told('connection').some(({ renew }) => renew)).toBe(false);
    const { ward: inside } = await anita.inside(thread);
    await inside.people.refresh([inside.me.person]);
    const log = inside.people.log(inside.me.person)?.current;
    if (!log) throw new Error('no log');
    const { person, seq, head: previous } = log;
    const place = { person, seq: seq + 1, previous, issued: world.clock.now() };
    const value = { ...place, device: fromUuidText(device), reason: 'stolen', by: 'server', lastAccepted: [] } as const;
    account.log.push(await sign(revoke, value, { kind: 'remove', by: world.server.hospital.server.remove }));
    world.server.accounts.grew(anita.me);
    await until('anita is told', async () => anita.told('connection').at(-1)?.renew?.why === 'stolen');
    await anita.ask.renewKeys({ remove: [] });
    expect(anita.told('connection').at(-1)).not.toHaveProperty('renew');
    expect([...account.ways.values()].map(({ kind }) => kind)).toEqual(['passkey']);
  });
});
