/** Nobody knows who the patient is; later somebody does, and everything that was said is about them (R11, R12). */
import type { Locator } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { patience, type Person } from '../harness/person.ts';
import type { Chapter } from './world.ts';

const found = 'Found by the canal, GCS 14, no papers. CT head asked for.';
const decided = 'Reverse the anticoagulation before the scan.';

const banner = (person: Person): Locator => person.page.getByRole('region', { name: 'Patient', exact: true }).first();
const inFront = (person: Person): Locator => person.page.locator('dialog[open]').last();

async function compare(person: Person, form: Readonly<Record<string, string>>): Promise<void> {
  for (const [label, value] of Object.entries(form)) await person.field(label).fill(value);
  await person.button('Compare with the record').click();
}

/** Where the record says that somebody else is much alike, or that two sources disagree. */
async function checkWristband(person: Person): Promise<void> {
  for (const box of await person.page.getByRole('checkbox', { name: /^I checked the wristband/ }).all())
    await box.check();
}

export const identity: Chapter = (world) =>
  describe('an unknown patient', () => {
    test('R11 the hospital knows who has that number: said beside it, and nothing is linked', async () => {
      const { anita } = world();
      for (const text of [found, decided]) world().confidential.add(text);
      await anita.open('/#/new/patient');
      await anita.sees(anita.heading('Link a patient'));
      await anita.look('93-identify-ways');
      await anita.button('Nobody knows who this is').click();
      await compare(anita, {
        'Temporary LAST name': 'Unknown',
        'Temporary first name': 'Kestrel',
        'Hospital number': 'N0041192',
      });
      await anita.sees(anita.text('The hospital knows who this is. Enter the three identifiers.'));
      expect(await anita.button(/^Link /).count()).toBe(0);
      await anita.look('93-unknown-is-known');
    });

    test('R11 a temporary identity is linked by the name and the number on the wristband', async () => {
      const { anita, fiona } = world();
      await compare(anita, { 'Hospital number': 'N0099001' });
      await anita.sees(anita.heading('The record answers: 2 of 2 match'));
      await checkWristband(anita);
      await anita.pickPerson('fiona', 'Dr Fiona Kerr');
      await anita.look('94-unknown-match');
      await anita.button('Link UNKNOWN, Kestrel, temporary identity N0099001').click();
      await anita.sees(anita.messages);
      await fiona.open('/#/');
      await fiona.openThread('UNKNOWN, Kestrel');
      for (const person of [anita, fiona]) {
        await person.sees(banner(person).getByText('UNKNOWN, Kestrel'));
        await person.sees(banner(person).getByText('Temporary identity N0099001'));
        expect(await banner(person).getByText('Not known').count()).toBe(2);
      }
      await fiona.say(found);
      await anita.sees(anita.message(found));
    });

    test('R11 H11 any NHS number that is written there stops the message', async () => {
      const { anita } = world();
      await anita.write('Is he 999 271 6363?');
      await anita.sees(anita.heading('Not sent: that is an NHS number'));
      await anita.look('95-unknown-thread', { layouts: 'own' });
      await anita.button('Take it out').click();
      await anita.composer.fill('');
    });

    test('R12 a decision about them carries the temporary identity', async () => {
      const { fiona, anita } = world();
      await fiona.say(decided);
      await fiona.act(fiona.message(decided), 'Mark as decision');
      await fiona.look('95-unknown-decide');
      await fiona.button('Decide for UNKNOWN, Kestrel, temporary identity N0099001').click();
      await anita.sees(anita.message(decided).getByText('Not in the record yet'));
      await anita.sees(anita.text(/confirmed the patient: UNKNOWN, Kestrel/));
    });

    test('R11 the hospital finds out who it is, and says so when it is asked', async () => {
      const { anita, ward } = world();
      await ward.patients({ merge: 'N0099001', into: '9992716363' });
      await anita.button('Details and members').click();
      await anita.button('Check with the record').click();
      await anita.sees(anita.text(/The hospital knows by now who this is/));
      await anita.look('96-identity-details');
      await anita.back();
      await anita.sees(anita.text('The hospital has identified this patient'));
      await anita.look('96-identity-bar');
    });

    test('R11 three identifiers from the wristband, and everything is about them', async () => {
      const { anita, fiona } = world();
      await anita.link('Identify').click();
      await anita.sees(anita.heading('Identify this patient'));
      await anita.look('97-identify');
      await compare(anita, {
        'LAST name': 'Whitfield',
        'First name': 'George',
        Day: '11',
        Month: '11',
        Year: '1936',
        'NHS number': '999 271 6363',
      });
      await anita.sees(anita.heading('The record answers: 3 of 3 match'));
      await checkWristband(anita);
      await anita.look('97-identify-match');
      await anita.button('Link to WHITFIELD, George').click();
      for (const person of [anita, fiona]) {
        await person.sees(banner(person).getByText('WHITFIELD, George (Mr)'));
        await person.sees(banner(person).getByText('999 271 6363'));
        await person.sees(person.text(/identified the patient: WHITFIELD, George, 11-Nov-1936/));
        await person.sees(person.message(found));
        await expect
          .poll(
            () =>
              banner(person)
                .getByText(/Temporary identity/)
                .count(),
            { timeout: patience },
          )
          .toBe(0);
      }
      world().confidential.add('WHITFIELD, George').add('11-Nov-1936');
      await anita.look('97-identified');
    });

    test('R12 whoever files confirms who it is now, and the record gets it under the right number', async () => {
      const { fiona, ward } = world();
      await ward.record('accept');
      await fiona.link('File to the record').last().click();
      await fiona.sees(fiona.page.locator('.paper').getByText('999 271 6363'));
      await fiona.page.getByRole('checkbox', { name: /^I have checked that this is about WHITFIELD, George/ }).check();
      await inFront(fiona).getByRole('button', { name: 'File for WHITFIELD, George, 11-Nov-1936' }).click();
      await fiona.seesNoMore(fiona.page.locator('dialog[open]'));
      await fiona.sees(fiona.text(/confirmed the patient: WHITFIELD, George/));
      await fiona.sees(fiona.messages.getByText(/^In the record/));
    });

    test('R11 a number that is replaced is one tap, for everybody', async () => {
      const { anita, fiona, ward } = world();
      await ward.patients({ change: '9992716363', nhsNumber: '9993000000' });
      await fiona.button('Check with the record').click();
      await fiona.sees(fiona.text('The NHS number has changed'));
      await fiona.look('98-number-changed');
      await fiona.button('Update the number').click();
      for (const person of [anita, fiona]) {
        await person.sees(banner(person).getByText('999 300 0000'));
        await person.sees(person.text(/updated the NHS number \(was 999\s271\s6363\)/));
      }
      await fiona.seesNoMore(fiona.button('Update the number'));
      await anita.say('Bloods under 999 271 6363 and 999 300 0000 are his');
      await fiona.sees(fiona.message('Bloods under'));
      await fiona.look('98-number-updated');
    });
  });
