/** R19: filing in three taps, counted and timed from the message that says "decided" to the card that says "in the record". */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { output } from '../harness/look.ts';
import { patience, type Person } from '../harness/person.ts';
import { identify, john, rahman } from './identify.ts';
import type { Chapter } from './world.ts';

/** Counts what a finger does, and the time from the moment that it is made. */
class Fingers {
  taps = 0;
  #from = performance.now();

  async tap(what: Locator): Promise<void> {
    await what.click();
    this.taps += 1;
  }

  /** What only the test does, such as a picture, is not counted. */
  async aside(work: () => Promise<void>): Promise<void> {
    const before = performance.now();
    await work();
    this.#from += performance.now() - before;
  }

  get seconds(): number {
    return Math.round((performance.now() - this.#from) / 100) / 10;
  }
}

const most = 3;

/** Words of one's own, marked as a decision in the open thread, up to the message that says that it is. */
async function decide(person: Person, words: string, patient: string): Promise<void> {
  await person.open(`${new URL(person.page.url()).hash}/decide`);
  await person.field('The decision in your own words').fill(words);
  await person.button(new RegExp(`^Decide for ${patient}`)).click();
  await person.sees(person.message(words).getByText('Not in the record yet'));
}

const front = (person: Person) => person.page.locator('dialog[open]').last();
const fileButton = (person: Person, patient: string) =>
  front(person).getByRole('button', { name: new RegExp(`^File for ${patient}`) });

/** The preview is there, and the button carries the name (R12). */
async function seesPreview(person: Person, words: string): Promise<void> {
  await person.sees(person.heading('How it will read'));
  await person.sees(person.page.locator('.paper').getByText(words));
}

export const taps: Chapter = (world) =>
  describe('filing in three taps', () => {
    const measured: string[] = [];
    const note = (how: string, fingers: Fingers) => {
      measured.push(`${how}: ${fingers.taps} taps, ${fingers.seconds} s from decided to in the record`);
      expect(fingers.taps, how).toBeLessThanOrEqual(most);
    };

    test('two threads about two patients', async () => {
      const { anita, fiona } = world();
      for (const patient of [john, rahman]) {
        await fiona.open('/#/new/patient');
        await identify(fiona, patient, { query: 'anita', name: 'Dr Anita Patel' });
      }
      await anita.sees(anita.row('SMITH, John'));
      await anita.sees(anita.row('RAHMAN, Mohammed'));
    });

    test('R19 R12 from the thread, by somebody who has to confirm the patient', async () => {
      const { anita, fiona } = world();
      const words = 'Start furosemide 40 mg IV now.';
      await anita.openThread('SMITH, John');
      await fiona.openThread('SMITH, John');
      await decide(fiona, words, 'SMITH, John');
      await anita.sees(anita.message(words).getByText('Not in the record yet'));
      const fingers = new Fingers();
      await fingers.tap(anita.message(words).getByRole('link', { name: 'File to the record' }));
      await seesPreview(anita, words);
      await fingers.tap(anita.page.getByRole('checkbox', { name: /^I have checked that this is about SMITH, John/ }));
      await fingers.tap(fileButton(anita, 'SMITH, John, 12-Mar-1954'));
      await anita.sees(anita.message(words).getByText(/^In the record/));
      note('from the thread, confirmation due', fingers);
    });

    test('R19 R12 from the thread, by somebody who has confirmed in this duty', async () => {
      const { anita } = world();
      const words = 'Stop the furosemide.';
      await decide(anita, words, 'SMITH, John');
      const fingers = new Fingers();
      await fingers.tap(anita.message(words).getByRole('link', { name: 'File to the record' }));
      await seesPreview(anita, words);
      await fingers.aside(() => anita.look('50-file-confirmed'));
      await fingers.tap(fileButton(anita, 'SMITH, John, 12-Mar-1954'));
      await anita.sees(anita.message(words).getByText(/^In the record/));
      note('from the thread, confirmed already', fingers);
    });

    test('R19 R12 from the worklist, by somebody who has to confirm the patient', async () => {
      const { anita, fiona } = world();
      const words = 'Chest drain out tomorrow at 09:00.';
      const other = 'Clexane from tonight.';
      await fiona.openThread('RAHMAN, Mohammed');
      await decide(fiona, other, 'RAHMAN, Mohammed');
      await anita.open('/#/decisions');
      await anita.button('My ward').click();
      await decide(fiona, words, 'RAHMAN, Mohammed');
      const line = anita.page.locator('.wl__i').filter({ hasText: words });
      await anita.sees(line);
      // Two about one patient are told apart by their words, which are this device's own.
      await anita.sees(anita.page.locator('.wl__i').filter({ hasText: other }));
      await anita.look('51-worklist');
      const fingers = new Fingers();
      await fingers.tap(line.getByRole('link', { name: /^File it/ }));
      await seesPreview(anita, words);
      await fingers.tap(anita.page.getByRole('checkbox', { name: /^I have checked that this is about RAHMAN/ }));
      await fingers.tap(fileButton(anita, 'RAHMAN, Mohammed, 19-Apr-1968'));
      await fiona.sees(fiona.message(words).getByText(/^In the record/));
      note('from the worklist, confirmation due', fingers);
    });

    test('R19 R12 from the inbox by the worklist, by somebody who has confirmed in this duty', async () => {
      const { anita, fiona } = world();
      const words = 'Aspirin 75 mg from tomorrow.';
      await anita.open('/#/');
      await anita.openThread('RAHMAN, Mohammed');
      await decide(anita, words, 'RAHMAN, Mohammed');
      await anita.open('/#/');
      await anita.sees(anita.heading('Inbox'));
      const fingers = new Fingers();
      await fingers.tap(anita.link('Decisions'));
      const line = anita.page.locator('.wl__i').filter({ hasText: words });
      await fingers.tap(line.getByRole('link', { name: /^File it/ }));
      await seesPreview(anita, words);
      await fingers.tap(fileButton(anita, 'RAHMAN, Mohammed, 19-Apr-1968'));
      await fiona.sees(fiona.message(words).getByText(/^In the record/));
      note('from the inbox by the worklist, confirmed already', fingers);
    });

    test('the figures', async () => {
      console.log(measured.join('\n'));
      await mkdir(output, { recursive: true });
      await writeFile(join(output, 'taps.txt'), `${measured.join('\n')}\n`);
      expect(measured).toHaveLength(4);
    });

    test('a message under an open sheet is not seen until the sheet is gone', async () => {
      const { anita, fiona } = world();
      const said = world().secret('Potassium is back, 5.1.');
      await anita.openThreadAt('RAHMAN, Mohammed');
      await anita.open(`${new URL(anita.page.url()).hash}/decide`);
      await anita.sees(anita.heading('Mark a decision'));
      await fiona.say(said);
      await fiona.sees(fiona.message(said).getByText('Phone reached, not opened'));
      await expect.poll(() => anita.message(said).count(), { timeout: patience }).toBe(1);
      expect(await fiona.message(said).getByText('Seen').count()).toBe(0);
      await front(anita).getByRole('button', { name: 'Close', exact: true }).click();
      await fiona.sees(fiona.message(said).getByText('Seen'));
    });
  });
