// @vitest-environment node
import { beforeAll, expect, test, vi } from 'vitest';
import type { DecisionItem } from '../contract.ts';
import { type Browser, World, password, refusalOf, until } from '../testing/world.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let world: World;
let anita: Browser;
let fiona: Browser;
let jean: Browser;
let thread: string;

beforeAll(async () => {
  world = await World.open();
  anita = await world.enrolled('anita.patel', 'Dr Anita Patel');
  fiona = await world.enrolled('fiona.kerr', 'Dr Fiona Kerr');
  jean = await world.enrolled('jean.morrison', 'Jean Morrison');
  const answer = await anita.ask.lookUpPatient({
    family: 'smith',
    given: 'john',
    born: '1954-03-12',
    nhsNumber: '9434765919',
  });
  if (answer.outcome !== 'match') throw new Error(answer.outcome);
  ({ thread } = await anita.ask.createPatient({
    lookup: answer.lookup,
    name: '',
    people: [fiona.me],
    reason: 'care-team',
    wristbandChecked: true,
    draft: '',
  }));
  await fiona.row(thread);
});

async function filed(text: string): Promise<string> {
  const { key } = await anita.ask.markDecision({ thread, messages: [], text, patientConfirmed: true });
  await until('it to be there', async () => (await card(fiona, key)) !== undefined);
  const request = { thread, decision: key, sources: [], summary: '' };
  const { sha256 } = await anita.ask.previewFiling(request);
  await anita.ask.file({ ...request, sha256, patientConfirmed: true });
  return key;
}

const card = async (by: Browser, key: string) =>
  (await by.items(thread)).find((item): item is DecisionItem => item.kind === 'decision' && item.id === key)?.record;

function filingOf(decision: string) {
  const served = world.server.thread(thread);
  const filing = served.filings.find((each) => each.decision === decision);
  if (!filing) throw new Error('nothing was filed');
  return { served, filing };
}

test('R19 whoever answers for the record sees what waits for a person, in no thread of theirs, and sends it again', async () => {
  const { served, filing } = filingOf(await filed('Stop the heparin.'));
  world.server.refuse(served, filing, 'The episode is closed.');
  const { letters } = await jean.ask.letters({});
  expect(letters).toEqual([
    {
      filing: filing.filing,
      state: 'refused',
      code: 'record_refused',
      reason: 'The episode is closed.',
      attempts: 1,
      filedBy: expect.objectContaining({ name: 'Dr Anita Patel' }) as unknown,
      filedAt: filing.filedAt,
    },
  ]);
  // Nothing about the patient, and nothing of what was said.
  expect(JSON.stringify(letters)).not.toMatch(/smith|heparin|9434765919/i);
  expect(await jean.ask.replayLetter({ filing: filing.filing })).toMatchObject({ state: 'sending', reason: '' });
  expect((await refusalOf(jean.ask.replayLetter({ filing: filing.filing }))).code).toBe('nothing_to_retry');
  world.server.receive(served, filing);
  expect(await jean.ask.letter({ filing: filing.filing })).toMatchObject({ state: 'in', reference: 'DOC-1' });
  expect((await jean.ask.letters({})).letters).toEqual([]);
});

test('the screens are told who answers for the record, and of nobody else', async () => {
  expect(await fiona.ask.session()).not.toHaveProperty('records');
  world.server.accounts.permissions.set(jean.me, ['records']);
  jean.reload();
  await jean.ask.unlock({ password });
  expect(await jean.ask.session()).toMatchObject({ at: 'ready', records: true });
});

test('what lies under another patient is called so', async () => {
  const { served, filing } = filingOf(await filed('Restart it on Friday.'));
  world.server.misfile(served, filing, 'record_other_patient', 'It lies elsewhere.');
  expect((await jean.ask.letters({})).letters).toMatchObject([{ state: 'failed', how: 'other-patient' }]);
});

test('R18 a retraction that the record refused carries its reason, and any member has it told again', async () => {
  const decision = await filed('Two grams of flucloxacillin.');
  const { served, filing } = filingOf(decision);
  world.server.receive(served, filing);
  await until('in', async () => (await card(anita, decision))?.state === 'in');
  await anita.ask.takeBackDecision({ thread, decision, reason: 'error', note: '' });
  await until('told', async () => filing.retraction === 'retracting');
  world.server.refuse(served, filing, 'The document is locked by coding.');
  const refused = { state: 'taken-back', told: 'refused', why: 'The document is locked by coding.', mayTell: 'again' };
  for (const each of [anita, fiona]) {
    await until('the refusal', async () => JSON.stringify(await card(each, decision)).includes('locked by coding'));
    expect(await card(each, decision)).toMatchObject(refused);
  }
  const before = world.server.retractions.length;
  await fiona.ask.retractFiling({ thread, decision });
  expect(world.server.retractions).toHaveLength(before + 1);
  expect(await card(fiona, decision)).toMatchObject({ told: 'retracting' });
  expect(await card(fiona, decision)).not.toHaveProperty('why');
  expect((await refusalOf(fiona.ask.retractFiling({ thread, decision }))).code).toBe('nothing_to_retry');
});

test('R51 the same in a thread about the wrong patient, where nothing else can be done', async () => {
  const decision = await filed('Chest drain at 16:00.');
  const { served, filing } = filingOf(decision);
  world.server.receive(served, filing);
  await anita.ask.quarantine({ thread, note: '' });
  // The first member’s device to hear of it tells the record.
  await until('the record to be told', async () => filing.retraction === 'retracting');
  // Both devices know that it is being told, or the later one would tell it once more.
  for (const each of [anita, fiona])
    await until(
      'all to know',
      async () =>
        (await card(each, decision))?.state === 'in-error' &&
        JSON.stringify(await card(each, decision)).includes('"byHand":false'),
    );
  world.server.refuse(served, filing, 'The document is locked by coding.');
  await until('the refusal', async () => JSON.stringify(await card(fiona, decision)).includes('locked by coding'));
  expect(await card(fiona, decision)).toMatchObject({ state: 'in-error', done: false, mayTell: 'again' });
  await fiona.ask.retractFiling({ thread, decision });
  expect(filing.retraction).toBe('retracting');
});
