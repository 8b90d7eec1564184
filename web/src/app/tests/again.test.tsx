/** R51 on the screens: what was decided about the wrong patient is made again, one at a time, by somebody who looked who the patient is. */
import { expect, test } from 'vitest';
import { AgainList } from '../../features/patient/AgainList.tsx';
import { AgainBar } from '../../features/record/AgainBar.tsx';
import { AgainSheet } from '../../features/record/AgainSheet.tsx';
import { decision, joanHead, johnHead, quarantined } from '../fakeData.ts';
import { threadChange } from '../shapes.ts';
import { button, field, find, mount, press, settled, shown, type } from './mount.tsx';

const now = Date.now();
const asked = (fake: { calls: { verb: string; arg: unknown }[] }, verb: string) =>
  fake.calls.filter((each) => each.verb === verb).map(({ arg }) => arg);

test('the thread about the wrong patient lists each with its state, and leads to the right one', async () => {
  await mount({ again: true }, () => <AgainList head={quarantined(johnHead, '')} now={now} />);
  await settled();
  expect(shown()).toContain('Decisions to be made again in the right patient’s thread: 2 not yet');
  expect([...document.querySelectorAll('.again__s')].map((each) => each.textContent)).toEqual([
    'Not yet',
    'Not yet',
    'Made again',
  ]);
  expect(button(/^Make it again ?: Change to IV/).getAttribute('href')).toBe('#/t/joan/again/d1');
});

test('the right patient’s thread says so until all are made', async () => {
  const head = { ...joanHead, continues: 'john' };
  const { draw } = await mount({ again: true }, () => <AgainBar head={head} />);
  await settled();
  expect(shown()).toContain('To be decided again here: 2 decisions');
  expect(find('a', 'Look').getAttribute('href')).toBe('#/t/joan/again/d1');
  await draw(<AgainBar key="other" head={{ ...head, id: 'team' }} />);
  await settled();
  expect(shown()).toBe('');
});

test('R12 the words are shown with author, time and label, and go only after the person’s own look at the patient', async () => {
  const { fake } = await mount({ again: true }, () => <AgainSheet head={joanHead} decision="d1" />);
  await settled();
  expect(shown()).toContain('Said in a conversation that was linked to the wrong patient');
  expect(shown()).toContain(decision.statements[0]?.author.name);
  expect(shown()).toContain('1 of 2');
  await press(button(/^Decide for SMITH, Joan/));
  expect(asked(fake, 'decideAgain')).toEqual([]);
  expect(shown()).toContain('Confirm the patient first');
  await press(field(/I have checked that this is about SMITH, Joan/));
  await press(button(/^Decide for SMITH, Joan/));
  expect(asked(fake, 'decideAgain')).toEqual([{ thread: 'joan', decision: 'd1', text: '', patientConfirmed: true }]);
  // The next one is a question of its own.
  expect(location.hash).toBe('#/t/joan/again/d2');
});

test('what names the other patient is said in own words', async () => {
  const { fake } = await mount({ again: true }, () => <AgainSheet head={joanHead} decision="d2" />);
  await settled();
  expect(shown()).toContain('Its words name the other patient, so they stay where they are.');
  await press(field(/I have checked/));
  await press(button(/^Decide for SMITH, Joan/));
  expect(shown()).toContain('Write the decision');
  expect(asked(fake, 'decideAgain')).toEqual([]);
  await type('The decision in your own words', 'Drain out tomorrow.');
  await press(button(/^Decide for SMITH, Joan/));
  expect(asked(fake, 'decideAgain')).toMatchObject([{ decision: 'd2', text: 'Drain out tomorrow.' }]);
});

test('each can be reached, by button and by key, and what was typed for one is there again', async () => {
  const { draw } = await mount({ again: true }, () => <AgainSheet head={joanHead} decision="d1" />);
  await settled();
  expect(button('Previous').hasAttribute('disabled')).toBe(true);
  await press(button('Next'));
  expect(location.hash).toBe('#/t/joan/again/d2');
  await draw(<AgainSheet head={joanHead} decision="d2" />);
  await settled();
  expect(shown()).toContain('2 of 2');
  await type('The decision in your own words', 'Drain out tomorrow.');
  // Whoever writes moves in the text.
  field('The decision in your own words').dispatchEvent(
    new KeyboardEvent('keydown', { key: 'ArrowLeft', bubbles: true }),
  );
  expect(location.hash).toBe('#/t/joan/again/d2');
  document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowLeft', bubbles: true }));
  expect(location.hash).toBe('#/t/joan/again/d1');
  await draw(<AgainSheet head={joanHead} decision="d1" />);
  await draw(<AgainSheet head={joanHead} decision="d2" />);
  expect(field('The decision in your own words').value).toBe('Drain out tomorrow.');
});

test('one that need not be made again is passed over with a reason, and then the next is there', async () => {
  const { fake, draw } = await mount({ again: true }, () => <AgainSheet head={joanHead} decision="d1" />);
  await settled();
  await press(button('It does not need to be made again'));
  await press(button('Do not make it again'));
  expect(shown()).toContain('Say why');
  await press(field('Another reason'));
  await press(button('Do not make it again'));
  expect(shown()).toContain('Write the reason');
  expect(asked(fake, 'passOver')).toEqual([]);
  await press(field('It is not about this patient'));
  await press(button('Do not make it again'));
  expect(asked(fake, 'passOver')).toEqual([{ thread: 'joan', decision: 'd1', why: 'it is not about this patient' }]);
  expect(location.hash).toBe('#/t/joan/again/d2');
  await draw(<AgainList key="list" head={quarantined(johnHead, '')} now={now} />);
  await settled();
  expect(shown()).toContain('1 not yet');
  expect(shown()).toContain('Need not be');
  expect(shown()).toContain('it is not about this patient');
  // It can be made again after all.
  await draw(<AgainSheet key="after-all" head={joanHead} decision="d1" />);
  await settled();
  expect(shown()).toMatch(/Dr Leila Haddad said .* that it need not be made again: it is not about this patient/);
  expect(button(/^Decide for SMITH, Joan/)).toBeTruthy();
});

test('one that was made again is not offered', async () => {
  await mount({ again: true }, () => <AgainSheet head={joanHead} decision="d3" />);
  await settled();
  expect(shown()).toContain('This decision has been made again.');
});

test.each(['stopped', 'in-error'])('H12 a decision that is %s arrives on the screen', (state) => {
  const item = { ...decision, record: { state, by: decision.markedBy, at: now } };
  expect(threadChange({ items: [item], removed: [], arrived: [] })).toBe(true);
});
