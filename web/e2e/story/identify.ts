/** Starting a thread about a patient, as everybody does it: three identifiers, a look at the wristband where there is a namesake. */
import type { Person } from '../harness/person.ts';

export type Identifiers = { family: string; given: string; born: [string, string, string]; number: string };

export const john: Identifiers = { family: 'Smith', given: 'John', born: ['12', '3', '1954'], number: '943 476 5919' };
export const joan: Identifiers = { family: 'Smith', given: 'Joan', born: ['12', '3', '1954'], number: '900 000 0025' };
export const rahman: Identifiers = {
  family: 'Rahman',
  given: 'Mohammed',
  born: ['19', '4', '1968'],
  number: '999 094 0711',
};

/** From the open sheet "Link a patient". */
export async function identify(
  person: Person,
  { family, given, born, number }: Identifiers,
  who?: { query: string; name: string },
) {
  const [day, month, year] = born;
  const form: [string, string][] = [
    ['LAST name', family],
    ['First name', given],
    ['Day', day],
    ['Month', month],
    ['Year', year],
    ['NHS number', number],
  ];
  for (const [label, value] of form) await person.field(label).fill(value);
  await person.button('Compare with the record').click();
  await person.sees(person.heading('The record answers: 3 of 3 match'));
  for (const box of await person.page.getByRole('checkbox', { name: /^I checked the wristband/ }).all())
    await box.check();
  if (who) await person.pickPerson(who.query, who.name);
  await person.button(new RegExp(`^Link ${family.toUpperCase()}, ${given}`)).click();
  await person.sees(person.messages);
}
