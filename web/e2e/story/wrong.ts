/** A thread turns out to be about the wrong patient: it is still for everybody, and everybody is told until they have taken note (R51). */
import { describe, expect, test } from 'vitest';
import type { Chapter } from './world.ts';

const words = 'This conversation is linked to the wrong patient. Do not act on it.';

export const wrong: Chapter = (world) =>
  describe('the wrong patient', () => {
    test('R51 H10 one button stops the thread, and says so first, to everybody', async () => {
      const { anita, fiona } = world();
      const begun = world().secret('Stop the heparin.');
      await fiona.openThreadAt('SMITH, John (Mr)');
      await fiona.open(`${new URL(fiona.page.url()).hash}/decide`);
      await fiona.field('The decision in your own words').fill(begun);
      await anita.openThread('SMITH, John (Mr)');
      await anita.button('Details and members').click();
      await anita.link('This is the wrong patient').click();
      await anita.sees(anita.heading('Wrong patient'));
      await anita.look('90-wrong-patient');
      await anita.button('Stop it: not SMITH, John').click();
      await anita.sees(anita.heading(words));
      // Also somebody who is about to act on it: the sheet says so itself, and what was typed stays.
      const sheet = fiona.page.locator('dialog[open]');
      await fiona.sees(sheet.getByRole('alert').getByText(words));
      const decide = sheet.getByRole('button', { name: /^Decide for SMITH, John/, disabled: true });
      expect(await decide.getAttribute('aria-describedby')).not.toBeNull();
      expect(await sheet.getByText('NHS number').count()).toBe(0);
      expect(await fiona.field('The decision in your own words').inputValue()).toBe(begun);
      await fiona.look('90-wrong-patient-sheet');
      await fiona.button('Not now').click();
      await fiona.open('/#/');
      await fiona.sees(fiona.page.getByRole('alert').getByText(/is linked to the wrong patient/));
      await fiona.sees(fiona.row('SMITH, John (Mr)').getByText('Wrong patient: do not act on it'));
      await fiona.look('91-wrong-patient-inbox');
      await fiona.openThread('SMITH, John (Mr)');
      await fiona.sees(fiona.heading(words));
      expect(await fiona.composer.count()).toBe(0);
      await fiona.look('92-wrong-patient-thread');
    });

    test('R51 who has taken note is not told again, and everybody sees that they have', async () => {
      const { anita, fiona } = world();
      await fiona.button('I have seen this').click();
      await fiona.seesNoMore(fiona.button('I have seen this'));
      await anita.sees(anita.text('2 of 2 readers have taken note'));
      await fiona.open('/#/');
      await fiona.sees(fiona.row('SMITH, John (Mr)'));
      expect(
        await fiona.page
          .getByRole('alert')
          .getByText(/is linked to the wrong patient/)
          .count(),
      ).toBe(0);
    });
  });
