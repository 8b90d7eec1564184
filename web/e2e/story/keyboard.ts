/** Everything by keyboard (R44): to a thread, a message, a decision, its filing. No pointer is touched here. */
import { describe, expect, test } from 'vitest';
import { patience, type Person } from '../harness/person.ts';
import type { Chapter } from './world.ts';

const decided = 'Home tomorrow if the morning bloods are settled.';

/** Presses Tab until the focus is on something with these words; a keyboard that leads nowhere fails. */
async function tabTo(person: Person, words: RegExp, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> {
  const passed: string[] = [];
  for (let press = 0; press < 60; press += 1) {
    const at = await person.page.evaluate(focusInWords);
    if (words.test(at)) return;
    passed.push(at);
    await person.page.keyboard.press(key);
  }
  throw new Error(`${key} never came to ${String(words)}, only to ${[...new Set(passed)].join(' · ')}`);
}

/** Runs in the page: the kind and the words of what has the focus. */
function focusInWords(): string {
  const at = document.activeElement;
  if (!at || at === document.body) return 'nothing';
  const labels = at instanceof HTMLInputElement ? [...(at.labels ?? [])].map((label) => label.textContent) : [];
  const own = at.getAttribute('aria-label') ?? (labels.join(' ') || (at.textContent ?? ''));
  return `${at.getAttribute('role') ?? at.tagName.toLowerCase()}: ${own.trim().replace(/\s+/g, ' ').slice(0, 80)}`;
}

export const keyboard: Chapter = (world) =>
  describe('by keyboard alone', () => {
    test('R44 to a patient’s thread and a message sent', async () => {
      const { fiona } = world();
      const { keyboard: keys } = fiona.page;
      await keys.press('Control+k');
      await fiona.sees(fiona.page.getByRole('combobox'));
      await keys.type('smith, john');
      await fiona.sees(fiona.page.getByRole('option', { name: /SMITH, John/ }));
      await fiona.look('70-jump');
      await keys.press('Enter');
      await fiona.sees(fiona.heading('Chest pain'));
      await expect
        .poll(() => fiona.page.evaluate(() => document.activeElement?.id), { timeout: patience })
        .toBe('composer');
      await keys.type(world().secret(decided));
      await keys.press('Enter');
      await fiona.sees(fiona.message(decided));
    });

    test('R44 marked as a decision', async () => {
      const { fiona } = world();
      const { keyboard: keys } = fiona.page;
      await tabTo(fiona, /^article/, 'Shift+Tab');
      await keys.press('Enter');
      await tabTo(fiona, /^button: Mark as decision/);
      await keys.press('Enter');
      await fiona.sees(fiona.heading('Mark a decision'));
      await tabTo(fiona, /^button: Decide for SMITH, John/);
      await keys.press('Enter');
      await fiona.sees(fiona.message(decided).getByText('Not in the record yet'));
    });

    test('R44 and filed', async () => {
      const { anita, fiona } = world();
      const { keyboard: keys } = fiona.page;
      const deleted = fiona.message(/In the record · originals deleted/);
      const before = await deleted.count();
      await tabTo(fiona, /^a: File to the record/, 'Shift+Tab');
      await keys.press('Enter');
      await fiona.sees(fiona.heading('How it will read'));
      // She has confirmed the patient in this duty: there is nothing to tick (R12).
      await tabTo(fiona, /^button: File for SMITH, John/);
      await keys.press('Enter');
      await fiona.seesNoMore(fiona.message(decided));
      await expect.poll(() => deleted.count(), { timeout: patience }).toBe(before + 1);
      await anita.open('/#/');
      await anita.sees(anita.row('SMITH, John (Mr)').getByText('In the record, originals deleted'));
    });
  });
