import { describe, expect, test } from 'vitest';
import { NewPatient } from '../../features/patient/NewPatient.tsx';
import { button, field, mount, press, shown, type } from './mount.tsx';

const john = {
  'LAST name': 'Smith',
  'First name': 'John',
  Day: '12',
  Month: '3',
  Year: '1954',
  'NHS number': '943 476 5919',
};

async function ask(change: Partial<Record<keyof typeof john, string>> = {}) {
  const mounted = await mount({}, () => <NewPatient />);
  for (const [label, value] of Object.entries({ ...john, ...change })) await type(label, value);
  await press(button('Compare with the record'));
  const of = (verb: string) => mounted.fake.calls.filter((call) => call.verb === verb).map((call) => call.arg);
  return { ...mounted, of };
}

describe('R11 the three identifiers', () => {
  test('are all asked for before the record is', async () => {
    const { of } = await ask({ 'LAST name': '', Day: '', 'NHS number': '' });
    expect(of('lookUpPatient')).toEqual([]);
    for (const error of ['Enter the last name', 'Enter a real date, such as 12 3 1954', 'Enter the NHS number']) {
      expect(shown()).toContain(error);
    }
  });

  test('a wrong check digit never leaves the device', async () => {
    const { of } = await ask({ 'NHS number': '943 476 5918' });
    expect(of('lookUpPatient')).toEqual([]);
    expect(shown()).toContain('the last digit does not fit');
  });

  test('go to the record as they are written', async () => {
    const { of } = await ask();
    expect(of('lookUpPatient')).toEqual([
      { family: 'Smith', given: 'John', born: '1954-03-12', nhsNumber: '9434765919' },
    ]);
    expect(shown()).toContain('The record answers: 3 of 3 match');
  });

  test('two of three are refused and the record is not shown', async () => {
    const { of } = await ask({ 'LAST name': 'Smyth' });
    expect(shown()).toContain('Not linked: 2 of 3 match');
    expect(shown()).not.toContain('SMITH, John (Mr)');
    expect(document.body.textContent).not.toContain('Link SMYTH');
    expect(of('createPatient')).toEqual([]);
  });

  test('a change after the answer asks again', async () => {
    await ask();
    await press(button('Change'));
    await type('First name', 'Joan');
    expect(shown()).not.toContain('3 of 3');
    expect(button('Compare with the record')).toBeTruthy();
  });
});

describe('R11 a patient who could be mistaken', () => {
  test('stands beside with the name, what differs and four digits, never the full number', async () => {
    await ask();
    expect(shown()).toContain('A very similar patient is in the index');
    expect(shown()).toContain('SMITH, Joan (Mrs)');
    expect(shown()).toContain('ending 0025');
    expect(shown()).not.toMatch(/900 ?000 ?0025/);
    const different = [...document.querySelectorAll('.cmpare .differs')].map((each) => each.textContent);
    expect(different).toContain('Joan (Mrs)');
  });

  test('H10 has to be ruled out at the wristband before the link is made', async () => {
    const { of } = await ask();
    await press(button('Link SMITH, John'));
    expect(of('createPatient')).toEqual([]);
    expect(shown()).toContain('Look at the wristband first');
    await press(field(/I checked the wristband/));
    await press(button('Link SMITH, John'));
    expect(of('createPatient')).toMatchObject([{ lookup: 'l1', wristbandChecked: true }]);
    expect(location.hash).toBe('#/t/john');
  });
});

test.each([
  ['Nobody', 'The record knows no such number'],
  ['Gone', 'This NHS number is no longer valid'],
  ['Another', 'Not the patient of this conversation'],
  ['Down', 'The patient index does not answer'],
])('R11 %s: said plainly and nothing is linked', async (family, words) => {
  const { of } = await ask({ 'LAST name': family });
  expect(shown()).toContain(words);
  expect(of('createPatient')).toEqual([]);
});

test('R37 the text of a stopped message goes on into the new thread', async () => {
  const { client, draw, fake } = await mount();
  client.carried.value = 'she has a temp of 39';
  await draw(<NewPatient />);
  for (const [label, value] of Object.entries(john)) await type(label, value);
  await press(button('Compare with the record'));
  await press(field(/I checked the wristband/));
  await press(button('Link SMITH, John'));
  expect(fake.calls.find((call) => call.verb === 'createPatient')?.arg).toMatchObject({
    draft: 'she has a temp of 39',
  });
  expect(client.carried.value).toBe('');
});
