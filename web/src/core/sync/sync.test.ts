// @vitest-environment node
import { expect, test, vi } from 'vitest';
import { World, until } from '../testing/world.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

test('while the connection stands the time of “last up to date” moves with it, and stops where it was lost', async () => {
  const world = await World.open();
  const anita = await world.enrolled('anita.patel', 'Dr Anita Patel');
  const lastSync = async () => (await anita.ask.connection()).lastSync;
  const enrolled = await lastSync();
  for (let beats = 0; beats < 8; beats++) {
    world.clock.pass(15_000);
    await until('the heartbeat to be answered', async () => (await lastSync()) === world.clock.now());
  }
  const lost = world.clock.now();
  expect(lost).toBeGreaterThan((enrolled ?? 0) + 100_000);
  anita.network(false);
  world.clock.sleep(600_000);
  expect(await anita.ask.connection()).toMatchObject({ state: 'offline', lastSync: lost });
  expect(anita.told('connection').at(-1)).toMatchObject({ state: 'offline', lastSync: lost });
});
