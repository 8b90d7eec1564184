// @vitest-environment node
import { beforeAll, describe, expect, test } from 'vitest';
import type { Profile } from '../remote/shapes.ts';
import { dice, inventStaff } from '../testing/staff.ts';
import { Finder, type Nearness } from './finder.ts';

const pause = () => Promise.resolve();
const nobody: Nearness = () => 0;

const person = (displayName: string, role = 'Staff nurse', ward = 'Ward 12', more: Partial<Profile> = {}): Profile => ({
  person: displayName,
  userName: displayName.replaceAll(/\W/g, '').toLowerCase(),
  displayName,
  role,
  ward,
  organisation: 'Example Hospital',
  enrolled: true,
  left: false,
  ...more,
});

const staff = [
  person('Dr Anita Rao', 'Medical Registrar', 'Ward 7B'),
  person('Anita Rao', 'Physiotherapist', ''),
  person('John Smith', 'ST3 Medicine', 'AMU'),
  person('Jane Smyth', 'Specialty trainee 4, Renal', 'Wards 6 to 8'),
  person('Siobhán O’Sullivan', 'Consultant, Trauma and Orthopaedics', 'Theatres'),
  person('Søren Müller', 'FY1', 'Ward 7A'),
  person('Mary Smith-Jones', 'Advanced Nurse Practitioner', 'Emergency Department'),
  person('Pieter van der Berg', 'Occupational Therapist', 'Ward 17'),
  person('Kathryn Read', 'Healthcare assistant', 'Ward 7B'),
  person('Catherine Reid', 'Ward pharmacist', 'Ward 3'),
  person('Lukas Ward', 'Porter', ''),
];

let finder: Finder;
async function of(people: readonly Profile[]): Promise<Finder> {
  const made = await Finder.of(people, { pause });
  if (!made) throw new Error('it was stopped');
  return made;
}
beforeAll(async () => {
  finder = await of(staff);
});
const found = (query: string, near = nobody) =>
  finder.search(query, near, 40).people.map(({ displayName }) => displayName);

describe('R29 a person is found', () => {
  test.each([
    ['anita', 'Dr Anita Rao'],
    ['rao anita', 'Dr Anita Rao'],
    ['dr a rao', 'Dr Anita Rao'],
    ['Rao, Anita', 'Dr Anita Rao'],
    ['smth', 'John Smith'],
    ['simth', 'John Smith'],
    ['jhon smith', 'John Smith'],
    ['smith john', 'John Smith'],
    ['smithh', 'John Smith'],
    ['smyht', 'Jane Smyth'],
    ['osullivan', 'Siobhán O’Sullivan'],
    ["o'sullivan", 'Siobhán O’Sullivan'],
    ['O’Sullivan', 'Siobhán O’Sullivan'],
    ['o sullivan', 'Siobhán O’Sullivan'],
    ['sullivan', 'Siobhán O’Sullivan'],
    ['osulivan', 'Siobhán O’Sullivan'],
    ['siobhan', 'Siobhán O’Sullivan'],
    ['shivon', 'Siobhán O’Sullivan'],
    ['soren muller', 'Søren Müller'],
    ['MÜLLER', 'Søren Müller'],
    ['smith-jones', 'Mary Smith-Jones'],
    ['smithjones', 'Mary Smith-Jones'],
    ['jones smith', 'Mary Smith-Jones'],
    ['vanderberg', 'Pieter van der Berg'],
    ['van der berg', 'Pieter van der Berg'],
    ['berg', 'Pieter van der Berg'],
    ['cathrine', 'Catherine Reid'],
    ['med reg', 'Dr Anita Rao'],
    ['registrar 7b', 'Dr Anita Rao'],
    ['st3', 'John Smith'],
    ['ST4', 'Jane Smyth'],
    ['specialty trainee', 'Jane Smyth'],
    ['t&o', 'Siobhán O’Sullivan'],
    ['ortho cons', 'Siobhán O’Sullivan'],
    ['f1', 'Søren Müller'],
    ['fy1 7a', 'Søren Müller'],
    ['foundation', 'Søren Müller'],
    ['anp', 'Mary Smith-Jones'],
    ['a&e', 'Mary Smith-Jones'],
    ['ed', 'Mary Smith-Jones'],
    ['OT', 'Pieter van der Berg'],
    ['hca', 'Kathryn Read'],
    ['hca 7b', 'Kathryn Read'],
    ['ward 17', 'Pieter van der Berg'],
    ['ward7a', 'Søren Müller'],
    ['7 a', 'Søren Müller'],
    ['ward 8', 'Jane Smyth'],
    ['acute medical', 'John Smith'],
    ['physio', 'Anita Rao'],
    ['regisrtar', 'Dr Anita Rao'],
  ])('by “%s”: %s', (query, name) => expect(found(query)).toContain(name));

  test.each(['zzz', 'smith 99', 'anita smith', '9', 'xq', 'rao physio 7b'])('nobody by “%s”', (query) =>
    expect(found(query)).toEqual([]),
  );

  test('ward 7b is not ward 7a, and ward 1 is not found for 7', () => {
    expect(found('ward 7b').sort()).toEqual(['Dr Anita Rao', 'Kathryn Read']);
  });
});

describe('R29 in which order', () => {
  test('what is written exactly comes before what is only like it', () => {
    expect(found('smith').slice(0, 2).sort()).toEqual(['John Smith', 'Mary Smith-Jones']);
    expect(found('smith')).toContain('Jane Smyth');
    expect(found('read')[0]).toBe('Kathryn Read');
    expect(found('reid')[0]).toBe('Catherine Reid');
  });
  test('a name comes before a role or a ward', () => expect(found('ward')[0]).toBe('Lukas Ward'));
  test('whom I write to comes first among equals, and then my ward', () => {
    for (const name of ['Anita Rao', 'Dr Anita Rao']) {
      expect(found('rao', ({ displayName: id }) => (id === name ? 1 : 0))[0]).toBe(name);
    }
    expect(found('rao', ({ ward }) => (ward === '' ? 3 : 1))[0]).toBe('Anita Rao');
  });
  test('nearness does not put a mistyped name before a written one', () =>
    expect(found('smith', ({ displayName: id }) => (id === 'Jane Smyth' ? 3 : 0)).at(-1)).toBe('Jane Smyth'));
});

describe('R29 who could be taken for somebody', () => {
  const like = (name: string) => {
    const one = staff.find(({ displayName }) => displayName === name);
    if (!one) throw new Error(name);
    return finder.namesakes(one, nobody).map(({ person: { displayName } }) => displayName);
  };
  test('the same name', () => expect(like('Dr Anita Rao')).toEqual(['Anita Rao']));
  test('a name that sounds the same', () => expect(like('Catherine Reid')).toEqual(['Kathryn Read']));
  test('the same family name and initial, where there are few', () =>
    expect(like('John Smith')).toEqual(['Jane Smyth']));
  test('and not where there are many', async () => {
    const many = await of(
      ['John', 'Jane', 'Jack', 'Jim', 'Jenny', 'Jock', 'Joshua', 'Jan'].map((given) => person(`${given} Smith`)),
    );
    const [john] = many.people;
    if (!john) throw new Error('nobody');
    expect(many.namesakes(john, nobody).map(({ person: { displayName } }) => displayName)).toEqual([]);
  });
});

describe('R29 the pass over all words finds what comparing each of them finds', () => {
  test('for mistyped names of an invented staff', async () => {
    const people = inventStaff(400, 7);
    const many = await of(people);
    const roll = dice(3);
    for (const [at, { displayName }] of people.entries()) {
      const family = displayName.split(/\s/).at(-1)?.replaceAll(/\W/g, '').toLowerCase() ?? '';
      if (family.length < 5 || /[^\x20-\x7e]/.test(displayName)) continue;
      const place = 1 + Math.floor(roll() * (family.length - 2));
      const wrong = [
        family.slice(0, place) + family.slice(place + 1),
        `${family.slice(0, place)}q${family.slice(place + 1)}`,
        `${family.slice(0, place)}q${family.slice(place)}`,
        family.slice(0, place) + (family[place + 1] ?? '') + (family[place] ?? '') + family.slice(place + 2),
      ][at % 4];
      if (!wrong || wrong.length < 4) continue;
      const first = displayName.replace(/^Dr /, '').split(' ')[0] ?? '';
      const names = many.search(`${wrong} ${first}`, nobody, 40).people.map((each) => each.displayName);
      expect(names, `${wrong} ${first}`).toContain(displayName);
    }
  });
});

describe('R29 the list is made in slices', () => {
  test('others go on in between, and it stops when it is told to', async () => {
    let pauses = 0;
    const staffed = inventStaff(1000);
    await Finder.of(staffed, {
      pause: () => {
        pauses++;
        return Promise.resolve();
      },
    });
    expect(pauses).toBeGreaterThanOrEqual(4);
    expect(await Finder.of(staffed, { pause, stopped: () => true })).toBeUndefined();
  });
});
