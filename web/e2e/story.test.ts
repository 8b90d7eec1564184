/**
 * The main job, end to end, in two browsers against the real program: two clinicians, one identified patient, one decision in the
 * record, the originals gone. The chapters build on one another and are read in this order.
 */
import { afterAll, beforeAll, beforeEach, describe } from 'vitest';
import { direct } from './story/direct.ts';
import { ending } from './story/ending.ts';
import { directory } from './story/directory.ts';
import { enrolment } from './story/enrolment.ts';
import { form } from './story/form.ts';
import { identity } from './story/identity.ts';
import { keyboard } from './story/keyboard.ts';
import { lockWays } from './story/lock.ts';
import { offline } from './story/offline.ts';
import { patient } from './story/patient.ts';
import { record } from './story/record.ts';
import { session } from './story/session.ts';
import { team } from './story/team.ts';
import { World } from './story/world.ts';
import { wrong } from './story/wrong.ts';

let open: World | undefined;

function world(): World {
  if (!open) throw new Error('the world is not open');
  return open;
}

describe('the main job', () => {
  beforeAll(async () => {
    open = await World.open();
  });
  beforeEach((context) => {
    context.onTestFailed(() => open?.photograph(context.task.name));
  });
  afterAll(() => open?.close());

  for (const chapter of [
    enrolment,
    direct,
    directory,
    team,
    patient,
    record,
    form,
    session,
    lockWays,
    offline,
    keyboard,
    wrong,
    identity,
    ending,
  ])
    chapter(world);
});
