// @vitest-environment node
/** R18, R19, R49: what people do with a decision beside filing it, through two cores and a server. */
import { beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { DecisionItem, ThreadHead, TimelineItem } from '../contract.ts';
import { type Browser, World, password, refusalOf, until } from '../testing/world.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let world: World;
let anita: Browser;
let fiona: Browser;
let tom: Browser;
let thread: string;
let decision: string;

beforeAll(async () => {
  world = await World.open();
  anita = await world.enrolled('anita.patel', 'Dr Anita Patel');
  fiona = await world.enrolled('fiona.kerr', 'Dr Fiona Kerr');
  tom = await world.enrolled('tom.reid', 'Tom Reid');
});

beforeEach(async () => {
  const found = await anita.ask.lookUpPatient({
    family: 'smith',
    given: 'john',
    born: '1954-03-12',
    nhsNumber: '9434765919',
  });
  if (found.outcome !== 'match') throw new Error(found.outcome);
  const made = { lookup: found.lookup, name: '', people: [fiona.me, tom.me], reason: 'care-team' as const, draft: '' };
  ({ thread } = await anita.ask.createPatient({ ...made, wristbandChecked: true }));
  await fiona.row(thread);
  await tom.row(thread);
  ({ key: decision } = await fiona.ask.markDecision({
    thread,
    messages: [],
    text: 'Hold ramipril.',
    patientConfirmed: true,
  }));
  await until('the decision', async () => (await item(anita))?.life !== undefined);
});

const item = async (by: Browser, id = decision): Promise<DecisionItem | undefined> =>
  (await by.items(thread)).find((each): each is DecisionItem => each.kind === 'decision' && each.id === id);
const head = async (by: Browser): Promise<ThreadHead> => (await by.view(thread)).head;
const lines = async (by: Browser): Promise<string[]> =>
  (await by.items(thread)).flatMap((each: TimelineItem) => (each.kind === 'system' ? [each.event.what] : []));

async function filed(by: Browser, more: { countersign?: { by?: string } } = {}): Promise<void> {
  const request = { thread, decision, sources: [], summary: '' };
  const { sha256 } = await by.ask.previewFiling(request);
  await by.ask.file({ ...request, sha256, patientConfirmed: true, ...more });
  const [filing] = world.server.thread(thread).filings;
  if (filing) world.server.receive(world.server.thread(thread), filing);
  await until('the receipt', async () => (await item(anita))?.record.state === 'in');
}

test('R18 whose it is and what may be done with it', async () => {
  expect(await item(fiona)).toMatchObject({
    life: { mine: true, owner: { name: 'Dr Fiona Kerr' } },
    may: ['take-back'],
  });
  // Anita runs the thread; Tom is in it and neither marked nor filed it.
  expect((await item(anita))?.may).toEqual(['take-back']);
  await until('it to arrive', async () => (await item(tom)) !== undefined);
  expect((await item(tom))?.may).toEqual([]);
});

test('R19 while somebody prepares the document, others are told who, and may take over', async () => {
  await fiona.ask.draftDecision({ thread, decision, takeOver: false });
  await until('the news', async () => (await item(anita))?.life?.draftedBy?.name === 'Dr Fiona Kerr');
  expect((await item(fiona))?.life).not.toHaveProperty('draftedBy');
  const refused = await refusalOf(anita.ask.draftDecision({ thread, decision, takeOver: false }));
  expect(refused).toMatchObject({ code: 'being_drafted', message: 'Dr Fiona Kerr is preparing this document.' });
  await anita.ask.draftDecision({ thread, decision, takeOver: true });
  await anita.ask.putBackDecision({ thread, decision });
  await until('it to be free', async () => (await item(fiona))?.life?.draftedBy === undefined);
});

test('R18 taken back before it was filed: signed, shown to everybody, and no longer counted', async () => {
  await fiona.ask.takeBackDecision({
    thread,
    decision,
    reason: 'withdrawn',
    note: 'The creatinine was another day’s.',
  });
  await until('the others to see it', async () => (await item(anita))?.record.state === 'taken-back');
  expect(await item(anita)).toMatchObject({
    record: { by: { name: 'Dr Fiona Kerr' }, reason: 'withdrawn', note: 'The creatinine was another day’s.' },
    may: [],
  });
  expect((await anita.row(thread)).needs).toEqual([]);
  expect(await lines(anita)).toContain('withdrawn');
  expect((await head(anita)).record).toEqual([expect.objectContaining({ key: decision, state: 'taken-back' })]);
});

test('R18 somebody who neither marked nor filed it nor runs the thread does not take it back, whatever they sign', async () => {
  await until('it to arrive', async () => (await item(tom)) !== undefined);
  await tom.ask.takeBackDecision({ thread, decision, reason: 'withdrawn', note: '' });
  await until('their word', async () => (await lines(anita)).includes('withdrawn'));
  expect((await item(anita))?.record.state).toBe('none');
});

test('H12 what is in the record is entered in error: the record is told, and how far it knows is shown', async () => {
  await filed(fiona);
  await fiona.ask.takeBackDecision({ thread, decision, reason: 'wrong-patient', note: '' });
  await until('the others', async () => (await item(anita))?.record.state === 'taken-back');
  expect((await item(fiona))?.record).toMatchObject({ reason: 'wrong-patient', told: 'retracting' });
});

const stage = () =>
  world.server.lives.of(world.server.thread(thread)).find((each) => each.decision === decision)?.stage;

test('when only the socket is left, the act is in the log at once and the server is told when there is a way', async () => {
  world.server.brokenFor = fiona.jar;
  await fiona.ask.takeBackDecision({ thread, decision, reason: 'withdrawn', note: '' });
  await until('the others to see it', async () => (await item(anita))?.record.state === 'taken-back');
  expect(stage()).toBe('marked');
  world.server.brokenFor = undefined;
  world.server.cut(fiona.jar);
  await world.reconnect(fiona);
  await until('the server to know', async () => stage() === 'withdrawn');
});

test('without a network an act waits, goes out with the rest, and the server is told what it was about', async () => {
  world.server.brokenFor = fiona.jar;
  world.server.cut(fiona.jar);
  await fiona.ask.takeBackDecision({ thread, decision, reason: 'withdrawn', note: '' });
  expect((await item(fiona))?.record.state).toBe('none');
  expect(stage()).toBe('marked');
  world.server.brokenFor = undefined;
  await world.reconnect(fiona);
  await until('the others to see it', async () => (await item(anita))?.record.state === 'taken-back');
  await until('the server to know', async () => stage() === 'withdrawn');
});

test('what the server was not told after all, it is told when the thread is looked at again', async () => {
  world.server.tamper = (route, value) => {
    if (route.endsWith('/withdraw')) world.server.lives.forget(decision);
    return value;
  };
  await fiona.ask.takeBackDecision({ thread, decision, reason: 'withdrawn', note: '' });
  world.server.tamper = (_route, value) => value;
  expect(stage()).toBe('marked');
  fiona.reload();
  await fiona.ask.unlock({ password });
  await fiona.view(thread);
  await until('the server to know', async () => stage() === 'withdrawn');
});

test('R20 the countersignature is asked of one, given by them alone, and shown', async () => {
  await filed(fiona, { countersign: { by: anita.me } });
  await until('the wish', async () => (await item(anita))?.life?.countersign !== undefined);
  expect(await item(anita)).toMatchObject({ life: { countersign: { askedMe: true } } });
  expect((await item(anita))?.may).toContain('countersign');
  expect((await item(fiona))?.may).not.toContain('countersign');
  expect((await item(tom))?.may).not.toContain('countersign');
  await anita.ask.countersignDecision({ thread, decision });
  await until('it to be shown', async () => (await item(fiona))?.life?.countersign?.by?.name === 'Dr Anita Patel');
  expect(await lines(fiona)).toContain('countersigned');
  expect((await item(anita))?.may).not.toContain('countersign');
});

test('R18 a correction names what it corrects, to the server too', async () => {
  await filed(fiona);
  expect((await item(fiona))?.may).toEqual(['take-back', 'correct']);
  const { key } = await fiona.ask.markDecision({
    thread,
    messages: [],
    text: 'Hold it until Friday.',
    corrects: decision,
    patientConfirmed: true,
  });
  await until('it', async () => (await item(anita, key))?.life?.corrects === decision);
  const request = { thread, decision: key, sources: [], summary: '' };
  const { sha256 } = await fiona.ask.previewFiling(request);
  await fiona.ask.file({ ...request, sha256, patientConfirmed: true });
  expect(world.server.lives.of(world.server.thread(thread)).find((each) => each.decision === key)?.corrects).toBe(
    decision,
  );
});

test('R18 what is in the record is not simply taken back because things changed', async () => {
  await filed(fiona);
  const takeBack = (reason: 'withdrawn' | 'error') =>
    fiona.ask.takeBackDecision({ thread, decision, reason, note: '' });
  expect((await refusalOf(takeBack('withdrawn'))).code).toBe('decision_filed');
  expect((await item(fiona))?.record.state).toBe('in');
  await takeBack('error');
  await until('the others', async () => (await item(anita))?.record.state === 'taken-back');
});

const correct = async (by: Browser, text: string) =>
  (await by.ask.markDecision({ thread, messages: [], text, corrects: decision, patientConfirmed: true })).key;

test('R18 one correction at a time: it is shown at the earlier one, and a second is refused before it is sent', async () => {
  await filed(fiona, { countersign: { by: anita.me } });
  await until('the wish', async () => (await item(anita))?.may?.includes('countersign') === true);
  const key = await correct(fiona, 'Hold it until Friday.');
  await until('it', async () => (await item(anita))?.life?.correction !== undefined);
  expect((await item(anita))?.life?.correction).toMatchObject({
    decision: key,
    by: { name: 'Dr Fiona Kerr' },
    mine: false,
  });
  expect((await item(anita))?.may).toEqual(['take-back']);
  expect((await head(anita)).record[0]).not.toHaveProperty('mayCorrect');
  expect((await refusalOf(anita.ask.countersignDecision({ thread, decision }))).code).toBe('being_corrected');
  expect((await refusalOf(correct(anita, 'Stop it.'))).code).toBe('corrected_first');
  await fiona.ask.takeBackDecision({ thread, decision: key, reason: 'withdrawn', note: '' });
  await until('it is free', async () => (await item(anita))?.may?.includes('countersign') === true);
  expect((await item(anita))?.may).toContain('correct');
});

test('R18 of two corrections that were sent at once the later is told to be taken back', async () => {
  await filed(fiona);
  world.server.brokenFor = anita.jar;
  world.server.cut(anita.jar);
  const late = await correct(anita, 'Stop it.');
  expect((await refusalOf(correct(anita, 'Once more.'))).code).toBe('corrected_first');
  const first = await correct(fiona, 'Hold it until Friday.');
  await until('it', async () => (await item(fiona))?.life?.correction?.decision === first);
  world.server.brokenFor = undefined;
  await world.reconnect(anita);
  for (const each of [anita, fiona]) {
    await until('both', async () => (await item(each, late))?.life?.overtaken?.decision === first);
    expect((await item(each, first))?.life).not.toHaveProperty('overtaken');
    expect((await item(each))?.life?.correction?.decision).toBe(first);
  }
  await anita.ask.takeBackDecision({ thread, decision: late, reason: 'withdrawn', note: '' });
  await until('it to go', async () => (await item(fiona, late))?.life?.overtaken === undefined);
});

test('R49 closing keeps a signed answer, and what is said next opens the thread again', async () => {
  expect(await head(anita)).toMatchObject({ maySweep: true });
  expect(await head(anita)).not.toHaveProperty('swept');
  const seen = Math.max(...(await anita.items(thread)).map(({ order }) => order));
  await fiona.say(thread, 'Nil by mouth from midnight.');
  await anita.sees(thread, 'Nil by mouth from midnight.');
  expect((await refusalOf(anita.ask.sweep({ thread, note: '', upTo: seen }))).code).toBe('arrived_meanwhile');
  const now = Math.max(...(await anita.items(thread)).map(({ order }) => order));
  await anita.ask.sweep({ thread, note: 'Nothing else was decided.', upTo: now });
  await until('the others', async () => (await head(fiona)).swept?.by === 'Dr Anita Patel');
  expect((await head(anita)).swept).toMatchObject({ byMe: true });
  await until('the inbox', async () => (await fiona.row(thread)).closed);
  expect(await lines(fiona)).toContain('swept');
  await fiona.say(thread, 'One more thing.');
  expect(await head(fiona)).not.toHaveProperty('swept');
  expect((await fiona.row(thread)).closed).toBe(false);
});

test('R19 the worklist names the patient to whoever is in the thread, and whose it is', async () => {
  const { items } = await fiona.ask.worklist({ scope: 'mine' });
  expect(items.find((each) => each.decision === decision)).toMatchObject({
    thread,
    about: 'SMITH, John',
    mine: true,
    state: 'none',
    overdue: false,
    words: 'Hold ramipril.',
  });
  // The words are this device's own: the server's answer has none.
  const served = world.server.lives.worklist([world.server.thread(thread)], fiona.me, 'mine');
  expect(JSON.stringify(served)).not.toContain('ramipril');
  const outsider = await world.enrolled(`una.${Date.now()}`, 'Una Bell');
  const ward = (await outsider.ask.worklist({ scope: 'ward' })).items.find((each) => each.decision === decision);
  expect(ward).toMatchObject({ owner: { name: 'Dr Fiona Kerr' }, mine: false });
  expect(ward).not.toHaveProperty('thread');
  expect(ward).not.toHaveProperty('about');
  expect(ward).not.toHaveProperty('words');
  expect((await refusalOf(outsider.ask.worklist({ scope: 'organisation' }))).code).toBe('not_permitted');
});
