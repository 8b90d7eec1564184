/** A team: its name told apart from another's, people let in and taken out with reasons, new keys each time. */
import { describe, expect, test } from 'vitest';
import type { Chapter } from './world.ts';

const name = 'Outliers, medical';

export const team: Chapter = (world) =>
  describe('a team thread', () => {
    test('R29 a name like another thread’s has to be told apart', async () => {
      const { fiona } = world();
      await fiona.link('New').first().click();
      await fiona.link(/^With a team/).click();
      await fiona.field('Name of the team').fill('Ward 7B day teams');
      await fiona.sees(fiona.heading('A name that is much like it'));
      await fiona.pickPerson('anita', 'Dr Anita Patel');
      await fiona.button('Start with 1 person').click();
      await fiona.sees(fiona.text('Change the name, or confirm that it is another team'));
      await fiona.look('20-new-team');
    });

    test('R31 it begins with the people who were chosen', async () => {
      const { anita, fiona } = world();
      await fiona.field('Name of the team').fill(name);
      await fiona.seesNoMore(fiona.heading('A name that is much like it'));
      await fiona.button('Start with 1 person').click();
      await fiona.sees(fiona.heading(name));
      await fiona.say(world().secret('Four outliers this morning, list on the desk.'));
      await anita.open('/#/');
      await anita.openThread(name);
      await anita.sees(anita.message('Four outliers this morning'));
    });

    test('R10 talk about a patient whom nobody identified is asked about while it is written, and leads to the link', async () => {
      const { anita } = world();
      await anita.composer.fill(world().secret('bed 4 pt is more short of breath'));
      await anita.sees(anita.heading('Is this about a patient?'));
      expect(await anita.page.locator('dialog[open]').count()).toBe(0);
      await anita.look('21-asked', { layouts: 'own' });
      await anita.composer.focus();
      await anita.page.keyboard.press('Shift+Tab');
      expect(await anita.page.locator(':focus').innerText()).toBe('Send anyway');
      await anita.page.keyboard.press('Shift+Tab');
      await anita.page.keyboard.press('Enter');
      await anita.sees(anita.heading('Link a patient'));
      await anita.back();
      await anita.seesNoMore(anita.page.locator('dialog[open]'));
      expect(await anita.composer.inputValue()).toBe('bed 4 pt is more short of breath');
    });

    test('R10 it can go with a reason: one tap', async () => {
      const { anita, fiona } = world();
      await anita.button('Send anyway').click();
      await anita.look('21-asked-why', { layouts: 'own' });
      await anita.button('Emergency').click();
      await fiona.sees(fiona.message('bed 4 pt is more short of breath').getByText('Emergency'));
      await anita.seesNoMore(anita.heading('Is this about a patient?'));
    });

    test('R10 who presses Send is asked before it goes, and can say why in own words', async () => {
      const { anita, fiona } = world();
      await fiona.composer.fill(world().secret('79F #NOF awaiting theatre'));
      await fiona.sees(fiona.button('Link a patient'));
      await fiona.look('21-asked-at-a-pc', { layouts: 'own' });
      await fiona.button('Send').click();
      await fiona.sees(fiona.text(/^Not sent yet/));
      await fiona.look('21-unlinked-patient', { layouts: 'own' });
      expect(await anita.message('#NOF').count()).toBe(0);
      await fiona.field('Another reason').fill('Wristband not readable');
      await fiona.button('Send as it is').click();
      await anita.sees(anita.message('79F #NOF').getByText('Wristband not readable'));
    });

    test('R10 talk about places is not asked about', async () => {
      const { anita, fiona } = world();
      await anita.say(world().secret('Side room 2 is clean, and there are 4 beds on AMU.'));
      await fiona.sees(fiona.message('Side room 2 is clean'));
    });

    test('R31 letting somebody in takes a reason and a choice about the past', async () => {
      const { fiona } = world();
      await fiona.link('Add a person').click();
      await fiona.pickPerson('tom', 'Tom Reid');
      await fiona.button('Add Tom Reid, Critical Care Outreach').click();
      await fiona.sees(fiona.text('Choose a reason'));
      await fiona.sees(fiona.text('Choose yes or no'));
      await fiona.look('22-add-person');
      await fiona.page.getByRole('radio', { name: 'Asked for an opinion' }).check();
      await fiona.page.getByRole('radio', { name: 'No, only from now on' }).check();
      await fiona.button('Add Tom Reid, Critical Care Outreach').click();
      await fiona.seesNoMore(fiona.page.locator('dialog[open]'));
    });

    test('R31 everybody is told who was let in, by whom and why, and the keys change', async () => {
      const { anita, fiona } = world();
      await fiona.sees(fiona.message(/You added Tom Reid, Critical Care Outreach \(asked for an opinion\)/));
      await anita.sees(anita.message(/Dr Fiona Kerr added Tom Reid, Critical Care Outreach \(asked for an opinion\)/));
      await anita.say(world().secret('Tom, are you free for the meeting at three?'));
      await fiona.sees(fiona.message('are you free for the meeting'));
    });

    test('R31 taking somebody out takes a reason, and they cannot read what follows', async () => {
      const { anita, fiona } = world();
      await fiona.button('Remove or leave').click();
      await fiona.link('Remove Tom Reid').click();
      await fiona.button('Remove Tom Reid').click();
      await fiona.sees(fiona.text('Choose a reason'));
      await fiona.page.getByRole('radio', { name: 'Was added in error' }).check();
      await fiona.look('23-remove-person');
      await fiona.button('Remove Tom Reid').click();
      await fiona.sees(fiona.message(/You removed Tom Reid \(was added in error\)/));
      await anita.sees(anita.message(/Dr Fiona Kerr removed Tom Reid \(was added in error\)/));
      await fiona.say(world().secret('Only the two of us again.'));
      await anita.sees(anita.message('Only the two of us again.'));
      await anita.sees(anita.message('New keys. Whoever was removed cannot read what follows.'));
      await fiona.sees(fiona.message('New keys. Whoever was removed cannot read what follows.'));
      await fiona.look('24-team');
    });

    test('R47 the details of every thread say that it may be disclosed', async () => {
      const { anita } = world();
      await anita.button('Details and members').click();
      await anita.sees(anita.text(/may be disclosed under the Freedom of Information Act/));
      await anita.look('25-details');
      await anita.back();
    });
  });
