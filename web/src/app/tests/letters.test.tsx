/** R19: the dead letter on the screen: what waits for a person, sending it again, and what became of each. */
import { act } from 'preact/test-utils';
import { expect, test } from 'vitest';
import { progressWords } from '../../features/worklist/letterWords.ts';
import { Worklist } from '../../features/worklist/Worklist.tsx';
import { Refusal } from '../worker.ts';
import { button, field, find, mount, press, settled, shown } from './mount.tsx';

const asked = (fake: { calls: { verb: string; arg: unknown }[] }, verb: string) =>
  fake.calls.filter((each) => each.verb === verb).map(({ arg }) => arg);
const id = (last: number) => `019cad90-2130-7ae5-9941-00000000000${last}`;

async function open(options: Parameters<typeof mount>[0] = {}) {
  const mounted = await mount({ records: true, ...options }, () => <Worklist />);
  await press(button('Refused'));
  await settled();
  return mounted;
}

test('R19 lists what was refused by reason, with age, code, tries, who filed and the reference, and nothing of a patient', async () => {
  await open();
  expect(shown()).toContain('4 filings wait for a person.');
  expect([...document.querySelectorAll('.wl__whyh h2')].map((each) => each.textContent)).toEqual([
    'The episode is closed. Reopen it.',
    'The record keeps it under another patient.',
  ]);
  expect(shown()).toContain('3 filings · record_refused');
  expect(shown()).toContain('2 days old · tried once');
  expect(shown()).toContain('6 hours old · tried 3 times');
  expect(shown()).toContain('Filed by Sr Grace Owusu');
  expect(shown()).toContain(id(1));
  expect(shown()).toContain('It is filed once, however often it is sent.');
  expect(shown()).not.toMatch(/smith|flucloxacillin/i);
});

test('R19 all of one reason are sent again one after the other, and each has its own answer', async () => {
  const { fake } = await open();
  await press(button('Send these 3 again'));
  await settled();
  expect(asked(fake, 'replayLetter')).toEqual([1, 2, 3].map((last) => ({ filing: id(last) })));
  expect(shown()).toContain('3 of 3 sent. 2 in the record, 1 refused again.');
  expect(shown()).toContain('The record’s reference is DOC-0001.');
  expect(shown()).toContain('Refused again');
  await press(button('Done'));
  await settled();
  // What was refused again is back among those that wait; what is in the record is not.
  expect(shown()).toContain('2 filings wait for a person.');
  expect(shown()).toContain(id(2));
  expect(shown()).not.toContain(id(1));
});

test('one is sent alone', async () => {
  const { fake } = await open();
  await press(button(/^Send again ?, filed by Sr Grace Owusu/));
  expect(asked(fake, 'replayLetter')).toEqual([{ filing: id(3) }]);
});

test('R18 what lies under another patient is sent only after somebody has looked', async () => {
  const { fake } = await open();
  const [row] = [...document.querySelectorAll<HTMLElement>('.edge--urgent .btn')].filter((each) =>
    each.textContent?.startsWith('Send again'),
  );
  if (!row) throw new Error('no row');
  await press(row);
  expect(asked(fake, 'replayLetter')).toEqual([]);
  await press(field(/Health records have looked at it by its reference, and the other patient’s record/));
  await press(row);
  expect(asked(fake, 'replayLetter')).toEqual([{ filing: id(4) }]);
});

test('without a network the rest is not tried, and says that it was not sent', async () => {
  const { fake } = await open();
  fake.replayLetter = () => Promise.reject(new Refusal({ code: 'offline', message: 'Wardline cannot be reached.' }));
  await press(button('Send these 3 again'));
  await settled();
  expect(shown()).toContain('0 of 3 sent. 3 not sent.');
  expect(shown()).toContain('Wardline cannot be reached.');
});

test('the list is asked for anew while somebody looks', async () => {
  const { fake, client } = await open();
  const before = asked(fake, 'letters').length;
  await act(() => {
    (client.now as { value: number }).value += 20_000;
  });
  await settled();
  expect(asked(fake, 'letters')).toHaveLength(before + 1);
});

test('an empty list says that nothing waits', async () => {
  await open({ empty: true });
  expect(find('h2', 'Nothing was refused')).toBeTruthy();
});

test('progress counts each once', () => {
  expect(progressWords([])).toBe('0 of 0 sent.');
});
