// @vitest-environment node
import { expect, test, vi } from 'vitest';
import { fromUuidText } from '../../crypto/names.ts';
import { Browser, World, refusalOf, until } from '../testing/world.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

test('R22 R48 a device is ended by a signed entry: it is told at once, what it said stays, and it says no more', async () => {
  const world = await World.open();
  const anita = await world.enrolled('anita.patel', 'Dr Anita Patel');
  const ben = await world.enrolled('ben.okafor', 'Ben Okafor');
  const { thread } = await anita.ask.createDirect({ person: ben.me });
  const phone = new Browser(world);
  await phone.signIn('anita.patel', 'own');
  await phone.online();
  await until('the thread', () => phone.row(thread));
  await phone.say(thread, 'from the phone');
  await anita.sees(thread, 'from the phone');
  await ben.sees(thread, 'from the phone');

  const listed = await anita.ask.ownDevices();
  expect(listed.map(({ kind, current, posture }) => ({ kind, current, posture }))).toEqual([
    { kind: 'own', current: false, posture: 'unknown' },
    { kind: 'trust', current: true, posture: 'unknown' },
  ]);
  const [other, here] = listed;
  if (!other || !here) throw new Error('two devices');
  expect((await refusalOf(anita.ask.endDevice({ device: here.id, reason: 'signed-out' }))).code).toBe('device_current');

  await anita.ask.endDevice({ device: other.id, reason: 'signed-out' });
  await until('the phone to be told', async () => phone.told('locked').length > 0);
  expect(phone.told('locked')).toEqual([{ cause: 'revoked' }]);
  expect(await phone.ask.session()).toMatchObject({ at: 'signed-out' });
  expect((await anita.ask.ownDevices()).find(({ id }) => id === other.id)?.ended).toBeGreaterThan(0);

  const entries = world.server.accounts.named('anita.patel')?.log ?? [];
  expect(entries.length).toBe(5);
  await ben.say(thread, 'after that');
  await anita.sees(thread, 'after that');
  expect(await ben.words(thread)).toEqual(['from the phone', 'after that']);
  const again = new Browser(world);
  await again.signIn('anita.patel', 'trust');
  await again.online();
  await again.sees(thread, 'from the phone');
  expect(fromUuidText(other.id).length).toBe(16);
});

test('R22 everywhere else is signed out at once', async () => {
  const world = await World.open();
  const anita = await world.enrolled('anita.patel', 'Dr Anita Patel');
  const phone = new Browser(world);
  await phone.signIn('anita.patel', 'trust');
  await phone.online();
  expect(await anita.ask.endOtherSessions()).toEqual({ ended: 1 });
  await until('the phone to be told', async () => phone.told('locked').length > 0);
  expect(await anita.ask.session()).toMatchObject({ at: 'ready' });
  expect(await anita.ask.endOtherSessions()).toEqual({ ended: 0 });
});
