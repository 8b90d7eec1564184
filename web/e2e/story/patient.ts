/** A patient is identified before anybody talks about them (R11). */
import type { Locator } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { narrow, pc, phone } from '../harness/chromium.ts';
import { patience, type Person } from '../harness/person.ts';
import type { Chapter } from './world.ts';

type Identifiers = { family: string; given: string; born: [string, string, string]; number: string };
const john: Identifiers = { family: 'Smith', given: 'John', born: ['12', '3', '1954'], number: '943 476 5919' };

/** Written in a team. */
const moved = 'Gases for 943 476 5919 at noon please';

async function type(person: Person, { family, given, born, number }: Identifiers): Promise<void> {
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
}

async function compare(person: Person, identifiers: Identifiers): Promise<void> {
  await type(person, identifiers);
  await person.button('Compare with the record').click();
}

const banner = (person: Person): Locator => person.page.getByRole('region', { name: 'Patient', exact: true });

export const patient: Chapter = (world) =>
  describe('a patient thread', () => {
    test('R37 a number outside a patient thread stops the message, and it can move to one', async () => {
      const { anita } = world();
      await anita.write(moved);
      await anita.sees(anita.heading('Not sent: that is an NHS number'));
      await anita.look('29-number-stopped', { layouts: 'own' });
      expect(await anita.message('Gases for').count()).toBe(0);
      await anita.button('Move to a patient thread').click();
      await anita.sees(anita.heading('Link a patient'));
    });

    test('R11 a number whose last digit is wrong is refused before anybody is asked', async () => {
      const { anita } = world();
      await compare(anita, { ...john, number: '943 476 5918' });
      await anita.sees(anita.text('This is not an NHS number: the last digit does not fit the others.'));
      expect(anita.watch.asked.some((path) => path.includes('look-up'))).toBe(false);
      await anita.look('30-patient-wrong-digit');
    });

    test('R11 two of three is not enough, and the record is not shown', async () => {
      const { anita } = world();
      await compare(anita, { ...john, born: ['13', '3', '1954'] });
      await anita.sees(anita.heading('Not linked: 2 of 3 match'));
      expect(await anita.words()).not.toContain('12-Mar-1954');
      expect(await anita.button(/^Link /).count()).toBe(0);
      await anita.look('31-patient-two-of-three');
    });

    test.each([
      [
        'withdrawn',
        { family: 'Nolan', given: 'Patrick', born: ['25', '7', '1971'], number: '9990741891' },
        'This NHS number is no longer valid',
      ],
      [
        'unknown',
        { family: 'Nobody', given: 'Known', born: ['1', '1', '1970'], number: '999 999 9468' },
        'The record knows no such number',
      ],
    ] satisfies [string, Identifiers, string][])(
      'R11 a number that is %s is said plainly',
      async (_, identifiers, title) => {
        const { anita } = world();
        await compare(anita, identifiers);
        await anita.sees(anita.heading(title));
      },
    );

    test('R11 an index that does not answer is said plainly, and nothing is linked', async () => {
      const { anita, ward } = world();
      await ward.index('down');
      await compare(anita, john);
      await anita.sees(anita.heading('The patient index does not answer'));
      await anita.look('32-patient-index-down');
      await ward.index('ok');
    });

    test('R11 a superseded number is replaced, and an interpreter is asked for', async () => {
      const { anita } = world();
      await compare(anita, { family: 'Kowalska', given: 'Zofia', born: ['8', '11', '1962'], number: '999 047 5466' });
      await anita.sees(anita.text(/The record has replaced it by/));
      await anita.sees(anita.text('999 042 1730'));
      await anita.look('33-patient-superseded');
      await anita.button('Change').click();
    });

    test('R11 a restricted record is named as one', async () => {
      const { anita } = world();
      await compare(anita, { family: 'Fairweather', given: 'Elinor', born: ['17', '2', '1990'], number: '9990681058' });
      await anita.sees(anita.text('This record is restricted.'));
      await anita.button('Change').click();
    });

    test('R11 three of three match, and the near namesake stands beside with nothing that identifies her', async () => {
      const { anita } = world();
      await compare(anita, john);
      await anita.sees(anita.heading('The record answers: 3 of 3 match'));
      const namesake = anita.page
        .locator('section')
        .filter({ hasText: 'A very similar patient is in the index' })
        .filter({ hasText: 'SMITH, Joan (Mrs)' });
      await anita.sees(namesake.last());
      expect(await namesake.last().innerText()).toContain('0025');
      expect((await anita.words()).replace(/\s/g, '')).not.toContain('9000000025');
      await anita.look('34-patient-match');
    });

    test('R11 with a namesake the wristband has to be looked at first', async () => {
      const { anita } = world();
      await anita.button(/^Link SMITH, John/).click();
      await anita.sees(anita.text('Look at the wristband first, then tick'));
      for (const box of await anita.page.getByRole('checkbox', { name: /^I checked the wristband/ }).all())
        await box.check();
      await anita.field(/^What is it about\?/).fill('Chest pain');
      await anita.pickPerson('fiona', 'Dr Fiona Kerr');
      await anita.button(/^Link SMITH, John/).click();
      await anita.sees(anita.messages);
      world().confidential.add('SMITH, John').add('12-Mar-1954');
    });

    test('R37 what was stopped is the draft of the new thread, and goes from there', async () => {
      const { anita } = world();
      await expect.poll(() => anita.composer.inputValue(), { timeout: patience }).toBe(moved);
      await anita.button('Send').click();
      await anita.sees(anita.message('Gases for 943 476 5919'));
    });

    test('R11 the banner says who it is, to the one who linked and to every other member', async () => {
      const { anita, fiona } = world();
      await fiona.sees(fiona.row('SMITH, John (Mr)'));
      await fiona.openThread('SMITH, John (Mr)');
      for (const person of [anita, fiona]) {
        const shown = banner(person);
        await person.sees(shown.getByText('SMITH, John (Mr)'));
        await person.sees(shown.getByText(/^12-Mar-1954 \(\d+y\)$/));
        await person.sees(shown.getByText('943 476 5919'));
      }
    });

    test('R11 the banner never scrolls away', async () => {
      const { anita, fiona } = world();
      const lines = Array.from({ length: 14 }, (_, at) => `${at + 1}. observation, steady`).join('\n');
      for (const hour of ['08:00', '09:00', '10:00']) await fiona.say(`Round at ${hour}\n${lines}`);
      await anita.sees(anita.message('Round at 10:00'));
      for (const person of [anita, fiona]) {
        for (const layout of [phone, pc]) {
          await person.display.become(layout, 'light');
          await person.sees(person.message('Round at 10:00'));
          for (const to of ['end', 'beginning'] as const) {
            const room = await person.messages.evaluate((list, place) => {
              list.scrollTop = place === 'end' ? list.scrollHeight : 0;
              return list.scrollHeight - list.clientHeight;
            }, to);
            expect(room).toBeGreaterThan(100);
            await expect.poll(() => inView(banner(person), layout.height), { timeout: patience }).toBe(true);
          }
        }
        await person.display.become(person.display.own, 'light');
      }
      await anita.look('35-patient-thread');
    });

    test('R44 the box to write in keeps most of its row on a phone', async () => {
      const { anita } = world();
      for (const layout of [phone, narrow]) {
        await anita.display.become(layout, 'light');
        const box = await anita.composer.boundingBox();
        expect((box?.width ?? 0) / layout.width).toBeGreaterThanOrEqual(0.6);
      }
      await anita.display.become(phone, 'light');
    });

    test('R11 H11 another patient’s number stops the message, this patient’s does not', async () => {
      const { anita, fiona } = world();
      await anita.write('Bloods for 900 000 0025 are back');
      await anita.sees(anita.heading('Not sent: another patient’s NHS number'));
      await anita.look('36-other-patient-stopped', { layouts: 'own' });
      await anita.button('Take it out').click();
      expect(await fiona.message('Bloods for').count()).toBe(0);
      await anita.say('Bloods for 943 476 5919 are back');
      await fiona.sees(fiona.message('Bloods for').filter({ hasText: '5919' }));
    });
  });

async function inView(what: Locator, height: number): Promise<boolean> {
  const box = await what.first().boundingBox();
  return box !== null && box.y >= 0 && box.height > 20 && box.y + box.height <= height / 2;
}
