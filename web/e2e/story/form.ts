/** A decision in a form: filled from the thread and by writing, kept over Back, read part by part, and filed so (R21, H16, H17). */
import { describe, expect, test } from 'vitest';
import { patience, type Person } from '../harness/person.ts';
import type { Chapter } from './world.ts';

const asked = 'More breathless again, saturations 91% on 2 litres.';
const answered = 'Chest film: effusion on the right, larger than yesterday.';
const written = 'Drain the effusion this afternoon, hold apixaban.';

const inFront = (person: Person) => person.page.locator('dialog[open]').last();
const paper = (person: Person) => person.page.locator('.paper');

export const form: Chapter = (world) =>
  describe('a form', () => {
    test('R21 is filled from the thread, moved by its lists, and says which part is empty', async () => {
      const { anita, fiona } = world();
      for (const text of [asked, answered, written]) world().confidential.add(text);
      await fiona.row('SMITH, John (Mr)').click();
      await fiona.say(asked);
      await anita.sees(anita.message(asked));
      await anita.say(answered);
      await anita.act(anita.message(answered), 'Mark as decision');
      await anita.sees(anita.heading('Mark a decision'));
      await anita.field('Form (optional)').selectOption({ label: 'SBAR' });
      await anita.page.getByRole('checkbox', { name: new RegExp(asked.slice(0, 20)) }).check();
      const part = anita.field(/^Part for what you said/);
      await part.focus();
      await part.selectOption({ label: 'Assessment' });
      await anita.sees(inFront(anita).getByRole('region', { name: 'Assessment' }).getByText(answered));
      await anita.look('47-form');
      await anita.field('In your own words: Recommendation').fill(written);
      await anita.button('Decide for SMITH, John, 12-Mar-1954').click();
      await anita.sees(anita.text('Background is empty. Write it, or choose a message for it'));
      await anita.look('47-form-empty');
    });

    test('H17 Back loses nothing of it, and the box to write in says that something was begun', async () => {
      const { anita } = world();
      await anita.back();
      await anita.seesNoMore(anita.page.locator('dialog[open]'));
      await anita.look('47-form-begun');
      await anita.link('Decision (draft)').click();
      await anita.sees(anita.heading('Mark a decision'));
      await expect
        .poll(() => anita.field('In your own words: Recommendation').inputValue(), { timeout: patience })
        .toBe(written);
      expect(await anita.field(/^Part for what you said/).inputValue()).toBe('assessment');
      await anita.field('In your own words: Background').fill('Apixaban for AF, last dose this morning.');
    });

    test('R21 everybody reads it part by part', async () => {
      const { anita, fiona } = world();
      await anita.button('Decide for SMITH, John, 12-Mar-1954').click();
      for (const person of [anita, fiona]) {
        const card = person.message('Decision: SBAR');
        await person.sees(card.getByText(written));
        await person.sees(card.getByText(/^Written in the form by/));
        await person.sees(card.getByText('Not in the record yet'));
      }
      await anita.look('48-form-decision');
    });

    test('R21 H16 it is filed as it is previewed, and goes from here after the receipt', async () => {
      const { anita, fiona } = world();
      await fiona.message('Decision: SBAR').getByRole('link', { name: 'File to the record' }).click();
      await fiona.sees(paper(fiona).getByRole('heading', { name: 'Recommendation' }));
      for (const text of [asked, answered, written, 'Written in the form by'])
        await fiona.sees(paper(fiona).getByText(text));
      await fiona.look('49-form-file');
      const seen = [anita, fiona].map((person) =>
        person.sees(person.message('Decision: SBAR').getByText(/^In the record/)),
      );
      await inFront(fiona).getByRole('button', { name: 'File for SMITH, John, 12-Mar-1954' }).click();
      await Promise.all(seen);
      for (const person of [anita, fiona]) await person.seesNoMore(person.message('Decision: SBAR'));
      await fiona.open('/#/');
    });
  });
