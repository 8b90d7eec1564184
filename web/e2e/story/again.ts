/** R51: the record refuses to mark an error and is told again; what was decided is made again about the right patient, and names nobody else. */
import { describe, expect, test } from 'vitest';
import { patience } from '../harness/person.ts';
import { identify, joan } from './identify.ts';
import type { Chapter } from './world.ts';

const plain = 'Start furosemide 40 mg IV now.';
const other = 'Stop the furosemide.';
const named = 'Mr John Smith goes home tomorrow.';
const label = 'Said in a conversation that was linked to the wrong patient';
const locked = 'The document is locked by coding.';

export const again: Chapter = (world) =>
  describe('after the wrong patient', () => {
    test('R51 R18 a retraction that the record refused says why, and “Try again” has it told again', async () => {
      const { anita, fiona, ward } = world();
      await fiona.open('/#/');
      await fiona.openThread('SMITH, John');
      await fiona.open(`${new URL(fiona.page.url()).hash}/decide`);
      await fiona.field('The decision in your own words').fill(named);
      await fiona.button(/^Decide for SMITH, John/).click();
      await fiona.sees(fiona.message(named));
      // The other one has no network meanwhile, and hears nothing of what becomes of the documents.
      await anita.openThreadAt('SMITH, John');
      for (const words of [plain, other]) await anita.sees(anita.message(words).getByText(/^In the record/));
      await anita.page.context().setOffline(true);
      await anita.sees(anita.text('Offline.'));
      await ward.record('refuse', locked);
      await fiona.open(`${new URL(fiona.page.url()).hash}/wrong-patient`);
      await fiona.button('Stop it: not SMITH, John').click();
      // Both have been refused before the record is willing again: they are told one after the other.
      for (const words of [plain, other]) {
        await fiona.sees(fiona.message(words).getByText('Entered in error'));
        await fiona.sees(fiona.message(words).getByText(`The record said: “${locked.slice(0, -1)}”.`));
      }
      await fiona.look('54-retraction-refused');
      await ward.record('accept');
      for (const words of [plain, other]) {
        await fiona.message(words).getByRole('button', { name: 'Try again' }).click();
        await fiona.sees(fiona.message(words).getByText('The record holds it as entered in error.'));
      }
      await anita.page.context().setOffline(false);
      await anita.sees(anita.heading(/^This conversation is linked to the wrong patient/));
      // On a phone the cards are above what is drawn: the details name them all.
      await anita.button('Details and members').click();
      await expect.poll(() => anita.page.getByText(/^In the record/).count(), { timeout: patience }).toBe(0);
      expect(await anita.page.getByText('Entered in error').count()).toBeGreaterThanOrEqual(2);
      await anita.button('Back to the thread').click();
      await anita.seesNoMore(anita.text(/The record still has to mark/));
    });

    test('R51 the right patient’s thread offers each decision again, one at a time, after a look at the patient', async () => {
      const { fiona } = world();
      await fiona.sees(fiona.text(/^Decisions to be made again in the right patient’s thread: 3 not yet$/));
      await fiona.button('Start the right patient’s thread').click();
      await identify(fiona, joan);
      await fiona.sees(fiona.text('To be decided again here:'));
      await fiona.look('55-to-be-decided-again');
      await fiona.link('Look').click();
      await fiona.sees(fiona.heading('Decide again'));
      await fiona.sees(fiona.page.locator('.quoted').getByText(plain));
      await fiona.button(/^Decide for SMITH, Joan/).click();
      await fiona.sees(fiona.text('Confirm the patient first'));
      await fiona.page.getByRole('checkbox', { name: /^I have checked that this is about SMITH, Joan/ }).check();
      await fiona.look('56-decide-again');
      await fiona.button(/^Decide for SMITH, Joan/).click();
      // The next is a question of its own: nothing is ticked for it.
      await fiona.sees(fiona.page.locator('.quoted').getByText(other));
      expect(
        await fiona.page.getByRole('checkbox', { name: /^I have checked that this is about SMITH, Joan/ }).isChecked(),
      ).toBe(false);
      // Nobody has to answer them in their order.
      await fiona.button('Next').click();
      await fiona.sees(fiona.text(/Its words name the other patient/));
      await fiona.page.keyboard.press('ArrowLeft');
      await fiona.sees(fiona.page.locator('.quoted').getByText(other));
      await fiona.button('Not now').click();
      await fiona.sees(fiona.message(label).getByText('Not in the record yet'));
      await fiona.sees(fiona.message(plain));
    });

    test('H11 words that name the wrong patient stay where they are', async () => {
      const { fiona } = world();
      await fiona.openThread('SMITH, John');
      await fiona.sees(fiona.text(/^Decisions to be made again in the right patient’s thread: 2 not yet$/));
      await fiona.look('57-made-again');
      await fiona.link(new RegExp(`^Make it again ?: ${named}`)).click();
      await fiona.sees(fiona.text(/^Dr Fiona Kerr decided it .* Its words name the other patient/));
      await fiona.page.getByRole('checkbox', { name: /^I have checked that this is about SMITH, Joan/ }).check();
      const words = fiona.field('The decision in your own words');
      await words.fill('John goes home tomorrow.');
      await fiona.button(/^Decide for SMITH, Joan/).click();
      await fiona.sees(fiona.text('That names the patient of the other conversation.'));
      await words.fill('Home tomorrow.');
      await fiona.look('58-own-words');
      await fiona.button(/^Decide for SMITH, Joan/).click();
      await fiona.sees(fiona.page.locator('.quoted').getByText(other));
      await fiona.button('It does not need to be made again').click();
      await fiona.button('Do not make it again').click();
      await fiona.page.getByRole('radio', { name: 'It is not about this patient' }).check();
      await fiona.look('59-passed-over');
      await fiona.button('Do not make it again').click();
      // Back where it began; what was decided, and what was not, stands in the other thread.
      await fiona.sees(fiona.page.getByText('Decisions to be made again in the right patient’s thread: none is left'));
      await fiona.openThread('SMITH, Joan');
      await fiona.sees(fiona.page.getByText(/^Not decided again here: .* it is not about this patient$/).last());
      await fiona.sees(fiona.message('Home tomorrow.'));
      const all = await fiona.messages.innerText();
      expect(all).not.toMatch(/\bJohn\b|5919/);
    });
  });
