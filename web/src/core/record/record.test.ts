// @vitest-environment node
import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { hex } from '../../crypto/bytes.ts';
import { sha256 } from '../../crypto/domain.ts';
import type { DecisionItem, PatientAnswer, TombstoneItem } from '../contract.ts';
import { Browser, World, password, refusalOf, until } from '../testing/world.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const john = { family: 'smith', given: 'john', born: '1954-03-12', nhsNumber: '9434765919' };
const plan = 'Change to IV flucloxacillin <2 g> four times a day & re-mark "16:00".\nSurgical review if it spreads.';
const beside = 'Lactate 2.9, cultures sent.';

let world: World;
let anita: Browser;
let fiona: Browser;
let thread: string;

beforeAll(async () => {
  world = await World.open();
  anita = await world.enrolled('anita.patel', 'Dr Anita Patel');
  fiona = await world.enrolled('fiona.kerr', 'Dr Fiona Kerr');
});

type Match = Extract<PatientAnswer, { outcome: 'match' }>;

async function matched(by: Browser): Promise<Match> {
  const answer = await by.ask.lookUpPatient(john);
  if (answer.outcome !== 'match') throw new Error(answer.outcome);
  return answer;
}

async function patientThread(): Promise<string> {
  const { lookup } = await matched(anita);
  const made = {
    lookup,
    name: 'Leg cellulitis',
    people: [fiona.me],
    reason: 'care-team' as const,
    wristbandChecked: true,
  };
  const { thread: id } = await anita.ask.createPatient({ ...made, draft: '' });
  await fiona.row(id);
  return id;
}

describe('R11 a patient thread', () => {
  beforeAll(async () => {
    thread = await patientThread();
  });

  test('two of three are no match, and tell nothing of the third', async () => {
    const answer = await anita.ask.lookUpPatient({ ...john, born: '1954-03-13' });
    expect(answer).toMatchObject({ outcome: 'no-match' });
    expect(JSON.stringify(answer)).not.toContain('1954-03-12');
    expect(JSON.stringify(answer)).not.toContain('found');
  });

  test('every member verifies who it is about', async () => {
    for (const each of [anita, fiona]) {
      const { head } = await each.view(thread);
      expect(head).toMatchObject({
        name: 'Leg cellulitis',
        patient: { family: 'Smith', given: 'John', title: 'Mr', born: '1954-03-12', nhsNumber: '9434765919' },
        link: { by: { name: 'Dr Anita Patel' } },
      });
    }
    expect((await fiona.row(thread)).patient?.family).toBe('Smith');
  });

  test('the server cannot put another patient into it', async () => {
    const served = world.server.thread(thread);
    const other = await patientThread();
    const [mine] = served.epochs;
    const [theirs] = world.server.thread(other).epochs;
    const kept = mine?.sealedState;
    if (mine && theirs) mine.sealedState = theirs.sealedState;
    const second = await world.enrolled('tom.reid', 'Tom Reid');
    await anita.ask.addMember({ thread, person: second.me, reason: 'opinion', note: '', history: true });
    await second.row(thread);
    expect((await second.view(thread)).head.patient?.family).toBe('Smith');
    if (mine && kept) mine.sealedState = kept;
    // The newest epoch carries the state that its record names; a swapped one is refused and the thread stops.
    const newest = served.epochs.at(-1);
    if (newest && theirs) newest.sealedState = theirs.sealedState;
    for (const [name] of await second.disk.all(''))
      if (!name.startsWith('device')) await second.disk.change({ remove: [name] });
    second.reload();
    await second.ask.unlock({ password });
    await until('the freeze', async () => (await second.view(thread)).head.readOnly?.code === 'thread_frozen');
    expect((await second.view(thread)).head.patient).toBeUndefined();
    await anita.ask.removeMember({ thread, person: second.me, reason: 'no-longer-involved', note: '' });
  });

  test('R13 whoever is removed has nothing of the patient from that moment on, and has it again when they come back', async () => {
    const id = await patientThread();
    await until('the patient', async () => (await fiona.view(id)).head.patient !== undefined);
    await anita.ask.removeMember({ thread: id, person: fiona.me, reason: 'added-in-error', note: '' });
    const heads = () => fiona.told(`thread:${id}`).flatMap(({ head }) => head ?? []);
    await until('the screen to be told', async () => heads().at(-1)?.readOnly?.code === 'not_a_member');
    const head = heads().at(-1);
    expect(head).not.toHaveProperty('patient');
    expect(head).not.toHaveProperty('link');
    expect(head).not.toHaveProperty('name');
    expect(JSON.stringify(await fiona.view(id))).not.toMatch(/smith|9434765919|1954-03-12|cellulitis/i);
    await anita.ask.addMember({ thread: id, person: fiona.me, reason: 'cover', note: '', history: true });
    await until('the patient', async () => (await fiona.view(id)).head.patient?.family === 'Smith');
  });

  test('H11 another patient’s number stops, this patient’s own does not', async () => {
    const stopped = anita.ask.send({ thread, text: 'and 900 000 0025', emergencyReason: 'now' });
    expect((await refusalOf(stopped)).code).toBe('stopped_other_patient');
    await anita.say(thread, 'NHS 943 476 5919 reviewed.');
  });

  test('H11 nor does another patient’s number become what a thread is called', async () => {
    const { lookup } = await matched(anita);
    const made = { lookup, people: [], reason: 'care-team' as const, wristbandChecked: true, draft: '' };
    expect(await anita.ask.checkText({ lookup, text: 'as 900 000 0025' })).toMatchObject([{ kind: 'other-patient' }]);
    const refused = await refusalOf(anita.ask.createPatient({ ...made, name: 'same as 900 000 0025' }));
    expect(refused.code).toBe('stopped_other_patient');
    const { thread: own } = await anita.ask.createPatient({ ...made, name: 'Leg, 943 476 5919' });
    expect((await anita.view(own)).head.name).toBe('Leg, 943 476 5919');
  });

  test('a look-up that is known names the thread that is there; namesakes among my own threads are named', async () => {
    expect((await matched(anita)).existing).toBeDefined();
    world.server.patient = { ...world.server.patient, given: 'Joan', title: 'Mrs', nhsNumber: '9000000025' };
    const joan = await anita.ask.lookUpPatient({ ...john, given: 'joan', nhsNumber: '9000000025' });
    expect(joan).toMatchObject({
      outcome: 'match',
      namesakes: [
        { name: 'SMITH, John (Mr)', differs: ['given', 'title', 'nhs-number'], lastFour: '5919', source: 'own-thread' },
      ],
    });
    const lookup = joan.outcome === 'match' ? joan.lookup : '';
    const made = { lookup, name: '', people: [], reason: 'care-team' as const, draft: 'carried over' };
    expect((await refusalOf(anita.ask.createPatient({ ...made, wristbandChecked: false }))).code).toBe(
      'wristband_needed',
    );
    const { thread: joans } = await anita.ask.createPatient({ ...made, wristbandChecked: true });
    const view = await anita.view(joans);
    expect(view.draft?.text).toBe('carried over');
    expect(view.head.link?.namesakes).toHaveLength(1);
    world.server.patient = { ...world.server.patient, given: 'John', title: 'Mr', nhsNumber: '9434765919' };
  });

  test('a look-up that is too old starts nothing', async () => {
    const { lookup } = await matched(anita);
    world.clock.sleep(3_700_000);
    const made = { lookup, name: '', people: [], reason: 'care-team' as const, wristbandChecked: true, draft: '' };
    expect((await refusalOf(anita.ask.createPatient(made))).code).toBe('lookup_missing');
  });
});

describe('a decision', () => {
  let decided: string;
  let decision: string;
  let background: string;
  const item = async (by: Browser): Promise<DecisionItem | undefined> =>
    (await by.items(thread)).find((each): each is DecisionItem => each.kind === 'decision' && each.id === decision);
  const stone = async (by: Browser): Promise<TombstoneItem | undefined> =>
    (await by.items(thread)).find((each): each is TombstoneItem => each.kind === 'tombstone' && each.id === decision);
  const request = () => ({ thread, decision, sources: [background], summary: 'Antibiotics changed.' });

  beforeEach(async () => {
    thread = await patientThread();
    await anita.say(thread, 'Said before, and no part of it.');
    await fiona.say(thread, beside);
    await anita.sees(thread, beside);
    background = (await anita.items(thread)).at(-1)?.key ?? '';
    decided = await anita.say(thread, plan);
    ({ key: decision } = await anita.ask.markDecision({
      thread,
      messages: [decided],
      text: '',
      patientConfirmed: true,
    }));
    await until('the decision', async () => (await item(fiona)) !== undefined);
    await until('it to be sent', async () => (await item(anita))?.delivery?.state !== 'queued');
  });

  test('R18 is not in the record yet, for everybody, and says so in the inbox', async () => {
    for (const each of [anita, fiona]) {
      expect(await item(each)).toMatchObject({ record: { state: 'none' }, statements: [{ id: decided, text: plan }] });
      expect((await each.row(thread)).needs).toEqual([expect.objectContaining({ kind: 'not-in-record', count: 1 })]);
      expect((await each.view(thread)).head.record).toEqual([
        expect.objectContaining({ key: decision, state: 'none' }),
      ]);
    }
  });

  test('R21 H16 what is previewed is what is sent, byte for byte, verbatim, the summary named as one', async () => {
    const { statements, others } = await fiona.ask.filingSources({ thread, decision });
    expect(statements.map(({ text }) => text)).toEqual([plan]);
    expect(others.map(({ text }) => text)).toEqual([beside, 'Said before, and no part of it.']);
    const preview = await fiona.ask.previewFiling(request());
    expect(preview).toMatchObject({ sources: 2, graceMs: 600_000 });
    expect(preview.decidedBy.map(({ name }) => name)).toEqual(['Dr Anita Patel']);
    expect(preview.tookPart.map(({ name }) => name)).toEqual(['Dr Fiona Kerr']);
    expect(preview.sha256).toBe(hex(await sha256(new TextEncoder().encode(preview.html))));
    await fiona.ask.file({ ...request(), sha256: preview.sha256, patientConfirmed: true });
    const [filing] = world.server.thread(thread).filings;
    const document = new TextDecoder().decode(world.server.documents.get(filing?.filing ?? ''));
    expect(document).toBe(preview.html);
    expect(document).toContain(
      '<p class="said">Change to IV flucloxacillin &lt;2 g&gt; four times a day &amp; re-mark &quot;16:00&quot;.\nSurgical review',
    );
    expect(document).toContain('<h2 id="summary">Summary by Dr Fiona Kerr, Medical Registrar</h2>');
    expect(document).not.toContain('no part of it');
    // In the order of the thread, what was said beside it comes first here.
    expect(document.indexOf('id="background"')).toBeLessThan(document.indexOf('id="decision"'));
    expect(filing?.sources).toEqual([background, decided, decision]);
  });

  test('a document that would be another than the previewed one is not sent', async () => {
    const preview = await fiona.ask.previewFiling(request());
    const changed = [
      { ...request(), summary: 'Another.' },
      { ...request(), sources: [] },
    ];
    for (const other of changed) {
      const filed = fiona.ask.file({ ...other, sha256: preview.sha256, patientConfirmed: true });
      expect((await refusalOf(filed)).code).toBe('document_changed');
    }
    const unconfirmed = fiona.ask.file({ ...request(), sha256: preview.sha256, patientConfirmed: false });
    expect((await refusalOf(unconfirmed)).code).toBe('patient_unconfirmed');
    expect(world.server.thread(thread).filings).toEqual([]);
  });

  test('H11 a summary with another patient’s number is neither shown as a document nor filed', async () => {
    const { sha256: hash } = await fiona.ask.previewFiling(request());
    const other = { ...request(), summary: 'Compare with 900 000 0025 please' };
    expect((await refusalOf(fiona.ask.previewFiling(other))).code).toBe('stopped_other_patient');
    const filed = fiona.ask.file({ ...other, sha256: hash, patientConfirmed: true });
    expect((await refusalOf(filed)).code).toBe('stopped_other_patient');
    expect(world.server.thread(thread).filings).toEqual([]);
    await fiona.ask.previewFiling({ ...request(), summary: 'Of 943 476 5919.' });
  });

  test('R19 an answer that was lost files once', async () => {
    const preview = await fiona.ask.previewFiling(request());
    // The patient is confirmed already, so that it is the filing's answer that is lost.
    await fiona.ask.markDecision({ thread, messages: [], text: 'Seen and agreed.', patientConfirmed: true });
    await fiona.sees(thread, 'Seen and agreed.');
    await until('it to be sent', async () => (await fiona.inside(thread)).outbox.of(thread).length === 0);
    world.server.broken = 'after';
    const lost = await refusalOf(fiona.ask.file({ ...request(), sha256: preview.sha256, patientConfirmed: true }));
    expect(lost.code).toBe('offline');
    world.server.broken = undefined;
    await fiona.ask.file({ ...request(), sha256: preview.sha256, patientConfirmed: true });
    expect(world.server.thread(thread).filings).toHaveLength(1);
  });

  test('R18 only the receipt says “in the record”; R20 then the originals go everywhere, and a tombstone stays', async () => {
    const preview = await fiona.ask.previewFiling(request());
    await fiona.ask.file({ ...request(), sha256: preview.sha256, patientConfirmed: true });
    await until('filing', async () => (await item(anita))?.record.state === 'filing');
    expect((await anita.row(thread)).needs).toEqual([expect.objectContaining({ kind: 'not-in-record', count: 1 })]);
    const served = world.server.thread(thread);
    const [filing] = served.filings;
    if (!filing) throw new Error('nothing was filed');
    world.server.receive(served, filing);
    await until('in', async () => (await item(anita))?.record.state === 'in');
    expect((await item(anita))?.record).toMatchObject({ reference: 'DOC-1', by: { name: 'Dr Fiona Kerr' } });
    expect((await anita.row(thread)).needs).toEqual([]);
    await anita.ask.saveDraft({ thread, text: 'in answer to it', replyTo: decided });
    await anita.view(thread);
    await world.server.destroy(served, filing);
    const removed = () => anita.told(`thread:${thread}`).flatMap((change) => change.removed);
    await until('them to be taken off the screen', async () =>
      [decided, background].every((id) => removed().includes(id)),
    );
    for (const each of [anita, fiona]) {
      await until('the tombstone', async () => (await stone(each)) !== undefined);
      const text = JSON.stringify(await each.view(thread));
      expect(text).not.toContain('flucloxacillin');
      expect(text).not.toContain(beside);
      expect(await stone(each)).toMatchObject({
        decidedBy: 'Dr Anita Patel',
        filedBy: 'Dr Fiona Kerr',
        messages: 2,
        reference: 'DOC-1',
      });
    }
    // The draft keeps its words and loses what it answered.
    await until('the draft', async () => (await anita.view(thread)).draft?.replyTo === undefined);
    expect((await anita.view(thread)).draft?.text).toBe('in answer to it');
    expect((await refusalOf(anita.ask.send({ thread, text: 'x', replyTo: decided }))).code).toBe('message_unknown');
  });

  test.each([
    ['record_other_patient', 'other-patient'],
    ['record_mismatch', 'otherwise'],
  ])('R18 what the record holds wrongly (%s) is no refusal, and the same everywhere', async (code, how) => {
    const preview = await fiona.ask.previewFiling(request());
    await fiona.ask.file({ ...request(), sha256: preview.sha256, patientConfirmed: true });
    const served = world.server.thread(thread);
    const [filing] = served.filings;
    if (!filing) throw new Error('nothing was filed');
    world.server.misfile(served, filing, code, 'It lies elsewhere.');
    const misfiled = { how, reference: filing.filing };
    for (const each of [anita, fiona]) {
      await until('it to fail', async () => (await item(each))?.record.state === 'failed');
      expect((await item(each))?.record).toMatchObject({ reason: 'It lies elsewhere.', misfiled });
      expect((await each.view(thread)).head.record).toEqual([
        expect.objectContaining({ key: decision, state: 'failed', by: 'Dr Anita Patel', words: plan, misfiled }),
      ]);
      expect((await each.row(thread)).needs).toEqual([
        expect.objectContaining({ kind: 'record-misfiled', count: 1, how }),
      ]);
    }
  });

  test.each([
    ['nothing beside it', '', [], 1],
    ['own words alone', 'Stop the heparin.', [], 1],
    ['own words and what they rest on', 'Stop the heparin.', ['background'], 2],
    ['a message and another beside it', '', ['background'], 2],
  ])('R20 one count of messages in preview, document and tombstone: %s', async (_what, text, and, count) => {
    if (text) {
      ({ key: decision } = await anita.ask.markDecision({
        thread,
        messages: [background],
        text,
        patientConfirmed: true,
      }));
      await until('the decision', async () => (await item(fiona)) !== undefined);
    }
    const wanted = { ...request(), sources: and.length > 0 ? [background] : [] };
    const preview = await fiona.ask.previewFiling(wanted);
    expect(preview.sources).toBe(count);
    expect(preview.html).toContain(count === 1 ? ' 1 message, word for word' : ` ${count} messages, word for word`);
    await fiona.ask.file({ ...wanted, sha256: preview.sha256, patientConfirmed: true });
    const served = world.server.thread(thread);
    const [filing] = served.filings;
    if (!filing) throw new Error('nothing was filed');
    world.server.receive(served, filing);
    await until('in', async () => (await item(anita))?.record.state === 'in');
    await world.server.destroy(served, filing);
    for (const each of [anita, fiona]) {
      await until('the tombstone', async () => (await stone(each)) !== undefined);
      expect((await stone(each))?.messages).toBe(count);
    }
    fiona.reload();
    await fiona.ask.unlock({ password });
    expect((await stone(fiona))?.messages).toBe(count);
  });

  describe('R20 a tombstone names', () => {
    const gone = async (sources: string[], id: string): Promise<void> => {
      decision = id;
      await until('the decision', async () => (await item(fiona)) !== undefined && (await item(anita)) !== undefined);
      const wanted = { thread, decision, sources, summary: '' };
      // A preview does not outlive what another filing takes away meanwhile.
      await until('it to be filed', async () => {
        const { sha256: hash } = await fiona.ask.previewFiling(wanted);
        await fiona.ask.file({ ...wanted, sha256: hash, patientConfirmed: true });
        return true;
      });
      const served = world.server.thread(thread);
      const filing = served.filings.find((each) => each.decision === id);
      if (!filing) throw new Error('nothing was filed');
      world.server.receive(served, filing);
      await world.server.destroy(served, filing);
      for (const each of [anita, fiona]) await until('the tombstone', async () => (await stone(each)) !== undefined);
    };
    const names = async (by: Browser) => {
      const { decidedBy, markedBy } = (await stone(by)) ?? {};
      return { decidedBy, markedBy };
    };
    const newBrowser = async (): Promise<Browser> => {
      const browser = new Browser(world);
      await browser.signIn('fiona.kerr');
      await until('the tombstone', async () => (await stone(browser)) !== undefined);
      return browser;
    };
    const [byAnita, byFiona] = ['Dr Anita Patel', 'Dr Fiona Kerr'];

    test('whoever decided, and whoever marked it beside; where that was not read, it is not guessed', async () => {
      const said = await fiona.say(thread, 'Stop the metformin.');
      await anita.sees(thread, 'Stop the metformin.');
      const { key } = await anita.ask.markDecision({ thread, messages: [said], text: '', patientConfirmed: true });
      await gone([], key);
      for (const each of [anita, fiona]) expect(await names(each)).toEqual({ decidedBy: byFiona, markedBy: byAnita });
      anita.reload();
      await anita.ask.unlock({ password });
      expect(await names(anita)).toEqual({ decidedBy: byFiona, markedBy: byAnita });
      expect(await names(await newBrowser())).toEqual({ decidedBy: undefined, markedBy: byAnita });
    });

    test('everybody whose words were decided, also when one of them is gone already', async () => {
      const said = await fiona.say(thread, 'And no more metformin.');
      await anita.sees(thread, 'And no more metformin.');
      const { key } = await anita.ask.markDecision({
        thread,
        messages: [decided, said],
        text: '',
        patientConfirmed: true,
      });
      await until('it to be sent', async () => (await anita.delivery(thread, key)) === 'sent');
      await gone([], decision);
      await gone([], key);
      expect(await names(fiona)).toEqual({ decidedBy: `${byAnita} and ${byFiona}`, markedBy: byAnita });
    });

    test('the one author of all that was filed, also where it was never read; there messages are not counted', async () => {
      await gone([], decision);
      const fresh = await newBrowser();
      expect(await names(fresh)).toEqual({ decidedBy: byAnita, markedBy: byAnita });
      expect((await stone(fresh))?.messages).toBeUndefined();
      expect((await stone(anita))?.messages).toBe(1);
    });
  });

  test('R20 whoever was away finds the tombstone when they come back', async () => {
    const preview = await fiona.ask.previewFiling(request());
    await fiona.ask.file({ ...request(), sha256: preview.sha256, patientConfirmed: true });
    await anita.ask.lock();
    const served = world.server.thread(thread);
    const [filing] = served.filings;
    if (!filing) throw new Error('nothing was filed');
    world.server.receive(served, filing);
    await world.server.destroy(served, filing);
    anita.reload();
    await anita.ask.unlock({ password });
    await until('the tombstone', async () => (await stone(anita)) !== undefined);
    expect(JSON.stringify(await anita.view(thread))).not.toContain('flucloxacillin');
  });

  test('a tombstone of another message is no tombstone of this one', async () => {
    const served = world.server.thread(thread);
    const entries = served.log.filter(({ kind }) => kind === 'message');
    const [first, second] = [entries.at(-3), entries.at(-2)];
    await served.destroy({ ...(await filingLike()), sources: [background] });
    const stoneOfFirst = served.log[(first?.seq ?? 1) - 1];
    const seq = second?.seq ?? 0;
    if (stoneOfFirst && second) served.log[seq - 1] = { ...second, kind: 'tombstone', body: stoneOfFirst.body };
    world.server.push(served, seq);
    await until('the freeze', async () => (await anita.view(thread)).head.readOnly?.code === 'thread_frozen');
    expect(await anita.words(thread)).toContain(plan);
  });

  async function filingLike() {
    const preview = await fiona.ask.previewFiling(request());
    await fiona.ask.file({ ...request(), sha256: preview.sha256, patientConfirmed: true });
    const [filing] = world.server.thread(thread).filings;
    if (!filing) throw new Error('nothing was filed');
    return filing;
  }
});
