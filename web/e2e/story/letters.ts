/** R19: what the record refused waits for a person who sees it, and can be sent again, one or all of one reason. */
import { describe, expect, test } from 'vitest';
import { pc } from '../harness/chromium.ts';
import { Human, patience, Person } from '../harness/person.ts';
import type { Chapter, World } from './world.ts';

const reason = 'The episode is closed. Reopen it, then file again.';

/** Who answers for what reaches the record, and is in no conversation. */
export async function records({ chromium, ward, looker, everybody }: World): Promise<Person> {
  const human = new Human('Jean Morrison', 'jean.morrison', 'seven green kettles at noon');
  const jean = await Person.atFresh(chromium, { human, layout: pc, ward, looker });
  everybody.push(jean);
  await jean.enrol('The organisation’s');
  return jean;
}

export const letters: Chapter = (world) =>
  describe('the dead letter', () => {
    let jean: Person;

    async function fileRefused(person: Person, words: string): Promise<void> {
      await person.open(`${new URL(person.page.url()).hash}/decide`);
      await person.field('The decision in your own words').fill(words);
      await person.button(/^Decide for RAHMAN/).click();
      const card = person.message(words);
      await card.getByRole('link', { name: 'File to the record' }).click();
      await person.sees(person.page.locator('.paper').getByText(words));
      await person.button(/^File for RAHMAN/).click();
      await person.sees(card.getByText('The record refused it'));
    }

    test('an empty one says so, to those who may see it, and the others are not offered it', async () => {
      const { fiona } = world();
      jean = await records(world());
      await jean.open('/#/decisions');
      await jean.button('Refused').click();
      await jean.sees(jean.heading('Nothing was refused'));
      await fiona.open('/#/decisions');
      await fiona.sees(fiona.button('My ward'));
      for (const name of ['Organisation', 'Refused']) expect(await fiona.button(name).count()).toBe(0);
    });

    test('R19 what the record refused is there by its reason, live, with nothing of the patient', async () => {
      const { anita, ward } = world();
      await ward.record('refuse', reason);
      for (const words of ['Bloods at six.', 'Bloods at ten.']) await fileRefused(anita, words);
      await jean.sees(jean.heading(reason));
      await jean.sees(jean.text('2 filings wait for a person.'));
      await expect.poll(() => jean.page.locator('.wl__i').count(), { timeout: patience }).toBe(2);
      await jean.sees(jean.text('Filed by Dr Anita Patel'));
      await jean.sees(jean.button('Copy the reference'));
      expect(await jean.words()).not.toMatch(/rahman|bloods at|999 ?094/i);
      await jean.look('52-refused');
    });

    test('R19 all of one reason are sent again, and each is in the record', async () => {
      const { anita, ward } = world();
      await ward.record('accept');
      await jean.button('Send these 2 again').click();
      await jean.sees(jean.text('2 of 2 sent. 2 in the record.'));
      await jean.look('53-sent-again', { layouts: 'own' });
      for (const words of ['Bloods at six.', 'Bloods at ten.'])
        await anita.sees(anita.message(words).getByText(/^In the record/));
      await jean.button('Done').click();
      await jean.sees(jean.heading('Nothing was refused'));
    });
  });
