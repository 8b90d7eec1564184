/** A decision goes to the record through every obstacle, and then the originals are gone (R18 to R20). */
import { describe, expect, test } from 'vitest';
import { patience, type Person } from '../harness/person.ts';
import { findIn, keptBy } from '../harness/traces.ts';
import type { Chapter } from './world.ts';

const decided = 'Start furosemide 40 mg IV now, repeat bloods at 18:00.';
const beside = 'Crackles to both mid zones, no fever.';
const summary = 'Agreed by phone with the consultant at 13:40.';

async function openSheet(person: Person): Promise<void> {
  await person
    .link(/^File (to the record|again)$/)
    .last()
    .click();
  await person.sees(person.heading('How it will read'));
}

const inFront = (person: Person) => person.page.locator('dialog[open]').last();

export const record: Chapter = (world) =>
  describe('a decision', () => {
    test('R18 R12 a message that is marked as a decision is “not in the record yet”, for everybody', async () => {
      const { anita, fiona } = world();
      for (const text of [decided, beside, summary]) world().confidential.add(text);
      await anita.say(beside);
      await fiona.say(decided);
      await anita.act(anita.message(decided), 'Mark as decision');
      await anita.sees(anita.heading('Mark a decision'));
      await anita.look('40-decide');
      await anita.button('Decide for SMITH, John, 12-Mar-1954').click();
      for (const person of [anita, fiona]) {
        const card = person.message(decided);
        await person.sees(card.getByText('Not in the record yet'));
        await expect.poll(() => card.count(), { timeout: patience }).toBe(1);
      }
      // The button named the patient, and the confirmation went before the decision, for everybody to see.
      for (const person of [anita, fiona]) await person.sees(person.text(/confirmed the patient: SMITH, John/));
      await fiona.sees(fiona.row('SMITH, John (Mr)').getByText('Not in the record yet'));
      await anita.look('41-decision');
    });

    test('R18 R12 filing shows the document and wants the patient confirmed', async () => {
      const { fiona, ward } = world();
      await ward.record('down');
      await openSheet(fiona);
      await fiona.page.getByRole('checkbox', { name: new RegExp(beside.slice(0, 20)) }).check();
      await fiona.field(/^Summary \(optional\)/).fill(summary);
      await fiona.sees(fiona.page.locator('.paper').getByText(summary));
      await fiona.sees(fiona.page.locator('.paper').getByText(beside));
      await inFront(fiona).getByRole('button', { name: 'File for SMITH, John, 12-Mar-1954' }).click();
      await expect.poll(() => inFront(fiona).locator('.consent--missing').count(), { timeout: patience }).toBe(1);
      await fiona.look('42-file');
      await fiona.page.getByRole('checkbox', { name: /^I have checked that this is about SMITH, John/ }).check();
    });

    test('R19 with the record down it waits, and says so', async () => {
      const { anita, fiona } = world();
      await inFront(fiona).getByRole('button', { name: 'File for SMITH, John, 12-Mar-1954' }).click();
      await fiona.seesNoMore(fiona.page.locator('dialog[open]'));
      for (const person of [anita, fiona])
        await person.sees(person.message(decided).getByText('Filed, waiting for the receipt'));
      await fiona.sees(fiona.message(decided).getByRole('button', { name: 'Try now' }));
      await fiona.look('43-waiting');
    });

    test('R18 a refusal is shown to people with the record’s own reason', async () => {
      const { anita, fiona, ward } = world();
      const reason = 'The episode is closed. Reopen it, then file again.';
      await ward.record('refuse', reason);
      for (const person of [anita, fiona]) {
        await person.sees(person.message(decided).getByText('The record refused it'));
        await person.sees(person.message(decided).getByText(reason));
      }
      await fiona.sees(fiona.row('SMITH, John (Mr)').getByText('Refused by the record'));
      await anita.look('44-refused');
    });

    test('R18 only the receipt says “in the record”, on both browsers, and R20 after the grace the originals are gone', async () => {
      const { anita, fiona, ward } = world();
      await ward.record('accept');
      await openSheet(fiona);
      await fiona.page.getByRole('checkbox', { name: new RegExp(beside.slice(0, 20)) }).check();
      await fiona.sees(fiona.page.locator('.paper').getByText(beside));
      // She confirmed when she filed it first, and is not asked again in this duty (R12).
      expect(await fiona.page.getByRole('checkbox', { name: /^I have checked that this is about/ }).count()).toBe(0);
      const seen = [anita, fiona].map((person) => person.sees(person.message(decided).getByText(/^In the record/)));
      await inFront(fiona).getByRole('button', { name: 'File for SMITH, John, 12-Mar-1954' }).click();
      await Promise.all(seen);
      await anita.page.screenshot({ path: `${import.meta.dirname}/../output/45-in-the-record-phone.png` });
      for (const person of [anita, fiona]) {
        await person.sees(person.message(/In the record · originals deleted/));
        await person.seesNoMore(person.message(decided));
        await person.seesNoMore(person.message(beside));
      }
      await anita.look('46-tombstone');
    });

    test('R20 the words are on no page and in no storage any more', async () => {
      const { anita, fiona } = world();
      await fiona.open('/#/');
      for (const person of [anita, fiona]) {
        const words = await person.words();
        for (const text of [decided, beside]) expect(words).not.toContain(text);
        expect(findIn(await keptBy(person.page), [decided, beside, summary])).toEqual([]);
      }
    });
  });
