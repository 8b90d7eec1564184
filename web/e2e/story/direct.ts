/** Two people talk: the right one of two with one name, live both ways, and no patient by number. */
import { describe, expect, test } from 'vitest';
import { patience } from '../harness/person.ts';
import type { Chapter } from './world.ts';

export const direct: Chapter = (world) =>
  describe('a direct thread', () => {
    test('R29 two people of nearly one name stand side by side and nobody is chosen', async () => {
      const { fiona } = world();
      await fiona.link('New').first().click();
      await fiona.field('Person or ward').fill('patel');
      await fiona.sees(fiona.heading(/^Two people are /));
      const cards = fiona.page.locator('.pickcard');
      await expect.poll(() => cards.count(), { timeout: patience }).toBe(2);
      await fiona.sees(cards.filter({ hasText: 'Dr Anita Patel' }).filter({ hasText: 'Medical Registrar' }));
      await fiona.sees(cards.filter({ hasText: 'Anil Patel' }).filter({ hasText: 'Staff nurse' }));
      expect(await cards.locator('input:checked').count()).toBe(0);
      expect(await fiona.button(/^Message /).count()).toBe(0);
      await fiona.look('10-new-message');
    });

    test('somebody without keys cannot be written to yet', async () => {
      const { fiona } = world();
      const anil = fiona.page.locator('.pickcard').filter({ hasText: 'Anil Patel' }).filter({ hasNotText: 'Dr' });
      await fiona.sees(anil.getByText('Not set up yet'));
      expect(await anil.locator('input').isDisabled()).toBe(true);
    });

    test('the one who was chosen is named, with the role, on the button and above the box', async () => {
      const { fiona } = world();
      await fiona.page.locator('.pickcard').filter({ hasText: 'Dr Anita Patel' }).locator('input').check();
      await fiona.button(/^Message Dr Anita Patel, Med/).click();
      await fiona.sees(fiona.heading('Dr Anita Patel'));
      await fiona.sees(fiona.page.getByLabel(/^To Dr Anita Patel, Med/));
    });

    test('R01 a message arrives live, and the sender sees it reach the phone and be seen', async () => {
      const { anita, fiona } = world();
      const said = world().secret('Could you look at the theatre list before the meeting?');
      await fiona.say(said);
      await anita.sees(anita.row('Dr Fiona Kerr').filter({ hasText: said }).getByText('1 unread'));
      await fiona.sees(fiona.message(said).getByText('Phone reached, not opened'));
      await anita.openThread('Dr Fiona Kerr');
      await anita.sees(anita.message(said));
      await fiona.sees(fiona.message(said).getByText('Seen'));
    });

    test('R01 the answer comes live the other way', async () => {
      const { anita, fiona } = world();
      const said = world().secret('Looked. The second case has moved to the afternoon.');
      await anita.say(said);
      await fiona.sees(fiona.message(said).getByText('Dr Anita Patel'));
      await anita.sees(anita.message(said).getByText('Seen'));
      await anita.look('11-direct');
    });

    test('P4 two people compare the words of their keys, and each screen shows the same', async () => {
      const { anita, fiona } = world();
      const shown = [];
      for (const person of [anita, fiona]) {
        const before = person.page.url();
        await person.open(`${new URL(before).hash}/words`);
        await person.sees(person.heading('Compare safety words'));
        const words = person.page.locator('.words dd');
        await expect.poll(() => words.count(), { timeout: patience }).toBe(2);
        shown.push(await words.allInnerTexts());
        if (person === anita) await person.look('11-safety-words');
        await person.button('Close').click();
        await person.seesNoMore(person.heading('Compare safety words'));
      }
      const [[mine, theirs] = [], [hers, herMine] = []] = shown;
      expect(mine?.split(' ')).toHaveLength(6);
      expect([mine, theirs]).toEqual([herMine, hers]);
      expect(mine).not.toBe(theirs);
    });

    test('an answer quotes what it answers', async () => {
      const { anita, fiona } = world();
      await fiona.act(fiona.message('moved to the afternoon'), 'Reply');
      await fiona.say(world().secret('Thank you, I will tell the anaesthetist.'));
      await anita.sees(anita.message('I will tell the anaesthetist').getByText('moved to the afternoon'));
    });

    test('H17 lines typed one after the other without waiting all arrive, word for word and in order', async () => {
      const { anita, fiona } = world();
      const lines = Array.from({ length: 8 }, (_, at) =>
        world().secret(`${at % 2 === 0 ? 'Not for the list' : 'Typed at once'}, quick line ${at + 1}`),
      );
      await fiona.composer.focus();
      for (const line of lines) {
        await fiona.page.keyboard.type(line);
        await fiona.page.keyboard.press('Enter');
      }
      const unfinished = 'and half a sentence';
      await fiona.page.keyboard.type(unfinished);
      for (const person of [anita, fiona]) {
        const said = async () =>
          (await person.messages.getByRole('article').allInnerTexts()).flatMap(
            (text) => /^(?:Not for|Typed at).*quick line.*$/m.exec(text)?.[0] ?? [],
          );
        await expect.poll(said, { timeout: patience }).toEqual(lines);
      }
      expect(await fiona.composer.inputValue()).toBe(unfinished);
      await fiona.composer.fill('');
    });

    test('R37 a valid NHS number stops the message, which stays in the box and goes nowhere', async () => {
      const { anita, fiona } = world();
      const text = 'Please review 943 476 5919 tonight';
      world().confidential.add('943 476 5919').add('9434765919');
      await anita.write(text);
      await anita.sees(anita.heading('Not sent: that is an NHS number'));
      expect(await anita.composer.inputValue()).toBe(text);
      await anita.look('12-number-stopped', { layouts: 'own' });
      await anita.button('Take it out').click();
      expect(await anita.composer.inputValue()).toBe('Please review tonight');
      expect(await anita.message('Please review').count()).toBe(0);
      expect(await fiona.message('Please review').count()).toBe(0);
    });

    test('R37 ten digits that are no NHS number are let through', async () => {
      const { anita, fiona } = world();
      const said = world().secret('The order form is 943 476 5918, second drawer.');
      await anita.say(said);
      await fiona.sees(fiona.message('second drawer'));
    });
  });
