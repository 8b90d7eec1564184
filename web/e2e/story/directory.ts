/** The right person: found on the device whatever was mistyped, told apart from whoever sounds the same, without a network too. */
import { describe, expect, test } from 'vitest';
import { patience } from '../harness/person.ts';
import type { Chapter } from './world.ts';

export const directory: Chapter = (world) =>
  describe('the directory', () => {
    test('R29 R30 names, roles and wards are found on the device, with a letter wrong, without a network', async () => {
      const { fiona } = world();
      await fiona.open('/#/new');
      const box = fiona.field('Person or ward');
      // The list has come when a mistyped name is found: the server finds only what is written rightly.
      const found = async (typed: string, name: string) => {
        await box.fill('');
        await box.fill(typed);
        await fiona.sees(fiona.page.getByRole('status').filter({ hasText: /\d found$/ }));
        return (await fiona.front()).locator('.who, .pickcard').filter({ hasText: name }).count();
      };
      await expect.poll(() => found('owsu', 'Sr Grace Owusu'), { timeout: patience }).toBe(1);
      await fiona.page.context().setOffline(true);
      await fiona.sees(fiona.text('Offline.'));
      for (const [typed, name] of [
        ['barker helen', 'Helen Barker'],
        ['lindqivst', 'Dr Ruth Lindqvist'],
        ['med reg', 'Dr Anita Patel'],
        ['hca 7b', 'Kofi Mensah'],
        ['surgical theatres', 'Mr Daniel Cole'],
        ['perera', 'Ana Pereira'],
      ] as const) {
        expect(await found(typed, name), typed).toBe(1);
      }
      await fiona.page.context().setOffline(false);
      await fiona.seesNoMore(fiona.text('Offline.'));
    });

    test('R29 somebody whose name sounds like another’s is chosen after one question, in place', async () => {
      const { fiona } = world();
      await fiona.field('Person or ward').fill('tom reed');
      await fiona.sees(fiona.heading(/^Two people are Tom Re[ei]d or Tom Re[ei]d$/));
      const reid = fiona.page.locator('.pickcard').filter({ hasText: 'Tom Reid' }).locator('input');
      await reid.check();
      await fiona.sees(fiona.heading('Is this who you mean?'));
      await fiona.sees(fiona.text('You chose Tom REID'));
      await fiona.sees(fiona.text('Not Tom REED'));
      expect(await fiona.button(/^Message /).count()).toBe(0);
      await fiona.look('13-who-is-meant');
      await fiona.button('Choose again').click();
      await fiona.seesNoMore(fiona.heading('Is this who you mean?'));
      expect(await reid.isChecked()).toBe(false);
      await reid.check();
      await fiona.button('Yes, Tom Reid, Critical Care Outreach').click();
      await fiona.sees(fiona.button('Message Tom Reid, Critical Care Outreach'));
      await fiona.look('13-told-apart');
      await fiona.button('Close').click();
    });

    test('R29 R44 jumping to them by keyboard asks too, and the question can be left', async () => {
      const { fiona } = world();
      const { keyboard } = fiona.page;
      await fiona.open('/#/');
      await keyboard.press('Control+k');
      await expect
        .poll(() => fiona.page.evaluate(() => document.activeElement?.getAttribute('role')), { timeout: patience })
        .toBe('combobox');
      await keyboard.type('reid tom');
      await fiona.sees(fiona.page.getByRole('option', { name: /Message Tom Reid/ }));
      await keyboard.press('Enter');
      await fiona.sees(fiona.heading('Is this who you mean?'));
      await fiona.look('13-jump-asks', { layouts: 'own' });
      await keyboard.press('Tab');
      await keyboard.press('Tab');
      await keyboard.press('Enter');
      await fiona.seesNoMore(fiona.heading('Is this who you mean?'));
      await keyboard.press('Escape');
      await fiona.seesNoMore(fiona.page.locator('dialog[open]'));
    });
  });
