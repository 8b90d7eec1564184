/** H11: another patient’s NHS number in what is written beside a conversation’s own box. */
import { expect, test } from 'vitest';
import { NewPatient } from '../../features/patient/NewPatient.tsx';
import { WrongPatient } from '../../features/patient/WrongPatient.tsx';
import { FileSheet } from '../../features/record/FileSheet.tsx';
import type { Fake } from '../fake.ts';
import { johnHead } from '../fakeData.ts';
import { button, field, mount, press, settled, shown, type } from './mount.tsx';

const stopped = 'Not sent: another patient’s NHS number';
const count = (fake: Fake, verb: string) => fake.calls.filter((call) => call.verb === verb).length;

test('what is wrong with a thread: everybody in it reads it', async () => {
  const { fake } = await mount({}, () => <WrongPatient head={johnHead} />);
  await type('What is wrong? (optional)', 'is 900 000 0025, bed 3');
  await press(button('Stop it: not SMITH, John'));
  expect(shown()).toContain(stopped);
  expect(count(fake, 'quarantine')).toBe(0);
  await press(button('Take it out'));
  expect(field('What is wrong? (optional)').value).toBe('is, bed 3');
  expect(shown()).not.toContain(stopped);
  await press(button('Stop it: not SMITH, John'));
  expect(count(fake, 'quarantine')).toBe(1);
});

test('what a thread is about: it becomes its heading', async () => {
  const { fake } = await mount({}, () => <NewPatient />);
  const john = { 'LAST name': 'Smith', 'First name': 'John', Day: '12', Month: '3', Year: '1954' };
  for (const [label, value] of Object.entries(john)) await type(label, value);
  await type('NHS number', '943 476 5919');
  await press(button('Compare with the record'));
  await press(field(/I checked the wristband/));
  await type('What is it about? (optional)', 'same as 900 000 0025');
  await press(button('Link SMITH, John'));
  expect(shown()).toContain(stopped);
  expect(count(fake, 'createPatient')).toBe(0);
  await press(button('Take it out'));
  await press(button('Link SMITH, John'));
  expect(fake.calls.find(({ verb }) => verb === 'createPatient')?.arg).toMatchObject({ name: 'same as' });
});

test('the summary of a document: it stands in the record for good', async () => {
  const { fake } = await mount({}, () => <FileSheet head={johnHead} decision="d1" background={[]} />);
  const waited = async () => {
    await new Promise((done) => setTimeout(done, 300));
    await settled();
  };
  await waited();
  const before = count(fake, 'previewFiling');
  await type('Summary (optional)', 'Compare with 900 000 0025 please');
  await waited();
  expect(shown()).toContain(stopped);
  expect(count(fake, 'previewFiling')).toBe(before);
  expect(button(/^File for/).getAttribute('aria-disabled')).toBe('true');
  await press(button('Take it out'));
  await waited();
  expect(shown()).not.toContain(stopped);
  expect(fake.calls.findLast(({ verb }) => verb === 'previewFiling')?.arg).toMatchObject({
    summary: 'Compare with please',
  });
});
