/** Choosing somebody to write to: by the whole row, and by Enter alone. */
import { describe, expect, test } from 'vitest';
import type { Chapter } from './world.ts';

export const choosing: Chapter = (world) =>
  describe('a new message', () => {
    test('the whole row chooses', async () => {
      const { anita } = world();
      await anita.open('/#/new');
      await anita.field('Person or ward').fill('jean');
      const row = anita.page.locator('.who--pick').filter({ hasText: 'Jean Morrison' });
      await row.click({ position: { x: 60, y: 12 } });
      await anita.sees(anita.button(/^Message Jean Morrison/));
      await anita.look('59-chosen');
    });

    test('R29 Enter chooses the one who was found, and Enter again begins; of two with one name it chooses nobody', async () => {
      const { fiona } = world();
      await fiona.open('/#/new');
      const field = fiona.field('Person or ward');
      await field.fill('patel');
      await fiona.sees(fiona.heading(/^Two people are /));
      await field.press('Enter');
      expect(await fiona.page.locator('.pickcard input:checked').count()).toBe(0);
      await field.fill('jean');
      await field.press('Enter');
      await fiona.sees(fiona.button(/^Message Jean Morrison/));
      await field.press('Enter');
      await fiona.sees(fiona.heading('Jean Morrison'));
    });
  });
