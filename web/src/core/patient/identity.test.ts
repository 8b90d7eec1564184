// @vitest-environment node
/** Who a patient is, known better while a thread goes on: never another one, and everything that was said stays (R11, R12, H10). */
import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { decode } from '../../crypto/codec.ts';
import { hashObject } from '../../crypto/domain.ts';
import { signed } from '../../crypto/layouts/container.ts';
import { link } from '../../crypto/layouts/membership.ts';
import { type PatientAssertion, patientAssertion } from '../../crypto/layouts/patient.ts';
import { sign, unpack } from '../../crypto/signed.ts';
import type { PatientQuery, SystemEvent, ThreadHead } from '../contract.ts';
import { type Indexed, kestrel } from '../testing/patients.ts';
import { queryFor } from './patient.ts';
import { byDevice, relinkPatient } from '../thread/members.ts';
import { type Browser, World, refusalOf, until } from '../testing/world.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

const asKestrel: PatientQuery = { family: 'Unknown', given: 'Kestrel', hospitalNumber: 'N0099001', temporary: true };
const asJohn: PatientQuery = { family: 'Smith', given: 'John', born: '1954-03-12', nhsNumber: '9434765919' };
const byHospital: PatientQuery = { family: 'Smith', given: 'John', born: '1954-03-12', hospitalNumber: 'N0041192' };
const duty = 12 * 3_600_000;

let world: World;
let anita: Browser;
let fiona: Browser;
let john: Indexed;
let joan: Indexed;

beforeAll(async () => {
  world = await World.open();
  anita = await world.enrolled('anita.patel', 'Dr Anita Patel');
  fiona = await world.enrolled('fiona.kerr', 'Dr Fiona Kerr');
  john = world.server.patient;
  joan = { ...john, given: 'Joan', title: 'Mrs', nhsNumber: '9000000025', hospitalNumber: 'N0055555' };
});

beforeEach(() => {
  const { index } = world.server;
  index.records.splice(0, index.records.length, john, kestrel);
  Object.assign(index, { disagrees: [], away: false, namesakes: [] });
});

async function threadAbout(query: PatientQuery): Promise<string> {
  const answer = await anita.ask.lookUpPatient(query);
  if (answer.outcome !== 'match') throw new Error(answer.outcome);
  const { thread } = await anita.ask.createPatient({
    lookup: answer.lookup,
    name: 'Found on the towpath',
    people: [fiona.me],
    reason: 'care-team',
    wristbandChecked: true,
    draft: '',
  });
  await fiona.row(thread);
  await until('the patient', async () => (await fiona.view(thread)).head.patient !== undefined);
  return thread;
}

async function identify(by: Browser, thread: string, query: PatientQuery): Promise<void> {
  const answer = await by.ask.reidentify({ thread, ...query });
  if (answer.outcome !== 'match') throw new Error(answer.outcome);
  await by.ask.relink({ thread, lookup: answer.lookup, wristbandChecked: true });
}

const headOf = async (by: Browser, thread: string): Promise<ThreadHead> => (await by.view(thread)).head;
const lines = async (by: Browser, thread: string): Promise<SystemEvent[]> =>
  (await by.items(thread)).flatMap((item) => (item.kind === 'system' ? [item.event] : []));
const shows = (by: Browser, thread: string, number: string | undefined) =>
  until(`the number ${number ?? 'of nobody'}`, async () => (await headOf(by, thread)).patient?.nhsNumber === number);

describe('R11 a patient who was identified by hospital number, whose NHS number the index has too', () => {
  test('is never said to have been compared by the other', async () => {
    const { index } = world.server;
    index.namesakes = [{ name: 'SMITH, Joan (Mrs)', differs: ['title'], lastFour: '0025', hospitalLastFour: '1193' }];
    const answer = await anita.ask.lookUpPatient(byHospital);
    expect(answer).toMatchObject({
      identifiedBy: 'hospital-number',
      patient: { nhsNumber: '9434765919' },
      namesakes: [{ lastFour: '0025', hospitalLastFour: '1193' }],
    });
    const thread = await threadAbout(byHospital);
    expect((await headOf(fiona, thread)).link).toMatchObject({ identifiedBy: 'hospital-number' });
    expect(await lines(fiona, thread)).toContainEqual(
      expect.objectContaining({ what: 'linked', identifiedBy: 'hospital-number' }),
    );
  });

  test('an answer that says that another number was compared than was typed is not read', async () => {
    const { index } = world.server;
    const sign = index.sign.bind(index);
    index.sign = (record, thread, requester, superseded, continues) =>
      sign(record, thread, requester, superseded, continues, 'nhs-number');
    try {
      await expect(anita.ask.lookUpPatient(byHospital)).rejects.toMatchObject({ code: 'answer_unreadable' });
    } finally {
      index.sign = sign;
    }
  });

  test('is asked for again by that number alone', () => {
    const asserted = { family: 'Smith', given: 'John', birthDate: '1954-03-12', hospitalNumber: 'N0041192' };
    const both = { ...asserted, nhsNumber: '9434765919', identifiedBy: 'hospital-number' } as PatientAssertion;
    expect(queryFor(both)).toEqual(byHospital);
    expect(queryFor({ ...both, identifiedBy: 'nhs-number' })).not.toHaveProperty('hospitalNumber');
  });
});

describe('R11 the unknown patient', () => {
  test('is a temporary identity, with what the hospital calls them', async () => {
    const thread = await threadAbout(asKestrel);
    const { patient } = await headOf(fiona, thread);
    expect(patient).toMatchObject({ family: 'Unknown', given: 'Kestrel', temporary: 'N0099001' });
    expect(patient).not.toHaveProperty('born');
    expect(patient).not.toHaveProperty('nhsNumber');
    expect(await lines(fiona, thread)).toContainEqual(
      expect.objectContaining({ what: 'linked', patient: 'UNKNOWN, Kestrel', temporary: 'N0099001' }),
    );
    // Any number that is written may be somebody else's.
    expect(await anita.ask.checkText({ thread, text: 'Is it 943 476 5919?' })).toMatchObject([
      { kind: 'other-patient', stops: true },
    ]);
  });

  test('the hospital knows who it is, or does not: nothing is linked', async () => {
    expect((await anita.ask.lookUpPatient({ ...asKestrel, hospitalNumber: 'N0041192' })).outcome).toBe('known');
    expect((await anita.ask.lookUpPatient({ ...byHospital, hospitalNumber: 'N0099001' })).outcome).toBe('temporary');
  });

  test('by the hospital’s number somebody is found as well; two sources that disagree want the wristband', async () => {
    world.server.index.disagrees = ['birthDate'];
    const answer = await anita.ask.lookUpPatient(byHospital);
    if (answer.outcome !== 'match') throw new Error(answer.outcome);
    expect(answer.compared.map(({ what }) => what)).toEqual(['name', 'born', 'hospital-number']);
    expect(answer.disagrees).toEqual(['born']);
    const made = { lookup: answer.lookup, name: '', people: [], reason: 'care-team' as const, draft: '' };
    expect(await refusalOf(anita.ask.createPatient({ ...made, wristbandChecked: false }))).toMatchObject({
      code: 'wristband_needed',
    });
    await anita.ask.createPatient({ ...made, wristbandChecked: true });
  });

  test('R12 once identified, everything is about them, and everybody confirms again before they decide and file', async () => {
    const thread = await threadAbout(asKestrel);
    await fiona.say(thread, 'GCS 14, no wallet, no phone');
    await fiona.ask.markDecision({ thread, messages: [], text: 'CT head now', patientConfirmed: true });
    await until('confirmed', async () => (await headOf(fiona, thread)).confirmed);
    await identify(anita, thread, asJohn);
    await shows(fiona, thread, '9434765919');
    await fiona.sees(thread, 'GCS 14, no wallet, no phone');
    expect(await lines(fiona, thread)).toContainEqual({
      what: 'identified',
      by: 'Dr Anita Patel',
      byMe: false,
      patient: 'SMITH, John',
      born: '1954-03-12',
      number: '9434765919',
      identifiedBy: 'nhs-number',
    });
    // What was confirmed before was somebody whom nobody knew.
    expect(await lines(fiona, thread)).toContainEqual(
      expect.objectContaining({ what: 'confirmed', patient: 'UNKNOWN, Kestrel' }),
    );
    expect((await headOf(fiona, thread)).confirmed).toBe(false);
    expect((await headOf(fiona, thread)).name).toBe('Found on the towpath');
    const decide = (patientConfirmed: boolean) =>
      fiona.ask.markDecision({ thread, messages: [], text: 'Stop apixaban', patientConfirmed });
    expect(await refusalOf(decide(false))).toMatchObject({ code: 'patient_unconfirmed' });
    const { key } = await decide(true);
    await until('the decision', async () => (await anita.items(thread)).some((item) => item.key === key));
    const request = { thread, decision: key, sources: [], summary: '' };
    const { sha256, html } = await anita.ask.previewFiling(request);
    expect(html).toContain('943 476 5919');
    await anita.ask.file({ ...request, sha256, patientConfirmed: true });
    expect(world.server.thread(thread).filings).toHaveLength(1);
    expect(await lines(anita, thread)).toContainEqual(
      expect.objectContaining({ what: 'confirmed', patient: 'SMITH, John (Mr)', byMe: true }),
    );
    // On a new start the whole chain is read and compared again.
    fiona.reload();
    await fiona.ask.unlock({ password: 'three slow herons by the lock' });
    await fiona.online();
    await shows(fiona, thread, '9434765919');
    expect(await lines(fiona, thread)).toContainEqual(
      expect.objectContaining({ what: 'linked', temporary: 'N0099001' }),
    );
  });

  test('a confirmation that waited while somebody identified the patient is not sent, and says nothing of them', async () => {
    const thread = await threadAbout(asKestrel);
    await headOf(fiona, thread);
    world.server.sockets = false;
    world.server.cut(fiona.jar);
    world.server.brokenFor = fiona.jar;
    await fiona.ask.markDecision({ thread, messages: [], text: 'CT head now', patientConfirmed: true });
    await identify(anita, thread, asJohn);
    world.server.brokenFor = undefined;
    await world.reconnect(fiona);
    await shows(fiona, thread, '9434765919');
    const failed = await until('the refusal', async () =>
      (await fiona.items(thread)).find((item) => item.kind === 'decision' && item.delivery?.state === 'failed'),
    );
    expect(failed.kind === 'decision' && failed.delivery?.error?.code).toBe('identity_unconfirmed');
    expect((await lines(fiona, thread)).map(({ what }) => what)).not.toContain('confirmed');
  });

  test('two who identify at once: one is told that the other was first', async () => {
    const thread = await threadAbout(asKestrel);
    await headOf(fiona, thread);
    const mine = await anita.ask.reidentify({ thread, ...asJohn });
    await identify(fiona, thread, asJohn);
    await shows(anita, thread, '9434765919');
    if (mine.outcome !== 'match') throw new Error(mine.outcome);
    const late = anita.ask.relink({ thread, lookup: mine.lookup, wristbandChecked: true });
    expect(await refusalOf(late)).toMatchObject({ code: 'link_moved' });
  });
});

describe('R11 what the record says by now', () => {
  const moved = () => {
    const next = { ...john, nhsNumber: '9990475466', reference: 'Patient/9' };
    world.server.index.records.splice(0, 1, { ...john, replacedBy: '9990475466' }, next);
  };

  test('is asked once in a duty and by hand; a number that was replaced is one step, and both numbers may be written', async () => {
    const thread = await threadAbout(asJohn);
    moved();
    await anita.ask.checkPatient({ thread, whenDue: true });
    expect((await headOf(anita, thread)).standing).toBeUndefined();
    const { ward } = await anita.inside(thread);
    const later = vi.spyOn(ward, 'now').mockReturnValue(ward.now() + duty);
    await anita.ask.checkPatient({ thread, whenDue: true });
    expect((await headOf(anita, thread)).standing).toMatchObject({
      outcome: 'superseded',
      nhsNumber: '9990475466',
      was: '9434765919',
    });
    const asked = () => world.server.asked.filter((route) => route.includes('patient/check')).length;
    const before = asked();
    await anita.ask.checkPatient({ thread, whenDue: true });
    expect(asked()).toBe(before);
    later.mockRestore();
    await anita.ask.updateNumber({ thread });
    await shows(fiona, thread, '9990475466');
    expect((await headOf(anita, thread)).standing).toBeUndefined();
    expect(await lines(fiona, thread)).toContainEqual({
      what: 'number-updated',
      by: 'Dr Anita Patel',
      byMe: false,
      was: '9434765919',
    });
    expect(await fiona.ask.checkText({ thread, text: '943 476 5919 and 999 047 5466' })).toEqual([]);
    expect(await fiona.ask.checkText({ thread, text: 'and 900 000 0025' })).toMatchObject([{ kind: 'other-patient' }]);
  });

  test.each<[string, (records: Indexed[]) => void, object]>([
    ['the same', () => undefined, { outcome: 'current' }],
    [
      'another name',
      (records) => records.splice(0, 1, { ...john, family: 'Smythe' }),
      { outcome: 'changed', differs: ['name'] },
    ],
    ['no such number', (records) => records.splice(0, 1), { outcome: 'gone' }],
  ])('%s', async (_, change, said) => {
    const thread = await threadAbout(asJohn);
    change(world.server.index.records);
    await anita.ask.checkPatient({ thread });
    expect((await headOf(anita, thread)).standing).toMatchObject(said);
    if ('differs' in said) {
      expect(await refusalOf(anita.ask.updateNumber({ thread }))).toMatchObject({ code: 'standing_changed' });
      await identify(anita, thread, { ...asJohn, family: 'Smythe' });
      await until('the name', async () => (await headOf(fiona, thread)).patient?.family === 'Smythe');
    }
  });

  test('the hospital has found out who it is, and an index that is away changes nothing', async () => {
    const thread = await threadAbout(asKestrel);
    world.server.index.records[1] = { ...kestrel, replacedBy: 'N0041192' };
    world.server.index.away = true;
    expect(await refusalOf(anita.ask.checkPatient({ thread }))).toMatchObject({ code: 'index_unavailable' });
    expect((await headOf(anita, thread)).standing).toBeUndefined();
    world.server.index.away = false;
    await anita.ask.checkPatient({ thread });
    expect((await headOf(anita, thread)).standing).toMatchObject({ outcome: 'identified' });
  });

  test('two sources that disagree about a replaced number want somebody to compare', async () => {
    const thread = await threadAbout(asJohn);
    moved();
    world.server.tamper = (route, value) =>
      route.includes('patient/check') ? { ...(value as object), disagrees: ['birthDate'] } : value;
    await anita.ask.checkPatient({ thread });
    expect((await headOf(anita, thread)).standing).toMatchObject({ outcome: 'changed', differs: ['born'] });
    world.server.tamper = (_route, value) => value;
  });
});

describe('H10 what the server says is held against what is known here', () => {
  test('a replaced number with another name and day of birth is no one step: somebody has to compare', async () => {
    const thread = await threadAbout(asJohn);
    const other = { ...joan, birthDate: '1971-07-07' };
    const present = (await anita.inside(thread)).thread.membership?.links.at(-1)?.assertion;
    const assertion = await world.server.index.sign(other, thread, anita.me, john.nhsNumber, present);
    world.server.tamper = (route, value) =>
      route.includes('patient/check') ? { outcome: 'superseded', compared: [], disagrees: [], assertion } : value;
    try {
      await anita.ask.checkPatient({ thread });
      expect((await headOf(anita, thread)).standing).toMatchObject({ outcome: 'changed', differs: ['name', 'born'] });
      expect(await refusalOf(anita.ask.updateNumber({ thread }))).toMatchObject({ code: 'standing_changed' });
    } finally {
      world.server.tamper = (_route, value) => value;
    }
    expect((await headOf(fiona, thread)).patient?.nhsNumber).toBe(asJohn.nhsNumber);
  });

  test('an answer about another patient than the one who was asked for is not taken', async () => {
    const { index } = world.server;
    const said = vi.spyOn(index, 'lookUp').mockImplementation(async (body, requester) => ({
      outcome: 'matched',
      compared: [{ field: 'name', equal: true }],
      assertion: await index.sign(joan, String(body['thread']), requester, ''),
      namesakes: [],
      disagrees: [],
      source: 'hospital',
      restricted: false,
    }));
    try {
      for (const query of [asJohn, asKestrel, { ...byHospital, born: '1954-03-21' }])
        expect(await refusalOf(anita.ask.lookUpPatient(query))).toMatchObject({ code: 'answer_unreadable' });
    } finally {
      said.mockRestore();
    }
  });
});

describe('H10 a later link never makes another patient of them', () => {
  test('the one who looks up is refused', async () => {
    const thread = await threadAbout(asJohn);
    world.server.index.records.push(joan);
    const query = { ...asJohn, given: 'Joan', nhsNumber: '9000000025' };
    expect((await anita.ask.reidentify({ thread, ...query })).outcome).toBe('another');
  });

  /** What a member does who helps a server that signs anything. */
  async function hostile(thread: string, record: Indexed, withKeys = true) {
    const inside = await anita.inside(thread);
    const present = inside.thread.membership?.links.at(-1)?.assertion;
    const assertion = await world.server.index.sign(record, thread, anita.me, '', present);
    const { tag, continues } = unpack(patientAssertion, assertion).value;
    const hash = await hashObject(patientAssertion, decode(signed, assertion).object);
    if (withKeys) {
      await relinkPatient(inside.thread, { tag, assertion: hash, continues }, { name: '', assertion: { assertion } });
      return;
    }
    const { seq, head: previous } = inside.thread.membership ?? { seq: 0, head: hash };
    const { me, now } = inside.ward;
    const place = { thread: inside.thread.bytes, seq: seq + 1, previous, person: me.person, device: me.device };
    const entry = await sign(link, { ...place, issued: now(), tag, assertion: hash }, byDevice(inside.ward));
    const served = world.server.thread(thread);
    served.linked = undefined;
    await served.run(() => served.enter({ entry: btoa(String.fromCharCode(...entry)) }));
  }

  test('whoever read the former patient uses no keys that name another, and goes on seeing the one they know', async () => {
    const thread = await threadAbout(asJohn);
    await fiona.say(thread, 'Before');
    await hostile(thread, joan);
    const inside = await fiona.inside(thread);
    await until('the refusal', async () => inside.thread.secrets.refused(2) === 'wrong_identity');
    expect((await headOf(fiona, thread)).patient).toMatchObject({ given: 'John', nhsNumber: '9434765919' });
    expect(
      await refusalOf(fiona.ask.markDecision({ thread, messages: [], text: 'Stop it', patientConfirmed: true })),
    ).toMatchObject({ code: 'identity_missing' });
    // On another day, with nothing in memory, it is the same.
    fiona.reload();
    await fiona.ask.unlock({ password: 'three slow herons by the lock' });
    await fiona.online();
    await until('the refusal', async () => (await fiona.inside(thread)).thread.secrets.refused(2) === 'wrong_identity');
    expect((await headOf(fiona, thread)).patient?.given).not.toBe('Joan');
  });

  test('a server that does not give what was linked before gets nobody past the comparison', async () => {
    const thread = await threadAbout(asJohn);
    await hostile(thread, joan);
    fiona.reload();
    world.server.tamper = (route, value) => {
      if (!route.includes('/epochs')) return value;
      const { epochs } = value as { epochs: { epoch: number }[] };
      return { epochs: epochs.filter(({ epoch }) => epoch !== 1) };
    };
    await fiona.ask.unlock({ password: 'three slow herons by the lock' });
    await fiona.online();
    await headOf(fiona, thread);
    expect((await headOf(fiona, thread)).patient?.given).not.toBe('Joan');
    world.server.tamper = (_route, value) => value;
  });

  test('a link without its keys: nobody confirms, decides or writes under a patient whom they were not shown', async () => {
    const thread = await threadAbout(asJohn);
    await headOf(fiona, thread);
    await hostile(thread, joan, false);
    const inside = await fiona.inside(thread);
    await inside.thread.catchUp();
    expect(inside.thread.membership?.links).toHaveLength(2);
    expect((await headOf(fiona, thread)).patient?.given).toBe('John');
    expect(
      await refusalOf(fiona.ask.markDecision({ thread, messages: [], text: 'Stop it', patientConfirmed: true })),
    ).toMatchObject({ code: 'identity_missing' });
    const { key } = await fiona.ask.send({ thread, text: 'Who is this about?' });
    const failed = await until('the refusal', async () =>
      (await fiona.items(thread)).find((item) => item.key === key && item.kind === 'message' && item.delivery?.error),
    );
    expect(failed.kind === 'message' && failed.delivery?.error?.code).toBe('identity_missing');
  });
});
