// @vitest-environment node
/** A server that leaves keys out of the log, or shows a log of its own: nothing is sealed, and the person is told. */
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { bytesOf } from '../../crypto/bytes.ts';
import { openCheckpoint } from '../../crypto/checkpoint.ts';
import { fromBase64url } from '../../crypto/names.ts';
import { seedKey } from '../../crypto/vectors/hospital.ts';
import { Browser, World, password, refusalOf, until } from '../testing/world.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

type Answer = {
  logs: { proof?: { index: number; at: number; path: unknown[] } }[];
  checkpoint?: string;
  consistency?: unknown;
};

let world: World;
let anita: Browser;
let fiona: Browser;
beforeEach(async () => {
  world = await World.open();
  anita = await world.enrolled('anita.patel', 'Dr Anita Patel');
  fiona = await world.enrolled('fiona.kerr', 'Dr Fiona Kerr');
});

/** Changes what is answered about logs. */
function lie(change: (answer: Answer) => void | Promise<void>): void {
  world.server.tamper = (route, value) => {
    if (route !== 'POST /v1/people/logs') return value;
    return Promise.resolve(change(value as Answer)).then(() => value);
  };
}

const proofs = (answer: Answer) => answer.logs.flatMap(({ proof }) => (proof ? [proof] : []));
const alarmOf = async (browser: Browser) => (await browser.ask.connection()).alarm;

describe('a key is not sealed to', () => {
  const lies: [string, string, (answer: Answer) => void | Promise<void>][] = [
    ['without a proof', 'not_logged', (answer) => answer.logs.forEach((log) => delete log.proof)],
    ['with the proof of another leaf', 'not_logged', (answer) => proofs(answer).forEach((proof) => (proof.index = 0))],
    ['with another time in its leaf', 'not_logged', (answer) => proofs(answer).forEach((proof) => (proof.at += 1))],
    ['with half of a path', 'not_logged', (answer) => proofs(answer).forEach((proof) => proof.path.pop())],
    [
      'without a checkpoint',
      'not_logged',
      (answer) => {
        delete answer.checkpoint;
      },
    ],
    ['with a checkpoint that is none', 'malformed', (answer) => void (answer.checkpoint = 'hello')],
    [
      'with a checkpoint by another key',
      'bad_signature',
      async (answer) => {
        answer.checkpoint = await world.server.ledger.checkpoint({ signer: await seedKey(bytesOf(32)) });
      },
    ],
    [
      'under a checkpoint of the day before yesterday',
      'stale_log',
      async (answer) => {
        answer.checkpoint = await world.server.ledger.checkpoint({ at: world.clock.now() - 25 * 3_600_000 });
      },
    ],
    [
      'under a log that was forked',
      'split_view',
      async (answer) => {
        answer.checkpoint = await (await world.server.ledger.fork(2)).checkpoint();
      },
    ],
    [
      'under an older checkpoint',
      'rolled_back',
      async (answer) => {
        answer.checkpoint = await world.server.ledger.checkpoint({ size: 2 });
      },
    ],
  ];

  test.each(lies)('%s: %s', async (_, code, change) => {
    await until('the first checkpoint', async () => world.server.ledger.leaves.length > 2);
    const kofi = new Browser(world);
    await kofi.enrol(world.invite('kofi.mensah', 'Kofi Mensah'));
    if (code === 'stale_log') world.clock.sleep(26 * 3_600_000);
    lie(change);
    const refused = await refusalOf(anita.ask.createTeam({ name: 'Outliers', people: [kofi.me], reason: 'care-team' }));
    expect(refused.code).toBe(code);
    expect(world.server.threads.size).toBe(0);
    const contradicts = code === 'split_view' || code === 'rolled_back';
    expect((await alarmOf(anita)) !== undefined).toBe(contradicts);
  });
});

test('an alarm outlives a new page, and the honest answer after it changes nothing', async () => {
  const kofi = new Browser(world);
  await kofi.enrol(world.invite('kofi.mensah', 'Kofi Mensah'));
  const { thread } = await anita.ask.createTeam({ name: 'Outliers', people: [fiona.me], reason: 'care-team' });
  lie(async (answer) => {
    answer.checkpoint = await (await world.server.ledger.fork(2)).checkpoint();
  });
  const team = () => anita.ask.createTeam({ name: 'Second', people: [kofi.me], reason: 'care-team' });
  expect((await refusalOf(team())).code).toBe('split_view');
  world.server.tamper = (_route, value) => value;
  expect((await refusalOf(team())).code).toBe('split_view');
  const lines = (await alarmOf(anita))?.evidence.split('\n') ?? [];
  expect(lines.slice(0, 2)).toEqual(['wardline-evidence-v1', 'split_view']);
  const [seen, shown] = [2, 3].map((at) =>
    new TextDecoder().decode(fromBase64url((lines[at] ?? '').split(' ')[1] ?? '')),
  );
  for (const note of [seen, shown]) {
    await openCheckpoint(note ?? '', world.server.hospital.server.audit.publicKey);
  }
  expect(seen).not.toBe(shown);
  expect(lines.slice(4)).toEqual(['told -', '']);
  await anita.say(thread, 'To keys that were proved before, one can still write.');
  await anita.ask.lock();
  await anita.ask.unlock({ password });
  await until('the alarm again', async () => (await alarmOf(anita)) !== undefined);
});

test('devices tell each other which log they were shown, and a contradiction is found', async () => {
  const { thread } = await anita.ask.createTeam({ name: 'Outliers', people: [fiona.me], reason: 'care-team' });
  await anita.say(thread, 'honest');
  await fiona.sees(thread, 'honest');
  const compared = () => world.server.asked.filter((route) => route === 'POST /v1/log/compare').length;
  await until('the comparison', async () => {
    world.clock.pass(3000);
    return compared() > 0;
  });
  expect(await alarmOf(fiona)).toBeUndefined();

  // From here on the server shows Fiona another log than it shows Anita.
  const { root } = await (await world.server.ledger.fork(1)).head();
  world.server.tamper = (route, value) => {
    if (route !== 'POST /v1/log/compare') return value;
    const answer = value as { sizes: { size: number; consistency: unknown[] }[] };
    for (const one of answer.sizes) one.consistency = [...one.consistency.slice(1), root];
    return answer;
  };
  await world.enrolled('kofi.mensah', 'Kofi Mensah');
  await anita.ask.addMember({
    thread,
    person: world.server.accounts.named('kofi.mensah')?.person ?? '',
    reason: 'cover',
    note: '',
    history: true,
  });
  await anita.say(thread, 'told later');
  await fiona.sees(thread, 'told later');
  await until('the alarm', async () => {
    world.clock.pass(61_000);
    await fiona.ask.touch().catch(() => undefined);
    return (await alarmOf(fiona)) !== undefined;
  });
  expect((await alarmOf(fiona))?.by).toBe('Dr Anita Patel');
  expect((await alarmOf(fiona))?.evidence).toMatch(
    new RegExp(`^wardline-evidence-v1\nsplit_view\nseen \\S{100,}\nshown -\ntold \\d+ \\S{43} ${anita.me}\n$`),
  );
});

test('opening and writing in four threads asks for logs no more often than signing in does', async () => {
  const threads: string[] = [];
  for (let n = 0; n < 4; n++) {
    threads.push((await anita.ask.createTeam({ name: `Team ${n}`, people: [fiona.me], reason: 'care-team' })).thread);
  }
  const again = new Browser(world);
  await again.signIn('fiona.kerr');
  await again.online();
  world.server.asked.length = 0;
  for (const thread of threads) {
    await again.view(thread);
    await again.say(thread, 'here');
  }
  expect(world.server.asked.filter((route) => route === 'POST /v1/people/logs').length).toBeLessThanOrEqual(2);
});
