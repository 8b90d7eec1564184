// @vitest-environment node
import { beforeAll, expect, test, vi } from 'vitest';
import type { DecisionItem } from '../contract.ts';
import { type Browser, World, password, refusalOf, until } from '../testing/world.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

// Two filings of one decision: the second was taken because the record had refused the first meanwhile.

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

const card = async (by: Browser, key: string) =>
  (await by.items(thread)).find((item): item is DecisionItem => item.kind === 'decision' && item.id === key);

async function file(by: Browser, decision: string): Promise<void> {
  const request = { thread, decision, sources: [], summary: '' };
  const { sha256 } = await by.ask.previewFiling(request);
  await by.ask.file({ ...request, sha256, patientConfirmed: true });
}

/** A decision that both filed, anita first; the record refused hers, and the second came to `state`. */
async function filedTwice(text: string, state: 'refused' | 'failed') {
  const { key } = await anita.ask.markDecision({ thread, messages: [], text, patientConfirmed: true });
  await until('it to be there', async () => (await card(fiona, key)) !== undefined);
  const served = world.server.thread(thread);
  const own = () => served.filings.filter(({ decision }) => decision === key);
  await file(anita, key);
  const [first] = own();
  if (!first) throw new Error('nothing was filed');
  world.server.refuse(served, first, 'The episode is closed.');
  await until('the refusal', async () => (await card(fiona, key))?.record.state === 'failed');
  world.clock.pass(1000);
  await file(fiona, key);
  const second = own().find(({ filing }) => filing !== first.filing);
  if (!second) throw new Error('it was not filed twice');
  if (state === 'refused') world.server.refuse(served, second, 'The episode is closed.');
  else world.server.misfile(served, second, 'record_other_patient', 'It lies elsewhere.');
  for (const each of [anita, fiona])
    await until('both to be told', async () => (await card(each, key))?.record.state === 'failed');
  return { key, served, first, second };
}

const waiting = async (decisions: { filing: string }[]) =>
  (await jean.ask.letters({})).letters
    .map(({ filing }) => filing)
    .filter((each) => decisions.some(({ filing }) => filing === each));

test('R18 R19 what the record took stands for its decision, whatever was refused beside it', async () => {
  const { key, served, first, second } = await filedTwice('Stop the heparin.', 'refused');
  expect(await waiting([first, second])).toEqual([first.filing, second.filing]);
  await jean.ask.replayLetter({ filing: first.filing });
  expect((await refusalOf(jean.ask.replayLetter({ filing: second.filing }))).code).toBe('already_filed');
  for (const each of [anita, fiona]) {
    await until('it to be on its way', async () => (await card(each, key))?.record.state === 'filing');
    expect((await each.row(thread)).needs).toEqual([expect.objectContaining({ kind: 'not-in-record', count: 1 })]);
  }
  world.server.receive(served, first);
  for (const each of [anita, fiona]) {
    await until('it to be in', async () => (await card(each, key))?.record.state === 'in');
    expect((await card(each, key))?.record).toMatchObject({ by: { name: 'Dr Anita Patel' }, reference: 'DOC-1' });
    expect((await each.row(thread)).needs).toEqual([]);
  }
  expect(await waiting([first, second])).toEqual([]);
  expect((await refusalOf(fiona.ask.retryFiling({ thread, decision: key }))).code).toBe('nothing_to_retry');
  // Whoever comes later sees the same.
  fiona.reload();
  await fiona.ask.unlock({ password });
  await until('it to be in', async () => (await card(fiona, key))?.record.state === 'in');
});

test('R12 what is entered in error is the one that the record took', async () => {
  const { key, served, first } = await filedTwice('Restart it on Friday.', 'refused');
  await jean.ask.replayLetter({ filing: first.filing });
  world.server.receive(served, first);
  await until('it to be in', async () => (await card(anita, key))?.record.state === 'in');
  await anita.ask.takeBackDecision({ thread, decision: key, reason: 'error', note: '' });
  await until('it to be told', async () => first.retraction === 'retracting');
  world.server.refuse(served, first, 'The document is locked by coding.');
  for (const each of [anita, fiona]) {
    await until('the refusal', async () => JSON.stringify(await card(each, key)).includes('locked by coding'));
    expect((await card(each, key))?.record).toMatchObject({ state: 'taken-back', told: 'refused', reference: 'DOC-1' });
  }
});

test('R19 what lies under another patient stays for a person, and the decision is in the record', async () => {
  const { key, served, first, second } = await filedTwice('Chest drain at 16:00.', 'failed');
  await jean.ask.replayLetter({ filing: first.filing });
  world.server.receive(served, first);
  for (const each of [anita, fiona])
    await until('it to be in', async () => (await card(each, key))?.record.state === 'in');
  expect(await waiting([first, second])).toEqual([second.filing]);
});

test('a correction names the document that the record took', async () => {
  const { key, served, first } = await filedTwice('Two grams of flucloxacillin.', 'refused');
  await jean.ask.replayLetter({ filing: first.filing });
  world.server.receive(served, first);
  await until('it to be in', async () => (await card(anita, key))?.record.state === 'in');
  const { key: right } = await anita.ask.markDecision({
    thread,
    messages: [],
    text: 'One gram of flucloxacillin.',
    corrects: key,
    patientConfirmed: true,
  });
  await until('the correction', async () => (await card(anita, right))?.delivery?.state !== 'queued');
  const { html } = await anita.ask.previewFiling({ thread, decision: right, sources: [], summary: '' });
  expect(html).toContain('DOC-1');
});
