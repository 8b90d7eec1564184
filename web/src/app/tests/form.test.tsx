/** A decision in a form on the screens: filled from the thread and by writing, kept as a draft, shown part by part (R21, H17). */
import { describe, expect, test } from 'vitest';
import type { Statement, ThreadHead } from '../../core/contract.ts';
import { DecideSheet } from '../../features/record/DecideSheet.tsx';
import { DecisionCard } from '../../features/record/DecisionCard.tsx';
import { decision, johnHead, johnItems, people } from '../fakeData.ts';
import { button, choose, field, mount, press, settled, shown, type } from './mount.tsx';

const messages = johnItems.flatMap((item): Statement[] => (item.kind === 'message' ? [item] : [])).slice(-3);
const [first, second] = [messages.at(-1), messages.at(-2)];
if (!first || !second) throw new Error('the fake has no messages');
// Nobody with much the same name in another thread of mine.
const { link } = johnHead;
const head: ThreadHead = { ...johnHead, ...(link ? { link: { ...link, namesakes: [] } } : {}) };
const sheet = (message?: string) => <DecideSheet head={head} message={message} messages={messages} />;
const decide = 'Decide for SMITH, John, 12-Mar-1954';
const asked = (calls: { verb: string; arg: unknown }[], verb: string) =>
  calls.filter((call) => call.verb === verb).map((call) => call.arg);
const beginningOf = ({ text }: Statement) => new RegExp(text.slice(0, 12).replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
const partBy = /^Part for what/;

describe('R21 a form', () => {
  test('takes what was chosen into its first part, to be moved, says what is empty, and marks it all', async () => {
    const { fake } = await mount({}, () => sheet(first.id));
    await choose('Form (optional)', 'SBAR');
    expect(field(partBy)).toHaveProperty('value', 'situation');
    await choose(partBy, 'Assessment');
    await type('In your own words: Situation', 'Breathless since noon');
    await press(button(decide));
    expect(asked(fake.calls, 'markDecision')).toEqual([]);
    expect(shown()).toContain('Background is empty. Write it, or choose a message for it');
    expect(shown()).toContain('Recommendation is empty.');
    expect(shown()).not.toContain('Situation is empty.');
    await type('In your own words: Background', 'None');
    await type('In your own words: Recommendation', 'Repeat lactate');
    await press(button(decide));
    expect(asked(fake.calls, 'markDecision')).toEqual([
      {
        thread: 'john',
        text: '',
        messages: [],
        patientConfirmed: true,
        form: {
          kind: 'sbar',
          parts: [
            { name: 'situation', text: 'Breathless since noon', messages: [] },
            { name: 'background', text: 'None', messages: [] },
            { name: 'assessment', text: '', messages: [first.id] },
            { name: 'recommendation', text: 'Repeat lactate', messages: [] },
          ],
        },
      },
    ]);
  });

  test('does not need every part of a referral', async () => {
    const { fake } = await mount({}, () => sheet());
    await choose('Form (optional)', 'Referral');
    await type('In your own words: Question', 'Is this a hernia?');
    await type('In your own words: Asked of', 'Surgery');
    await press(button(decide));
    expect(asked(fake.calls, 'markDecision')).toHaveLength(1);
  });

  test('loses nothing when another one is chosen, or none', async () => {
    await mount({}, () => sheet());
    await type('The decision in your own words', 'Seen on the round.');
    await press(field(beginningOf(second)));
    await choose('Form (optional)', 'SBAR');
    await type('In your own words: Background', 'CKD');
    await choose('Form (optional)', 'Plan');
    expect(field('In your own words: Problem')).toHaveProperty('value', 'Seen on the round.\n\nCKD');
    expect(field(partBy)).toHaveProperty('value', 'problem');
    await choose('Form (optional)', 'No form');
    expect(field('The decision in your own words')).toHaveProperty('value', 'Problem\nSeen on the round.\n\nCKD');
    expect(field(beginningOf(second))).toHaveProperty('checked', true);
  });

  test('H17 Back loses nothing that was typed or chosen, and what was only opened is not kept', async () => {
    const { fake, draw } = await mount({}, () => sheet(first.id));
    await draw(<p>elsewhere</p>);
    expect(asked(fake.calls, 'saveDecisionDraft')).toEqual([]);
    await draw(sheet(first.id));
    await settled();
    await choose('Form (optional)', 'Plan');
    await type('In your own words: Until when', 'Monday');
    await draw(<p>elsewhere</p>);
    await draw(sheet(second.id));
    await settled();
    expect(field('In your own words: Until when')).toHaveProperty('value', 'Monday');
    expect(field(beginningOf(first))).toHaveProperty('checked', true);
    expect(field(beginningOf(second))).toHaveProperty('checked', true);
  });

  test('H17 what was kept goes with the decision', async () => {
    const { draw } = await mount({}, () => sheet());
    await type('The decision in your own words', 'Stop heparin');
    await draw(<p>elsewhere</p>);
    await draw(sheet());
    await settled();
    expect(field('The decision in your own words')).toHaveProperty('value', 'Stop heparin');
    await press(button(decide));
    await draw(<p>elsewhere</p>);
    await draw(sheet());
    await settled();
    expect(field('The decision in your own words')).toHaveProperty('value', '');
  });

  test('is begun again by its correction', async () => {
    const said: Statement = { id: 'm1', author: people.anita, own: false, at: first.at, text: 'He is dry.' };
    const form = {
      kind: 'plan' as const,
      parts: [
        { name: 'problem', quoted: [said], gone: 0 },
        { name: 'plan', quoted: [], gone: 0, text: 'Give 2 g.' },
      ],
    };
    await mount({}, () => (
      <DecideSheet
        head={head}
        message={undefined}
        messages={[said]}
        corrects={{ decision: 'd1', item: { statements: [said], form } }}
      />
    ));
    expect(field('In your own words: Plan')).toHaveProperty('value', 'Give 2 g.');
    expect(field(partBy)).toHaveProperty('value', 'problem');
  });

  test('is shown part by part, with who said and who wrote what, and what is empty', async () => {
    const said: Statement = { id: 'm1', author: people.grace, own: false, at: first.at, text: 'He is dry.' };
    const form = {
      kind: 'sbar' as const,
      parts: [
        { name: 'situation', quoted: [said], gone: 1 },
        { name: 'recommendation', quoted: [], gone: 0, text: 'Fluids.' },
      ],
    };
    await mount({}, () => (
      <DecisionCard item={{ ...decision, form }} thread="john" now={Date.now()} mayFile onHurry={() => undefined} />
    ));
    const words = shown();
    expect(words).toContain('Decision: SBAR');
    const places = [
      'Situation',
      'Sr Grace Owusu',
      'He is dry.',
      'A message that stood here is no longer in the conversation.',
      'Background',
      'Nothing was entered here.',
      'Recommendation',
      'Written in the form by ',
      'Fluids.',
    ].map((each) => words.indexOf(each));
    expect(places).not.toContain(-1);
    expect(places).toEqual([...places].sort((a, b) => a - b));
  });
});
