// @vitest-environment node
import { beforeAll, describe, expect, test, vi } from 'vitest';
import type { Bytes } from '../../crypto/bytes.ts';
import { fromUuidText } from '../../crypto/names.ts';
import { Unreachable } from '../fault.ts';
import type { Remote } from '../remote/remote.ts';
import { Trust } from '../session/trust.ts';
import type { Cabinet } from '../store/cabinet.ts';
import { organisation } from '../testing/account.ts';
import { World } from '../testing/world.ts';
import { Ledger } from './ledger.ts';
import { People } from './people.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

type Asked = { person: string; afterSeq: number };

let world: World;
let anita: string;
let tom: string;
beforeAll(async () => {
  world = await World.open();
  anita = (await world.enrolled('anita.patel', 'Dr Anita Patel')).me;
  tom = (await world.enrolled('tom.reid', 'Tom Reid')).me;
});

/** People who ask a server that answers when it is told to, with `logs` where they differ from the true ones. */
function people(logs: Record<string, Bytes[]> = {}) {
  const questions: { asked: Asked[]; answer: () => void; fail: () => void }[] = [];
  const answer = (asked: Asked[]) => ({
    logs: asked.map(({ person, afterSeq }) => ({
      person,
      entries: (logs[person] ?? world.server.accounts.of(person).log).slice(afterSeq),
    })),
  });
  const remote = {
    people: {
      logs: (asked: Asked[]) =>
        new Promise((resolve, reject) =>
          questions.push({ asked, answer: () => resolve(answer(asked)), fail: () => reject(new Unreachable('logs')) }),
        ),
    },
  } as unknown as Remote;
  const cabinet = { put: () => Promise.resolve() } as unknown as Cabinet;
  const trust = new Trust(remote, world.clock, world.server.hospital.chain);
  const { after } = world.clock;
  const ledger = new Ledger({ remote, cabinet, trust, now: () => world.clock.now(), after, alarmed: () => undefined });
  return { questions, known: new People({ remote, cabinet, trust, ledger, organisation }) };
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 5));

describe('the logs of people', () => {
  test('two threads that need the same person at once ask once, and both have what they need', async () => {
    const { questions, known } = people();
    const both = Promise.all([
      known.ensure([fromUuidText(tom)]),
      known.ensure([fromUuidText(tom), fromUuidText(anita)]),
    ]);
    await settle();
    expect(questions).toHaveLength(1);
    questions[0]?.answer();
    await vi.waitFor(() => expect(questions).toHaveLength(2));
    questions[1]?.answer();
    await both;
    expect(questions.map(({ asked }) => asked.map(({ person }) => person))).toEqual([[tom], [anita]]);
    for (const person of [tom, anita]) expect(known.log(fromUuidText(person))?.current.seq).toBe(3);
  });

  test('a question that failed keeps nobody from asking the next one', async () => {
    const { questions, known } = people();
    const first = known.ensure([fromUuidText(anita)]).catch(() => 'failed');
    const second = known.ensure([fromUuidText(tom)]);
    await settle();
    questions[0]?.fail();
    expect(await first).toBe('failed');
    await vi.waitFor(() => expect(questions).toHaveLength(2));
    questions[1]?.answer();
    await second;
    expect(known.log(fromUuidText(tom))).toBeDefined();
  });

  test('P4 a log that is refused, and somebody else’s log, keep nobody else’s out', async () => {
    const toms = world.server.accounts.of(tom).log;
    for (const wrong of [toms, [...toms].reverse(), [Uint8Array.of(1, 2, 3)]]) {
      const { questions, known } = people({ [anita]: wrong });
      const done = known.ensure([fromUuidText(anita), fromUuidText(tom)]).catch(() => undefined);
      await vi.waitFor(() => expect(questions).toHaveLength(1));
      questions[0]?.answer();
      await done;
      expect(known.log(fromUuidText(anita))).toBeUndefined();
      expect(known.log(fromUuidText(tom))?.current.seq).toBe(3);
    }
  });
});
