// @vitest-environment node
import { beforeAll, describe, expect, test, vi } from 'vitest';
import type { DecisionItem, ThreadHead, ThreadSummary } from '../contract.ts';
import { confirmAgain } from '../thread/confirmed.ts';
import { type Browser, World, refusalOf, until } from '../testing/world.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const john = { family: 'smith', given: 'john', born: '1954-03-12', nhsNumber: '9434765919' };

let world: World;
let anita: Browser;
let fiona: Browser;
let tom: Browser;

beforeAll(async () => {
  world = await World.open();
  anita = await world.enrolled('anita.patel', 'Dr Anita Patel');
  fiona = await world.enrolled('fiona.kerr', 'Dr Fiona Kerr');
  tom = await world.enrolled('tom.reid', 'Tom Reid');
});

async function lookUp(by: Browser): Promise<string> {
  const answer = await by.ask.lookUpPatient(john);
  if (answer.outcome !== 'match') throw new Error(answer.outcome);
  return answer.lookup;
}

async function patientThread(people: Browser[]): Promise<string> {
  const made = {
    lookup: await lookUp(anita),
    name: 'Leg cellulitis',
    reason: 'care-team' as const,
    wristbandChecked: true,
  };
  const { thread } = await anita.ask.createPatient({ ...made, people: people.map(({ me }) => me), draft: '' });
  for (const each of people) await each.row(thread);
  return thread;
}

const kinds = async (by: Browser, thread: string) =>
  (await by.items(thread)).map((item) => (item.kind === 'system' ? item.event.what : item.kind));

const need = ({ needs }: ThreadSummary) => needs.find(({ kind }) => kind === 'wrong-patient');
const stopped = async (by: Browser, thread: string): Promise<ThreadHead['quarantine']> =>
  (await by.view(thread)).head.quarantine;

describe('R12 the patient is confirmed once for each person, thread and duty', () => {
  test('the button carries it: one confirmation goes before the first decision, and none before the next', async () => {
    const thread = await patientThread([fiona]);
    const decide = (text: string, patientConfirmed: boolean) =>
      anita.ask.markDecision({ thread, messages: [], text, patientConfirmed });
    expect((await anita.view(thread)).head.confirmed).toBe(false);
    expect(await refusalOf(decide('Stop heparin.', false))).toMatchObject({ code: 'patient_unconfirmed' });
    await decide('Stop heparin.', true);
    await decide('Restart it on Friday.', false);
    await until('both', async () => (await kinds(fiona, thread)).filter((kind) => kind === 'decision').length === 2);
    const all = (await kinds(fiona, thread)).filter((kind) => kind === 'decision' || kind === 'confirmed');
    expect(all).toEqual(['confirmed', 'decision', 'decision']);
    expect((await anita.view(thread)).head.confirmed).toBe(true);
    expect((await fiona.view(thread)).head.confirmed).toBe(false);
  });

  test('filing confirms for who files, and the server hears it before the document comes', async () => {
    const thread = await patientThread([fiona]);
    const { key } = await anita.ask.markDecision({
      thread,
      messages: [],
      text: 'Stop heparin.',
      patientConfirmed: true,
    });
    await until('the decision', async () => (await kinds(fiona, thread)).includes('decision'));
    const request = { thread, decision: key, sources: [], summary: '' };
    const { sha256 } = await fiona.ask.previewFiling(request);
    expect(await refusalOf(fiona.ask.file({ ...request, sha256, patientConfirmed: false }))).toMatchObject({
      code: 'patient_unconfirmed',
    });
    await fiona.ask.file({ ...request, sha256, patientConfirmed: true });
    expect(world.server.thread(thread).filings).toHaveLength(1);
    expect((await kinds(anita, thread)).filter((kind) => kind === 'confirmed')).toHaveLength(2);
  });

  test('in the next duty it is asked for again', async () => {
    const thread = await patientThread([fiona]);
    await anita.ask.markDecision({ thread, messages: [], text: 'Stop heparin.', patientConfirmed: true });
    await until('it to be sent', async () => (await kinds(anita, thread)).includes('confirmed'));
    const { ward } = await anita.inside(thread);
    vi.spyOn(ward, 'now').mockReturnValue(ward.now() + confirmAgain);
    const again = anita.ask.markDecision({ thread, messages: [], text: 'And again.', patientConfirmed: false });
    expect(await refusalOf(again)).toMatchObject({ code: 'patient_unconfirmed' });
    vi.restoreAllMocks();
  });
});

describe('R51 a thread that is linked to the wrong patient', () => {
  test('is still for everybody, and each is told until they take note, also who left', async () => {
    const thread = await patientThread([fiona, tom]);
    await tom.ask.removeMember({ thread, person: tom.me, reason: 'own-request', note: '' });
    await until('tom to be out', async () => (await tom.view(thread)).head.readOnly?.code === 'not_a_member');
    const { key } = await anita.ask.markDecision({
      thread,
      messages: [],
      text: 'Stop heparin.',
      patientConfirmed: true,
    });
    await until('the decision', async () => (await kinds(fiona, thread)).includes('decision'));
    const request = { thread, decision: key, sources: [], summary: '' };
    const { sha256 } = await anita.ask.previewFiling(request);
    await anita.ask.file({ ...request, sha256, patientConfirmed: true });
    const [filing] = world.server.thread(thread).filings;
    if (filing) world.server.receive(world.server.thread(thread), filing);

    const named = anita.ask.quarantine({ thread, note: 'is 900 000 0025' });
    expect((await refusalOf(named)).code).toBe('stopped_other_patient');
    expect(await stopped(anita, thread)).toBeUndefined();
    await anita.ask.quarantine({ thread, note: 'The other Mr Smith.' });
    await until('fiona to hear', async () => (await stopped(fiona, thread)) !== undefined);
    expect(await stopped(fiona, thread)).toMatchObject({
      by: 'Dr Anita Patel',
      note: 'The other Mr Smith.',
      acknowledged: false,
    });
    for (const each of [anita, fiona]) {
      expect((await each.view(thread)).head.readOnly).toMatchObject({ code: 'thread_quarantined' });
      expect(await refusalOf(each.ask.send({ thread, text: 'One more thing' }))).toMatchObject({
        code: 'thread_quarantined',
      });
      const decision = each.ask.markDecision({ thread, messages: [], text: 'One more', patientConfirmed: true });
      expect(await refusalOf(decision)).toMatchObject({ code: 'thread_quarantined' });
    }
    expect(need(await fiona.row(thread))).toMatchObject({ acknowledged: false });
    await until('tom to have a line', async () => need(await tom.row(thread)) !== undefined);
    expect((await tom.row(thread)).patient).toBeUndefined();

    await fiona.ask.takeNote({ thread });
    await tom.ask.takeNote({ thread });
    await until('all to have taken note', async () => (await stopped(anita, thread))?.waiting === 0);
    const readers = (await stopped(anita, thread))?.readers ?? [];
    expect(readers.map(({ name, left, at }) => [name, left, at !== undefined]).sort()).toEqual([
      ['Dr Anita Patel', false, true],
      ['Dr Fiona Kerr', false, true],
      ['Tom Reid', true, true],
    ]);
    expect(need(await fiona.row(thread))).toMatchObject({ acknowledged: true, waiting: 0 });
    await until('tom to have no line', async () => !(await tom.ask.inbox()).some(({ id }) => id === thread));
  });

  test('H12 what the record has is retracted by a member’s device, with whose record it is, and the card says so', async () => {
    const [thread] = [...world.server.threads.values()].filter(({ quarantine }) => quarantine).map(({ id }) => id);
    if (!thread) throw new Error('no thread');
    await until('the record to be told', async () => world.server.retractions.length > 0);
    const [served] = world.server.thread(thread).filings;
    expect(world.server.retractions[0]?.filing).toBe(served?.filing);
    const { state } = (await anita.inside(thread)).thread;
    expect(world.server.retractions[0]?.assertion).toEqual(state?.assertion?.assertion);
    const card = async (by: Browser) =>
      (await by.items(thread)).find((item): item is DecisionItem => item.kind === 'decision')?.record;
    await until('the card', async () => (await card(fiona))?.state === 'in-error');
    expect(await card(fiona)).toMatchObject({ state: 'in-error', reference: 'DOC-1', done: false });
  });

  test('who was without a network meanwhile sees on the card what became of the document, in an open thread too', async () => {
    const thread = await patientThread([fiona]);
    const { key } = await anita.ask.markDecision({
      thread,
      messages: [],
      text: 'Stop heparin.',
      patientConfirmed: true,
    });
    await until('the decision', async () => (await kinds(fiona, thread)).includes('decision'));
    const request = { thread, decision: key, sources: [], summary: '' };
    const { sha256 } = await anita.ask.previewFiling(request);
    await anita.ask.file({ ...request, sha256, patientConfirmed: true });
    const served = world.server.thread(thread);
    const [filing] = served.filings;
    if (!filing) throw new Error('no filing');
    await fiona.view(thread);
    world.server.receive(served, filing);
    const drawn = (by: Browser) =>
      by
        .told(`thread:${thread}`)
        .flatMap(({ items }) => items)
        .findLast((item): item is DecisionItem => item.kind === 'decision')?.record.state;
    await until('the receipt', () => Promise.resolve(drawn(fiona) === 'in'));

    world.server.brokenFor = fiona.jar;
    fiona.network(false);
    await anita.ask.quarantine({ thread, note: '' });
    await until('the retraction', () => Promise.resolve(filing.retraction === 'retracting'));
    world.server.brokenFor = undefined;
    fiona.network(true);
    await world.reconnect(fiona);
    await until('the card', () => Promise.resolve(drawn(fiona) === 'in-error'));

    // And of what is announced to nobody: whoever opens the thread later asks.
    filing.retraction = 'retracted';
    world.clock.pass(6000);
    await fiona.view(thread);
    await until('the mark', async () => {
      const card = (await fiona.items(thread)).find((item): item is DecisionItem => item.kind === 'decision');
      return card?.record.state === 'in-error' && card.record.done;
    });
    // That is the end of it: nobody asks any more.
    const asks = () => world.server.asked.filter((route) => route === `GET /v1/threads/${thread}/filings`).length;
    const before = asks();
    world.clock.pass(6000);
    await fiona.view(thread);
    await fiona.view(thread);
    expect(asks()).toBe(before);
  });

  test('the right patient goes on in a new thread, and the old one shows the way', async () => {
    const thread = await patientThread([fiona]);
    await anita.ask.quarantine({ thread, note: '' });
    await until('fiona to hear', async () => (await stopped(fiona, thread)) !== undefined);
    const made = {
      lookup: await lookUp(fiona),
      name: '',
      reason: 'care-team' as const,
      wristbandChecked: true,
      draft: '',
    };
    const continues = { thread, line: 'This goes on from a conversation about the wrong patient.' };
    const next = await fiona.ask.createPatient({ ...made, people: [anita.me], continues });
    await until('anita to be shown', async () => (await anita.view(thread)).head.goesOn?.thread === next.thread);
    expect((await anita.view(thread)).head.goesOn).toMatchObject({ by: 'Dr Fiona Kerr', byMe: false });
    expect((await fiona.view(thread)).head.goesOn).toMatchObject({ byMe: true });
  });

  test('a message in the outbox is not sent any more, and says why', async () => {
    const thread = await patientThread([fiona]);
    await anita.ask.quarantine({ thread, note: '' });
    await until('it to be there', async () => world.server.thread(thread).quarantine !== undefined);
    const { outbox } = await fiona.inside(thread);
    await outbox.queue(thread, { kind: 'text', text: 'written before I heard' });
    await until('the refusal', async () => {
      const [waiting] = outbox.of(thread);
      return waiting?.failed?.code === 'thread_quarantined';
    });
  });
});
