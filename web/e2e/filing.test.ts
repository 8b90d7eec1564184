/**
 * What goes to the record and what does not: how far it is from decided to filed, what the record refuses, and what was decided about the
 * wrong patient. A hospital of its own, whose originals stay, so that there is time to look.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { again } from './story/again.ts';
import { choosing } from './story/choosing.ts';
import { letters } from './story/letters.ts';
import { taps } from './story/taps.ts';
import { World } from './story/world.ts';

let open: World | undefined;

function world(): World {
  if (!open) throw new Error('the world is not open');
  return open;
}

describe('to the record', () => {
  beforeAll(async () => {
    open = await World.open('1h');
  });
  beforeEach((context) => {
    context.onTestFailed(() => open?.photograph(context.task.name));
  });
  afterAll(() => open?.close());

  test('two people come in', async () => {
    const { anita, fiona } = world();
    await anita.enrol('The organisation’s');
    await fiona.enrol('The organisation’s');
  });

  for (const chapter of [taps, letters, again, choosing]) chapter(world);

  test('R44 axe finds nothing on these screens, and everything fits a narrow one', () => {
    expect(world().looker.accessibility).toEqual([]);
    expect(world().looker.reflow).toEqual([]);
  });
});
