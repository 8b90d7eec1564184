import { describe, expect, test } from 'vitest';
import type { PatientStanding, ThreadHead } from '../../core/contract.ts';
import { threadFacts } from '../../features/inbox/words.ts';
import { Details } from '../../features/members/Details.tsx';
import { Banner } from '../../features/patient/Banner.tsx';
import { Identify } from '../../features/patient/Identify.tsx';
import { IdentityBar } from '../../features/patient/IdentityBar.tsx';
import { NewPatient } from '../../features/patient/NewPatient.tsx';
import { PatientCheck } from '../../features/patient/PatientCheck.tsx';
import { DecideSheet } from '../../features/record/DecideSheet.tsx';
import { FileSheet } from '../../features/record/FileSheet.tsx';
import { systemLine } from '../../features/thread/systemWords.ts';
import { inbox } from '../fakeAnswers.ts';
import { johnHead, kestrel } from '../fakeData.ts';
import { button, field, mount, press, settled, shown, type } from './mount.tsx';

const unknown: ThreadHead = { ...johnHead, patient: kestrel };
const calls = (mounted: Awaited<ReturnType<typeof mount>>, verb: string) =>
  mounted.fake.calls.filter((call) => call.verb === verb).map((call) => call.arg);
const plain = () => shown().replaceAll('\u00a0', ' ');

async function fill(values: Readonly<Record<string, string>>) {
  for (const [label, value] of Object.entries(values)) await type(label, value);
  await press(button('Compare with the record'));
}

const born = { Day: '12', Month: '3', Year: '1954' };
const smith = { 'LAST name': 'Smith', 'First name': 'John', ...born };

describe('R11 a patient without an NHS number at hand', () => {
  test('is found by name, date of birth and hospital number; records that disagree want the wristband', async () => {
    const mounted = await mount({}, () => <NewPatient />);
    await press(button('NHS number not known? Use the hospital number'));
    await fill(smith);
    expect(shown()).toContain('Enter the hospital number');
    expect(calls(mounted, 'lookUpPatient')).toEqual([]);
    await fill({ 'Hospital number': 'N0041192' });
    expect(calls(mounted, 'lookUpPatient')).toEqual([
      { family: 'Smith', given: 'John', born: '1954-03-12', hospitalNumber: 'N0041192' },
    ]);
    expect(shown()).toContain('Two records do not agree.');
    expect(shown()).toContain('another date of birth');
    await press(button('Link SMITH, John'));
    expect(shown()).toContain('Look at the wristband first');
    expect(calls(mounted, 'createPatient')).toEqual([]);
  });

  test('H10 by hospital number: that number is compared with the namesake’s and ticked, and no other', async () => {
    await mount({}, () => <NewPatient />);
    await press(button('NHS number not known? Use the hospital number'));
    await fill({ ...smith, 'Hospital number': 'N0041192' });
    expect(shown()).toContain('I checked the wristband: John, hospital number ending 1192');
    expect(shown()).toContain('Hospital No.ending 1192ending 1193');
    expect(shown()).not.toContain('5919');
    expect(shown()).not.toContain('0025');
  });

  test('the details and the timeline say that the hospital number matched, though the NHS number is known', async () => {
    const link = { ...johnHead.link, identifiedBy: 'hospital-number' } as NonNullable<ThreadHead['link']>;
    await mount({}, () => <Details head={{ ...johnHead, link }} keyChanges={[]} />);
    expect(shown()).toContain('Name, birth date and hospital number matched the record');
    expect(shown()).toContain('Do not mix up with SMITH, Joan (Mrs), hospital number ending 1193');
    expect(shown()).not.toContain('NHS number matched');
    const said = { by: 'Dr Shaw', byMe: false, patient: 'SMITH, John', identifiedBy: 'hospital-number' } as const;
    expect(systemLine({ what: 'linked', ...said }).text).toBe(
      'Dr Shaw linked SMITH, John. Name, birth date and hospital number matched the record.',
    );
    expect(systemLine({ what: 'identified', ...said, number: 'N0041192' }).text).toContain('hospital number N0041192.');
  });

  test('nobody knows who it is: a temporary name and the hospital’s number, and no date of birth', async () => {
    const mounted = await mount({}, () => <NewPatient />);
    await press(button('Nobody knows who this is'));
    expect(shown()).not.toContain('Date of birth');
    await fill({
      'Temporary LAST name': 'Unknown',
      'Temporary first name': 'Kestrel',
      'Hospital number': 'N0099001',
    });
    expect(calls(mounted, 'lookUpPatient')).toEqual([
      { family: 'Unknown', given: 'Kestrel', hospitalNumber: 'N0099001', temporary: true },
    ]);
    await press(button('Link UNKNOWN, Kestrel, temporary identity N0099001'));
    expect(calls(mounted, 'createPatient')).toMatchObject([{ lookup: 'l2' }]);
  });

  test('the hospital knows who it is, or does not: said beside the number, and nothing is linked', async () => {
    await mount({}, () => <NewPatient />);
    await press(button('Nobody knows who this is'));
    await fill({ 'Temporary LAST name': 'Smith', 'Temporary first name': 'John', 'Hospital number': 'N0041192' });
    const described = () => field('Hospital number').getAttribute('aria-describedby') ?? '';
    expect(document.getElementById(described())?.textContent).toContain('The hospital knows who this is.');
    expect(document.querySelector('.btn--main')?.textContent).toBe('Compare with the record');
    await press(button('Somebody knows: three identifiers'));
    await press(button('NHS number not known? Use the hospital number'));
    await fill({ ...smith, 'Hospital number': 'N0099001' });
    expect(document.getElementById(described())?.textContent).toContain('does not know yet who this is');
  });
});

describe('R11 the unknown patient', () => {
  test('stands in the banner with what the hospital calls them, and what is not known says so', async () => {
    await mount({}, () => <Banner patient={kestrel} now={Date.now()} />);
    expect(shown()).toContain('UNKNOWN, Kestrel');
    expect(shown()).toContain('Temporary identity N0099001');
    expect(document.querySelectorAll('dd')).toHaveLength(2);
    for (const each of document.querySelectorAll('dd')) expect(each.textContent).toBe('Not known');
    const { temporary, ...local } = kestrel;
    expect(temporary).toBe('N0099001');
    await (await mount()).draw(<Banner patient={{ ...local, hospitalNumber: 'N0041192' }} now={Date.now()} />);
    expect(shown()).toContain('Hospital No.');
    expect(shown()).toContain('N0041192');
  });

  test('R12 the buttons that decide and file carry the temporary identity, and so does the tick', async () => {
    const { draw } = await mount({}, () => <DecideSheet head={unknown} message={undefined} messages={[]} />);
    expect(button('Decide for UNKNOWN, Kestrel, temporary identity N0099001')).toBeTruthy();
    await draw(<FileSheet head={unknown} decision="d1" background={[]} />);
    expect(button('File for UNKNOWN, Kestrel, temporary identity N0099001')).toBeTruthy();
    await draw(<PatientCheck patient={kestrel} checked={false} onChange={() => undefined} missing={false} />);
    expect(shown()).toContain('UNKNOWN, Kestrel, temporary identity N0099001');
    const [row] = inbox();
    if (row) expect(threadFacts({ ...row, patient: kestrel })).toContain('Temporary identity N0099001');
  });

  test('can be identified from below the banner and from the details', async () => {
    const { draw } = await mount({}, () => <IdentityBar head={unknown} />);
    expect(leads('Identify this patient')).toBe('#/t/john/identify');
    await draw(<Details head={unknown} keyChanges={[]} />);
    expect(shown()).toContain('A temporary identity');
    expect(button('Identify this patient').getAttribute('href')).toBe('#/t/john/identify');
  });
});

describe('R11 identifying the patient of a thread', () => {
  test('H10 compares three identifiers, has the wristband checked, and links', async () => {
    const mounted = await mount({}, () => <Identify head={unknown} />);
    expect(shown()).not.toContain('Nobody knows who this is');
    await fill({ ...smith, 'NHS number': '943 476 5919' });
    expect(calls(mounted, 'reidentify')).toEqual([
      { thread: 'john', family: 'Smith', given: 'John', born: '1954-03-12', nhsNumber: '9434765919' },
    ]);
    expect(shown()).toContain('After this, everything said here is about SMITH, John.');
    await press(button('Link to SMITH, John'));
    expect(calls(mounted, 'relink')).toEqual([]);
    await press(field(/I checked the wristband/));
    await press(button('Link to SMITH, John'));
    expect(calls(mounted, 'relink')).toEqual([{ thread: 'john', lookup: 'l1', wristbandChecked: true }]);
  });

  test('another patient is refused in plain words', async () => {
    await mount({}, () => <Identify head={johnHead} />);
    await fill({ ...smith, 'LAST name': 'Another', 'NHS number': '943 476 5919' });
    expect(shown()).toContain('Not the patient of this conversation');
  });
});

const at = Date.now();
const standing = (said: PatientStanding): ThreadHead => ({ ...johnHead, standing: { ...said, at } });
/** Where a link of the bar leads. */
const leads = (name: string) =>
  [...document.querySelectorAll('a')].find((each) => each.textContent === name)?.getAttribute('href');

describe('R11 what the record says of the identity by now', () => {
  test('a number that was replaced is one tap', async () => {
    const head = standing({ outcome: 'superseded', nhsNumber: '9990475466', was: '9434765919' });
    const mounted = await mount({}, () => <IdentityBar head={head} />);
    expect(plain()).toContain('The NHS number has changed to 999 047 5466');
    await press(button('Update the number'));
    expect(calls(mounted, 'updateNumber')).toEqual([{ thread: 'john' }]);
  });

  test.each<[PatientStanding, ThreadHead['patient'], string, string | undefined]>([
    [{ outcome: 'changed', differs: ['name'] }, johnHead.patient, 'a different name now', 'Identify again'],
    [{ outcome: 'changed', differs: [] }, johnHead.patient, 'a different name or date of birth now', 'Identify again'],
    [{ outcome: 'identified' }, kestrel, 'The hospital has identified this patient', 'Identify'],
    [{ outcome: 'gone' }, johnHead.patient, 'Ask health records who this is', undefined],
  ])('%o', async (said, patient, words, todo) => {
    const head = { ...standing(said), ...(patient ? { patient } : {}) };
    const { draw } = await mount({}, () => <IdentityBar head={head} />);
    expect(shown()).toContain(words);
    if (todo) expect(leads(todo)).toBe('#/t/john/identify');
    // In a sheet it is said, and leads nowhere else.
    await draw(<IdentityBar head={head} told />);
    expect(shown()).toContain(words);
    expect(document.querySelector('a')).toBeNull();
  });

  test('nothing is said while it stands, and to nobody who cannot write', async () => {
    const { draw } = await mount({}, () => <IdentityBar head={standing({ outcome: 'current' })} />);
    expect(shown()).toBe('');
    await draw(<IdentityBar head={{ ...standing({ outcome: 'gone' }), readOnly: { code: 'x', message: 'x' } }} />);
    expect(shown()).toBe('');
  });

  test('is asked in the background by who is about to decide or file, and by hand in the details', async () => {
    const mounted = await mount({}, () => <DecideSheet head={johnHead} message={undefined} messages={[]} />);
    await mounted.draw(<FileSheet head={johnHead} decision="d1" background={[]} />);
    await settled();
    const asked = { thread: 'john', whenDue: true };
    expect(calls(mounted, 'checkPatient')).toEqual([asked, asked]);
    await mounted.draw(<Details head={standing({ outcome: 'current' })} keyChanges={[]} />);
    expect(shown()).toContain('The record says the same, checked');
    await press(button('Check with the record'));
    expect(calls(mounted, 'checkPatient')).toEqual([asked, asked, { thread: 'john' }]);
  });
});
