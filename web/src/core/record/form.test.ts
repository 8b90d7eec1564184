// @vitest-environment node
/** A decision in a form, and one that corrects another: from the draft to the document, through two cores and a server (R18, R21, H16, H17). */
import { beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { hex } from '../../crypto/bytes.ts';
import { sha256 } from '../../crypto/domain.ts';
import type { DecisionDraft, DecisionItem } from '../contract.ts';
import { type Browser, World, password, refusalOf, until } from '../testing/world.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let world: World;
let anita: Browser;
let fiona: Browser;
let thread: string;
let asked: string;
let answered: string;

beforeAll(async () => {
  world = await World.open();
  anita = await world.enrolled('anita.patel', 'Dr Anita Patel');
  fiona = await world.enrolled('fiona.kerr', 'Dr Fiona Kerr');
});

beforeEach(async () => {
  const found = await anita.ask.lookUpPatient({
    family: 'smith',
    given: 'john',
    born: '1954-03-12',
    nhsNumber: '9434765919',
  });
  if (found.outcome !== 'match') throw new Error(found.outcome);
  const made = { lookup: found.lookup, name: '', people: [fiona.me], reason: 'care-team' as const, draft: '' };
  ({ thread } = await anita.ask.createPatient({ ...made, wristbandChecked: true }));
  await fiona.row(thread);
  asked = await anita.say(thread, 'Potassium 6.1 <now>');
  answered = await anita.say(thread, 'ECG: tented T waves');
  await fiona.sees(thread, 'ECG: tented T waves');
});

const item = async (by: Browser, id: string): Promise<DecisionItem | undefined> =>
  (await by.items(thread)).find((each): each is DecisionItem => each.kind === 'decision' && each.id === id);

const sbar = (): DecisionDraft => ({
  text: '',
  messages: [],
  form: {
    kind: 'sbar',
    parts: [
      { name: 'situation', text: '', messages: [answered, asked] },
      { name: 'background', text: ' \n', messages: [] },
      { name: 'assessment', text: ' Hyperkalaemia "b" ', messages: [] },
      { name: 'recommendation', text: 'Calcium gluconate', messages: [] },
    ],
  },
});

async function decided(draft: DecisionDraft, corrects?: string): Promise<string> {
  const { key } = await fiona.ask.markDecision({
    thread,
    ...draft,
    patientConfirmed: true,
    ...(corrects ? { corrects } : {}),
  });
  await until('the decision', async () => (await item(anita, key)) !== undefined);
  return key;
}

/** Files it, and gives the document as the server has it, which is what was previewed. */
async function filed(decision: string): Promise<string> {
  const request = { thread, decision, sources: [], summary: '' };
  const preview = await anita.ask.previewFiling(request);
  await anita.ask.file({ ...request, sha256: preview.sha256, patientConfirmed: true });
  const served = world.server.thread(thread);
  const filing = served.filings.find((each) => each.decision === decision);
  const bytes = world.server.documents.get(filing?.filing ?? '');
  if (!filing || !bytes) throw new Error('nothing was filed');
  expect(new TextDecoder().decode(bytes)).toBe(preview.html);
  expect(hex(await sha256(bytes))).toBe(preview.sha256);
  world.server.receive(served, filing);
  await until('the receipt', async () => (await item(anita, decision))?.record.state === 'in');
  return preview.html;
}

test('R21 H16 a form is read by everybody and filed part by part, and what is previewed is what is sent, byte for byte', async () => {
  const decision = await decided(sbar());
  for (const each of [anita, fiona]) {
    const shown = await item(each, decision);
    expect(shown?.statements.map(({ text }) => text)).toEqual([
      'Potassium 6.1 <now>',
      'ECG: tented T waves',
      'Assessment\nHyperkalaemia "b"\n\nRecommendation\nCalcium gluconate',
    ]);
    expect(shown?.form).toMatchObject({
      kind: 'sbar',
      parts: [
        { name: 'situation', quoted: [{ id: asked }, { id: answered }], gone: 0 },
        { name: 'assessment', quoted: [], text: 'Hyperkalaemia "b"' },
        { name: 'recommendation', quoted: [], text: 'Calcium gluconate' },
      ],
    });
  }
  const document = await filed(decision);
  expect(document).toContain('<meta name="wardline-form" content="sbar">');
  const places = [
    '<h2 id="part-situation">Situation</h2>',
    'Potassium 6.1 &lt;now&gt;',
    'ECG: tented T waves',
    '<h2 id="part-background">Background</h2>\n<p>Nothing was entered here.</p>',
    '<h2 id="part-assessment">Assessment</h2>',
    '<h3>Written in the form by Dr Fiona Kerr, Medical Registrar</h3>',
    'Hyperkalaemia &quot;b&quot;</p>',
    '<h2 id="part-recommendation">Recommendation</h2>',
    'Calcium gluconate</p>',
    '3 messages, word for word',
  ].map((each) => document.indexOf(each));
  expect(places).not.toContain(-1);
  expect(places).toEqual([...places].sort((a, b) => a - b));
});

test('R18 H16 the document of a correction names what it corrects and the document that it replaces, byte for byte as previewed', async () => {
  const first = await decided({ text: 'Give 2 g.', messages: [] });
  const early = await decided({ text: 'Give 1 g.', messages: [] }, first);
  const unfiled = await anita.ask.previewFiling({ thread, decision: early, sources: [], summary: '' });
  expect(unfiled.html).toMatch(
    /<p>This corrects the decision of \S+ at \d\d:\d\d by Dr Fiona Kerr, Medical Registrar.<\/p>/,
  );
  expect(unfiled.html).not.toContain('wardline-replaces');
  await filed(first);
  const reference = world.server.thread(thread).filings[0]?.reference ?? '';
  // One correction at a time: the same one, now that the record has what it corrects.
  const document = await filed(early);
  expect(document).toContain(`<meta name="wardline-corrects" content="${first}">`);
  expect(document).toContain(`<meta name="wardline-replaces" content="${reference}">`);
  expect(document).toContain(`It replaces the document with the reference ${reference}.</p>`);
});

test('R18 a correction of what is gone still names it, from its tombstone', async () => {
  const first = await decided({ text: 'Give 2 g.', messages: [] });
  await filed(first);
  const served = world.server.thread(thread);
  const [filing] = served.filings;
  if (!filing) throw new Error('nothing was filed');
  await world.server.destroy(served, filing);
  for (const each of [anita, fiona])
    await until('the tombstone', async () => (await each.items(thread)).some(({ kind }) => kind === 'tombstone'));
  const correction = await decided({ text: 'Give 1 g.', messages: [] }, first);
  const { html } = await anita.ask.previewFiling({ thread, decision: correction, sources: [], summary: '' });
  expect(html).toMatch(
    /This corrects the decision of \S+ at \d\d:\d\d by Dr Fiona Kerr, Medical Registrar. It replaces/,
  );
  expect(html).toContain(`<meta name="wardline-replaces" content="${filing.reference ?? ''}">`);
});

test('a form of nothing, and one with another patient’s number, are not marked', async () => {
  const empty = { ...sbar(), form: { kind: 'plan' as const, parts: [{ name: 'plan', text: ' ', messages: [] }] } };
  const marked = (draft: DecisionDraft) => fiona.ask.markDecision({ thread, ...draft, patientConfirmed: true });
  expect((await refusalOf(marked(empty))).code).toBe('decision_empty');
  empty.form.parts = [{ name: 'plan', text: 'As for 401 023 2137', messages: [] }];
  expect((await refusalOf(marked(empty))).code).toBe('stopped_other_patient');
});

test('H17 what was begun of a decision outlives a lock, apart from the message and from each correction, and goes when it is marked', async () => {
  const [mine, other] = [sbar(), { text: 'Give 1 g.', messages: [] }];
  await fiona.ask.saveDraft({ thread, text: 'half a thought' });
  await fiona.ask.saveDecisionDraft({ thread, draft: mine });
  await fiona.ask.saveDecisionDraft({ thread, corrects: asked, draft: other });
  await fiona.ask.lock();
  fiona.reload();
  expect(JSON.stringify(await fiona.disk.all(''))).not.toContain('gluconate');
  await fiona.ask.unlock({ password });
  expect((await fiona.row(thread)).hasDraft).toBe(true);
  expect((await fiona.view(thread)).draft?.text).toBe('half a thought');
  expect(await fiona.ask.decisionDraft({ thread })).toEqual(mine);
  expect(await fiona.ask.decisionDraft({ thread, corrects: asked })).toEqual(other);
  expect((await fiona.view(thread)).head.deciding).toBe(true);
  await decided(mine);
  expect((await fiona.view(thread)).head.deciding).toBeUndefined();
  expect(await fiona.ask.decisionDraft({ thread })).toBeUndefined();
  expect(await fiona.ask.decisionDraft({ thread, corrects: asked })).toEqual(other);
  expect((await fiona.view(thread)).draft?.text).toBe('half a thought');
});

test('R51 nothing that was begun is left in a conversation of the wrong patient', async () => {
  await fiona.ask.saveDecisionDraft({ thread, draft: sbar() });
  expect((await fiona.row(thread)).hasDraft).toBe(true);
  await fiona.ask.quarantine({ thread, note: '' });
  expect(await fiona.ask.decisionDraft({ thread })).toBeUndefined();
  await until('the row', async () => !(await fiona.row(thread)).hasDraft);
});

test('R20 what was begun loses the messages that are gone, and none of its words', async () => {
  const first = await decided({ text: '', messages: [answered] });
  await fiona.ask.saveDecisionDraft({ thread, draft: sbar() });
  await filed(first);
  const served = world.server.thread(thread);
  const [filing] = served.filings;
  if (!filing) throw new Error('nothing was filed');
  await world.server.destroy(served, filing);
  await until('the draft to forget', async () => {
    const draft = await fiona.ask.decisionDraft({ thread });
    return draft?.form?.parts[0]?.messages.length === 1;
  });
  const draft = await fiona.ask.decisionDraft({ thread });
  expect(draft?.form?.parts.map(({ text }) => text)).toEqual(sbar().form?.parts.map(({ text }) => text));
  expect(draft?.form?.parts[0]?.messages).toEqual([asked]);
});
