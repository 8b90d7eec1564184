import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { act } from 'preact/test-utils';
import { disclosureSentence } from '../../features/compose/Notice.tsx';
import { NewMessage } from '../../features/directory/NewMessage.tsx';
import { NewTeam } from '../../features/directory/NewTeam.tsx';
import { Jump } from '../../features/jump/Jump.tsx';
import { AddMember } from '../../features/members/AddMember.tsx';
import { Details } from '../../features/members/Details.tsx';
import { RemoveMember } from '../../features/members/RemoveMember.tsx';
import { johnHead, people } from '../fakeData.ts';
import { button, field, find, mount, press, settled, shown, type } from './mount.tsx';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

async function search(label: string, text: string) {
  await type(label, text);
  await act(() => {
    vi.advanceTimersByTime(500);
  });
  await settled();
}
async function enter(element: HTMLElement) {
  await act(
    () => void element.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true })),
  );
  await settled();
}
const of = (calls: { verb: string; arg: unknown }[], verb: string) =>
  calls.filter((call) => call.verb === verb).map((call) => call.arg);

describe('R29 similar names', () => {
  test('both people stand there when one was asked for, and nobody is chosen', async () => {
    const { fake } = await mount({}, () => <NewMessage />);
    await search('Person or ward', 'anita');
    expect(shown()).toContain('Two people are Dr A Patel');
    expect(shown()).toContain('Dr Amit Patel');
    expect(document.querySelectorAll('input:checked').length).toBe(0);
    expect(of(fake.calls, 'createDirect')).toEqual([]);
  });

  test('what differs is underlined', async () => {
    await mount({}, () => <NewMessage />);
    await search('Person or ward', 'patel');
    const different = [...document.querySelectorAll('.differs')].map((each) => each.textContent);
    expect(different).toEqual(expect.arrayContaining(['Anita', 'Medical Registrar', 'Amit', 'Core Surgical Trainee']));
  });

  test('the button names the person and the role', async () => {
    const { fake } = await mount({}, () => <NewMessage />);
    await search('Person or ward', 'patel');
    await press(field(/Anita/));
    await press(button('Message Dr Anita Patel, Med Reg'));
    expect(of(fake.calls, 'createDirect')).toEqual([{ person: 'anita' }]);
  });

  test('a team whose name is like another has to be told apart', async () => {
    const { fake } = await mount({}, () => <NewTeam />);
    await type('Name of the team', 'Ward 7B social');
    await search('People', 'kofi');
    await press(button('Choose Kofi Mensah'));
    await press(button('Start with 1 person'));
    expect(of(fake.calls, 'createTeam')).toEqual([]);
    expect(shown()).toContain('Ward 7B day team');
    await press(field(/I mean a different team/));
    await press(button('Start with 1 person'));
    expect(of(fake.calls, 'createTeam')).toEqual([{ name: 'Ward 7B social', people: ['kofi'], reason: 'care-team' }]);
  });

  test('somebody whose name sounds like another’s is chosen after one question, in place', async () => {
    const { fake } = await mount({}, () => <NewMessage />);
    await search('Person or ward', 'mary');
    await press(button('Choose Mary Smith'));
    expect(shown()).toContain('Is this who you mean?');
    expect(shown()).toContain('You chose Mary SMITH');
    expect(shown()).toContain('Not Marie SMYTH');
    const different = [...document.querySelectorAll('.distinguish .differs')].map((each) => each.textContent);
    expect(different).toEqual(
      expect.arrayContaining(['Mary SMITH', 'Marie SMYTH', 'Staff nurse, AMU', 'Physiotherapist, Ward 7B']),
    );
    expect(document.querySelector('dialog dialog, [role="dialog"]')).toBeNull();
    expect(document.querySelector('.foot .btn')).toBeNull();
    await press(button('Choose again'));
    expect(shown()).not.toContain('Is this who you mean?');
    expect(document.querySelector('.foot .btn')).toBeNull();

    await press(button('Choose Mary Smith'));
    await press(button('Yes, Mary Smith, Staff nurse'));
    expect(shown()).not.toContain('Is this who you mean?');
    await press(button('Message Mary Smith, Staff nurse'));
    expect(of(fake.calls, 'createDirect')).toEqual([{ person: 'mary' }]);
  });

  test('it is asked once: choosing the same one again is not asked again', async () => {
    await mount({}, () => <NewTeam />);
    await search('People', 'mary');
    await press(button('Choose Mary Smith'));
    await press(button('Yes, Mary Smith, Staff nurse'));
    await press(button('Take out Mary Smith'));
    await press(button('Choose Mary Smith'));
    expect(shown()).not.toContain('Is this who you mean?');
    expect(find('button', 'Start with 1 person')).toBeTruthy();
  });

  test('another question takes back who was chosen before', async () => {
    await mount({}, () => <NewMessage />);
    await search('Person or ward', 'ma');
    await press(button('Choose Mary Smith'));
    await press(button('Yes, Mary Smith, Staff nurse'));
    expect(find('button', /^Message Mary Smith/)).toBeTruthy();
    await press(button('Choose Marie Smyth'));
    expect(document.querySelector('.foot .btn')).toBeNull();
  });

  test('somebody who works elsewhere is chosen after one question', async () => {
    const { fake } = await mount({}, () => <NewMessage />);
    await search('Person or ward', 'alun');
    await press(button('Choose Dr Alun Pattle'));
    expect(shown()).toContain('Works outside your organisation, for Riverside Practice');
    await press(button('Yes, Dr Alun Pattle, GP'));
    await press(button('Message Dr Alun Pattle, GP'));
    expect(of(fake.calls, 'createDirect')).toEqual([{ person: 'alun' }]);
  });

  test('jumping to somebody whose name sounds like another’s asks too', async () => {
    const { fake } = await mount({}, () => <Jump onClose={() => undefined} />);
    const box = document.querySelector('input');
    await act(() => {
      if (box) box.value = 'mary';
      box?.dispatchEvent(new Event('input', { bubbles: true }));
    });
    await act(() => {
      vi.advanceTimersByTime(500);
    });
    await settled();
    await press(find('[role="option"]', /Message Mary Smith/));
    expect(of(fake.calls, 'createDirect')).toEqual([]);
    await press(button('Yes, Mary Smith, Staff nurse'));
    expect(of(fake.calls, 'createDirect')).toEqual([{ person: 'mary' }]);
  });

  test('a team of very many people is made after it was confirmed that all of them are meant', async () => {
    const { fake, draw } = await mount();
    const many = Array.from({ length: 21 }, (_, at) => ({ ...people.kofi, id: `k${at}`, name: `Kofi Mensah ${at}.` }));
    fake.searchDirectory = () => Promise.resolve({ people: many, similar: [], alike: {}, more: false });
    await draw(<NewTeam />);
    await type('Name of the team', 'Whole hospital');
    await search('People', 'kofi');
    for (const { name } of many) await press(button(`Choose ${name}`));
    expect(shown()).toContain('21 people will read this');
    await press(button('Start with 21 people'));
    expect(of(fake.calls, 'createTeam')).toEqual([]);
    await press(field(/All of them need to read/));
    await press(button('Start with 21 people'));
    expect(of(fake.calls, 'createTeam')).toHaveLength(1);
  });

  test('Enter takes the one who was found, also before the answer is there, and once more goes on', async () => {
    const { fake } = await mount({}, () => <NewMessage />);
    await type('Person or ward', 'kofi');
    await enter(field('Person or ward'));
    expect(() => button(/^Message Kofi/)).toThrow();
    await act(() => {
      vi.advanceTimersByTime(500);
    });
    await settled();
    expect(button('Message Kofi Mensah, HCA')).toBeTruthy();
    expect(of(fake.calls, 'createDirect')).toEqual([]);
    await enter(field('Person or ward'));
    expect(of(fake.calls, 'createDirect')).toEqual([{ person: 'kofi' }]);
  });

  test('Enter takes nobody of several: it leads to the first, and Enter there takes that one', async () => {
    await mount({}, () => <NewMessage />);
    await search('Person or ward', 'patel');
    await enter(field('Person or ward'));
    expect(document.querySelectorAll('input:checked').length).toBe(0);
    const first = document.activeElement;
    expect(first?.closest('.pickcard')).toBeTruthy();
    await enter(first as HTMLElement);
    expect(document.querySelectorAll('input:checked').length).toBe(1);
  });

  test('what the device hears about somebody while they stand there is shown', async () => {
    const { fake, draw } = await mount();
    let enrolled = false;
    fake.searchDirectory = () => {
      const kofi = enrolled ? people.kofi : { ...people.kofi, notEnrolled: true as const };
      return Promise.resolve({ people: [kofi], similar: [], alike: {}, more: false });
    };
    await draw(<NewMessage />);
    await search('Person or ward', 'kofi');
    expect(shown()).toContain('Not set up yet');
    enrolled = true;
    await act(() => {
      vi.advanceTimersByTime(2000);
    });
    await settled();
    expect(shown()).not.toContain('Not set up yet');
    expect(button('Choose Kofi Mensah')).toBeTruthy();
  });

  test('somebody without keys cannot be chosen', async () => {
    const { fake, draw } = await mount();
    fake.searchDirectory = () =>
      Promise.resolve({
        people: [{ ...people.kofi, notEnrolled: true as const }],
        similar: [],
        alike: {},
        more: false,
      });
    await draw(<NewMessage />);
    await search('Person or ward', 'kofi');
    expect(shown()).toContain('Not set up yet');
    expect(document.querySelector('.list .who .btn')).toBeNull();
  });
});

describe('R31 adding', () => {
  test('takes a person, a reason and a choice about what was written before', async () => {
    const { fake } = await mount({}, () => <AddMember head={johnHead} />);
    await search('Person or ward', 'fiona');
    await press(button('Choose Dr Fiona Kerr'));
    await press(button(/^Add Dr Fiona Kerr/));
    expect(of(fake.calls, 'addMember')).toEqual([]);
    expect(shown()).toContain('Choose a reason');
    expect(shown()).toContain('Choose yes or no');
    // What they will be able to read is said before it is decided.
    expect(shown()).toMatch(
      /They will read everything that 6 people wrote here about SMITH, John.*It cannot be taken back/,
    );
    expect(shown()).toContain('They will see who is here, who the patient is and what is written from now on');
    await press(field('Asked for an opinion'));
    await press(field('No, only from now on'));
    await press(button(/^Add Dr Fiona Kerr/));
    expect(of(fake.calls, 'addMember')).toEqual([
      { thread: 'john', person: 'fiona', reason: 'opinion', note: '', history: false },
    ]);
  });

  test('a member cannot be added twice', async () => {
    await mount({}, () => <AddMember head={johnHead} />);
    await search('Person or ward', 'tom');
    expect(shown()).toContain('Already here');
    expect(document.querySelector('.who .btn')).toBeNull();
  });
});

test('R31 removing takes a reason and says what it cannot undo', async () => {
  const { fake } = await mount({}, () => <RemoveMember head={johnHead} person="tom" />);
  expect(shown()).toContain('What was read before cannot be taken back');
  await press(button('Remove Tom Reid'));
  expect(of(fake.calls, 'removeMember')).toEqual([]);
  await press(field('Was added in error'));
  await press(button('Remove Tom Reid'));
  expect(of(fake.calls, 'removeMember')).toEqual([
    { thread: 'john', person: 'tom', reason: 'added-in-error', note: '' },
  ]);
});

test('R31 taking out is armed for one: after a removal nothing stands ready for the next click', async () => {
  const without = { ...johnHead, members: johnHead.members.filter(({ person }) => person.id !== 'tom') };
  const { draw } = await mount({}, () => <Details head={johnHead} keyChanges={[]} />);
  await press(button('Remove or leave'));
  expect(document.querySelectorAll('.who .btn')).toHaveLength(6);
  await draw(<Details head={{ ...johnHead, name: 'Another name' }} keyChanges={[]} />);
  expect(document.querySelectorAll('.who .btn')).toHaveLength(6);
  await draw(<Details head={without} keyChanges={[]} />);
  expect(document.querySelectorAll('.who .btn')).toHaveLength(0);
  expect(button('Remove or leave').getAttribute('aria-pressed')).toBe('false');
});

test('the details name each decision by how it begins, or by who decided where the words are gone', async () => {
  await mount({}, () => <Details head={johnHead} keyChanges={[]} />);
  expect(shown()).toContain('Change to IV flucloxacillin');
  expect(shown()).toMatch(/Decision by Dr Anita Patel, \S/);
});

test('R47 the details say that it may be disclosed, R11 how the patient was identified and who is alike', async () => {
  await mount({}, () => <Details head={johnHead} keyChanges={[]} />);
  expect(shown()).toContain(disclosureSentence);
  expect(shown()).toContain('Name, birth date and NHS number matched the record');
  expect(shown()).toContain('Do not mix up with SMITH, Joan (Mrs), NHS number ending 0025');
  expect(find('h2', 'Members, 6')).toBeTruthy();
});
