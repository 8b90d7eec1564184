// @vitest-environment node
/** R51: what was decided about the wrong patient is offered again in the right patient's thread, and nothing of the wrong one goes with it. */
import { beforeAll, describe, expect, test, vi } from 'vitest';
import type { PatientAssertion } from '../../crypto/layouts/patient.ts';
import type { DecisionItem } from '../contract.ts';
import { Browser, World, refusalOf, until } from '../testing/world.ts';
import { namesOther } from './again.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const john = { family: 'Smith', given: 'John', born: '1954-03-12', nhsNumber: '9434765919' };
const joan = { family: 'Smyth', given: 'Joan', born: '1961-07-02', nhsNumber: '9000000025' };

describe('in the right patient’s thread', () => {
  let world: World;
  let anita: Browser;
  let fiona: Browser;
  let wrong: string;
  let right: string;
  const decisions: Record<'plain' | 'named' | 'numbered' | 'back' | 'two', string> = {
    plain: '',
    named: '',
    numbered: '',
    back: '',
    two: '',
  };

  async function started(patient: typeof john, by: Browser, continues?: { thread: string; line: string }) {
    world.server.patient = {
      ...world.server.patient,
      family: patient.family,
      given: patient.given,
      birthDate: patient.born,
      nhsNumber: patient.nhsNumber,
    };
    const answer = await by.ask.lookUpPatient(patient);
    if (answer.outcome !== 'match') throw new Error(answer.outcome);
    const people = [by === anita ? fiona.me : anita.me];
    const made = { lookup: answer.lookup, name: '', people, reason: 'care-team' as const, wristbandChecked: true };
    return (await by.ask.createPatient({ ...made, draft: '', ...(continues ? { continues } : {}) })).thread;
  }

  const decide = async (text: string, messages: string[] = []) =>
    (await anita.ask.markDecision({ thread: wrong, messages, text, patientConfirmed: true })).key;
  const offered = async (by: Browser, thread: string) => (await by.ask.decisionsAgain({ thread }))?.decisions ?? [];
  const there = async (by: Browser) =>
    (await by.items(right)).filter((item): item is DecisionItem => item.kind === 'decision');

  beforeAll(async () => {
    world = await World.open();
    anita = await world.enrolled('anita.patel', 'Dr Anita Patel');
    fiona = await world.enrolled('fiona.kerr', 'Dr Fiona Kerr');
    wrong = await started(john, anita);
    await fiona.row(wrong);
    const said = [await anita.say(wrong, 'Stop the heparin.'), await fiona.say(wrong, 'Restart on Friday.')];
    await anita.sees(wrong, 'Restart on Friday.');
    decisions.plain = await decide('Chest drain at 16:00.');
    decisions.two = await decide('', said);
    decisions.named = await decide('Mr Smith’s drain comes out tomorrow.');
    decisions.numbered = await decide('Bloods under 943 476 5919 tonight.');
    decisions.back = await decide('Antibiotics off.');
    await until('all', async () => (await fiona.view(wrong)).head.record.length === 5);
    await anita.ask.takeBackDecision({ thread: wrong, decision: decisions.back, reason: 'withdrawn', note: '' });
    await until('it', async () => JSON.stringify((await fiona.view(wrong)).head.record).includes('taken-back'));
    await anita.ask.quarantine({ thread: wrong, note: '' });
    await until('fiona to hear', async () => (await fiona.view(wrong)).head.quarantine !== undefined);
  });

  test('before there is one, the decisions are listed and nothing can be done with them', async () => {
    expect(await fiona.ask.decisionsAgain({ thread: wrong })).not.toHaveProperty('to');
    const listed = await offered(fiona, wrong);
    expect(listed.map(({ decision }) => decision)).toEqual([
      decisions.plain,
      decisions.two,
      decisions.named,
      decisions.numbered,
    ]);
    expect(listed.every(({ done }) => !done)).toBe(true);
  });

  test('each is offered there with author and time, and what names the wrong patient does not come with it', async () => {
    right = await started(joan, fiona, { thread: wrong, line: 'This goes on from the wrong patient.' });
    for (const each of [anita, fiona]) {
      await until('the way', async () => (await each.view(right)).head.continues === wrong);
      expect((await each.ask.decisionsAgain({ thread: right }))?.to).toBe(right);
      const [plain, two, named, numbered] = await offered(each, right);
      expect(plain).toMatchObject({ by: 'Dr Anita Patel', statements: [{ text: 'Chest drain at 16:00.' }] });
      expect(two?.statements.map(({ author, text }) => [author.name, text])).toEqual([
        ['Dr Anita Patel', 'Stop the heparin.'],
        ['Dr Fiona Kerr', 'Restart on Friday.'],
      ]);
      expect(named).toMatchObject({ own: 'names', statements: [] });
      expect(numbered).toMatchObject({ own: 'names', statements: [] });
      expect(JSON.stringify(await each.ask.decisionsAgain({ thread: right }))).not.toMatch(/smith|943/i);
    }
  });

  test('R12 nothing goes without the person’s own confirmation, and then it goes word for word, labelled, once', async () => {
    const ask = { thread: right, decision: decisions.two, text: '' };
    expect((await refusalOf(fiona.ask.decideAgain({ ...ask, patientConfirmed: false }))).code).toBe(
      'patient_unconfirmed',
    );
    expect(await there(fiona)).toEqual([]);
    await fiona.ask.decideAgain({ ...ask, patientConfirmed: true });
    await until('it to arrive', async () => (await there(anita)).length === 1);
    const [made] = await there(anita);
    expect(made?.markedBy.name).toBe('Dr Fiona Kerr');
    expect(made?.statements[0]?.text).toMatch(
      /^Said in a conversation that was linked to the wrong patient, by Dr Anita Patel on \d\d-\w{3}-\d{4} at \d\d:\d\d:\nStop the heparin\.\n\nSaid in .*, by Dr Fiona Kerr on .*:\nRestart on Friday\.$/,
    );
    for (const each of [anita, fiona]) {
      for (const thread of [wrong, right])
        expect((await offered(each, thread)).map(({ done }) => done)).toEqual([false, true, false, false]);
    }
    expect((await refusalOf(fiona.ask.decideAgain({ ...ask, patientConfirmed: true }))).code).toBe('made_again');
  });

  test('what names the wrong patient is said in other words, which name nobody either', async () => {
    const ask = { thread: right, decision: decisions.named, patientConfirmed: true };
    const code = async (text: string) => (await refusalOf(anita.ask.decideAgain({ ...ask, text }))).code;
    expect(await code(' ')).toBe('decision_empty');
    expect(await code('SMITH: drain out tomorrow.')).toBe('names_other_patient');
    expect(await code('943 476 5919: drain out tomorrow.')).toBe('names_other_patient');
    expect(await code('Not 900 000 0009: drain out tomorrow.')).toBe('names_other_patient');
    await anita.ask.decideAgain({ ...ask, text: 'Her drain comes out tomorrow.' });
    await until('it to arrive', async () => (await there(fiona)).length === 2);
    expect((await there(fiona)).at(-1)?.statements[0]?.text).toMatch(
      /^Decided in a conversation that was linked to the wrong patient, by Dr Anita Patel on .*; here in other words:\nHer drain comes out tomorrow\.$/,
    );
    // Lists tell it by its words, not by the line that stands over all of them.
    expect((await fiona.view(right)).head.record.map(({ words }) => words)).toEqual([
      expect.stringMatching(/^Stop the heparin\./),
      'Her drain comes out tomorrow.',
    ]);
    await until('done', async () => (await offered(fiona, wrong)).filter(({ done }) => done).length === 2);
    expect((await offered(fiona, right)).map(({ done }) => done)).toEqual([false, true, true, false]);
    expect(JSON.stringify(await there(fiona))).not.toMatch(/smith|943/i);
  });

  test('what need not be made again is said once, for everybody, with a reason that names nobody, and is exactly that one', async () => {
    const draft = { thread: right, text: 'A draft that waits.' };
    await fiona.ask.saveDraft(draft);
    const pass = (decision: string, why: string) => fiona.ask.passOver({ thread: right, decision, why });
    const code = async (why: string) => (await refusalOf(pass(decisions.numbered, why))).code;
    expect(await code(' ')).toBe('reason_missing');
    expect(await code('that was for Smith')).toBe('names_other_patient');
    expect(await code('943 476 5919 has it')).toBe('names_other_patient');
    expect(await code('x'.repeat(201))).toBe('text_too_long');
    expect((await refusalOf(pass(decisions.named, 'it is over'))).code).toBe('made_again');
    expect((await refusalOf(pass(decisions.back, 'it is over'))).code).toBe('decision_unknown');
    // The last of several of one minute: the first of them stays open.
    await pass(decisions.numbered, 'it is not\nabout this patient');
    await until('everybody', async () => (await offered(anita, wrong))[3]?.done === true);
    for (const each of [anita, fiona]) {
      for (const thread of [wrong, right]) {
        const listed = await offered(each, thread);
        expect(listed.map(({ done }) => done)).toEqual([false, true, true, true]);
        expect(listed[3]?.passed).toMatchObject({ by: 'Dr Fiona Kerr', why: 'it is not about this patient' });
      }
    }
    const said = (await anita.items(right)).flatMap((item) => (item.kind === 'message' ? [item.text] : []));
    expect(said.filter((text) => text.startsWith('Not decided again here: '))).toEqual([
      expect.stringMatching(
        /^Not decided again here: what Dr Anita Patel decided on .* linked to the wrong patient \(number [0-9a-f]{8}\), because: it is not about this patient$/,
      ),
    ]);
    expect(JSON.stringify(said)).not.toMatch(/smith|943|bloods/i);
    expect((await refusalOf(pass(decisions.numbered, 'it is over'))).code).toBe('passed_over');
    expect((await fiona.view(right)).draft?.text).toBe('A draft that waits.');
    // Whoever passed it over may have been wrong.
    const ask = { thread: right, decision: decisions.numbered, text: 'Bloods tonight.', patientConfirmed: true };
    await anita.ask.decideAgain(ask);
    await until('it', async () => (await offered(fiona, wrong))[3]?.passed === undefined);
    expect((await offered(fiona, wrong)).map(({ done }) => done)).toEqual([false, true, true, true]);
  });

  test('what was made again stays so when its words have gone to the record; who cannot tell says so and asks nobody to decide twice', async () => {
    const before = (await offered(fiona, right)).map(({ done }) => done);
    expect(before).toContain(false);
    const [made] = await there(fiona);
    if (!made) throw new Error('nothing was made again');
    const served = world.server.thread(right);
    const request = { thread: right, decision: made.id, sources: [], summary: '' };
    const { sha256 } = await fiona.ask.previewFiling(request);
    await fiona.ask.file({ ...request, sha256, patientConfirmed: true });
    const filing = served.filings.at(-1);
    if (!filing) throw new Error('it was not filed');
    world.server.receive(served, filing);
    await world.server.destroy(served, filing);
    await until('its words to go', async () => (await there(fiona)).every(({ id }) => id !== made.id));
    // Fiona's device had seen it.
    expect((await offered(fiona, right)).map(({ done }) => done)).toEqual(before);
    expect((await offered(fiona, wrong)).every(({ unsure }) => unsure === undefined)).toBe(true);
    // A browser that comes in now has never read it.
    const late = new Browser(world);
    await late.signIn('fiona.kerr');
    await late.row(right);
    await late.row(wrong);
    const told = await offered(late, right);
    expect(told.some(({ done, unsure }) => !done && unsure === undefined)).toBe(false);
  });

  test('a decision of another thread, or of none, is not made again', async () => {
    const ask = { decision: decisions.plain, text: '', patientConfirmed: true };
    expect((await refusalOf(fiona.ask.decideAgain({ ...ask, thread: wrong }))).code).toBe('decision_unknown');
    const unknown = fiona.ask.decideAgain({ ...ask, thread: right, decision: decisions.back });
    expect((await refusalOf(unknown)).code).toBe('decision_unknown');
  });
});

describe('H11 naming the patient of the other thread', () => {
  const assertion = (family: string, given: string, nhsNumber: string, hospitalNumber = ''): PatientAssertion =>
    ({
      family,
      given,
      nhsNumber,
      hospitalNumber,
      superseded: '',
      tag: new TextEncoder().encode(nhsNumber),
    }) as unknown as PatientAssertion;
  const other = assertion('Okafor-Smith', 'Ngozi', '9434765919', 'N0041192');
  const same = assertion('Smith', 'Joan', '9000000025');

  test.each([
    ['Ngozi is for theatre', true],
    ['NGOZI: theatre', true],
    ['okafor’s drain', true],
    ['drain(Okafor)/theatre', true],
    ['hosp no N0041192', true],
    ['Smith is for theatre', false],
    ['for theatre, 900 000 0025', false],
    ['for theatre, 943-476-5919', true],
    ['the patient is for theatre at 16:00', false],
  ])('%s: %s', (text, names) => {
    expect(namesOther(text, other, same)).toBe(names);
  });

  test('is not asked where both threads are about one patient', () => {
    expect(namesOther('Ngozi is for theatre', other, other)).toBe(false);
  });
});
