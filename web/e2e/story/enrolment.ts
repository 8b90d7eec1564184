/** Two people come in by their one-time links. */
import { describe, expect, test } from 'vitest';
import { patience } from '../harness/person.ts';
import { phone } from '../harness/chromium.ts';
import { weigh } from '../harness/weight.ts';
import type { Chapter } from './world.ts';

export const enrolment: Chapter = (world) =>
  describe('coming in', () => {
    test('a one-time link leads to its person and leaves the address at once', async () => {
      const { anita } = world();
      await anita.openInvitation();
      await anita.sees(anita.text('Medical Registrar, Ward 7B'));
      await anita.sees(anita.text('Northbridge Demonstration Hospital'));
      expect(anita.page.url()).not.toContain('enrol');
      await anita.look('01-enrol-you');
      await anita.button('Yes, this is me').click();
    });

    test('a password that is too short is refused', async () => {
      const { anita } = world();
      await anita.sees(anita.heading('Choose a password'));
      await anita.field('Password').fill('short');
      await anita.button('Go on').click();
      await anita.sees(anita.text(/Use at least \d+ characters; this has 5$/));
      await anita.look('02-enrol-password');
      await anita.choosePassword();
    });

    test('R48 one’s own device needs the agreement; R47 the notice comes before the first message', async () => {
      const { anita } = world();
      await anita.page.getByRole('radio', { name: 'My own' }).check();
      await anita.button('Go on').click();
      await anita.sees(anita.text('Your own device needs the agreement'));
      await anita.sees(anita.text('Read it and tick'));
      await anita.sees(anita.text(/may be disclosed under the Freedom of Information Act and data protection law/));
      await anita.look('03-enrol-device');

      await anita.page.getByRole('checkbox', { name: 'I agree to these rules' }).check();
      await anita.button('Go on').click();
      await anita.sees(anita.text('Read it and tick'));
      await anita.sees(anita.heading('This device'));

      await anita.page.getByRole('checkbox', { name: 'I have read this' }).check();
      await anita.button('Go on').click();
      await anita.scanKey();
    });

    test('R23 enrolment needs a right code, and a wrong one can be corrected', async () => {
      const { anita, ward } = world();
      await anita.look('04-enrol-code');
      await anita.field('Code').fill(anita.human.app.wrong());
      await anita.button('Finish').click();
      await anita.sees(anita.page.getByRole('alert').filter({ hasText: /\S/ }));
      await anita.look('05-enrol-wrong-code');
      await anita.finishEnrolment();
      world().firstLoads.push({ how: 'by a link', files: await weigh(ward.origin, anita.watch.asked) });
    });

    test('the second person enrols at a ward PC with double clicks, and each presses once', async () => {
      const { fiona } = world();
      const { page } = fiona;
      const sent: string[] = [];
      page.on('request', (request) => {
        if (request.method() === 'POST') sent.push(new URL(request.url()).pathname);
      });
      /** The step that follows, with nothing on it to complain of yet. */
      const leadsTo = async (name: string, heading: string) => {
        await fiona.button(name).dblclick();
        await fiona.sees(fiona.heading(heading));
        expect((await page.locator('.nhsuk-error-message').allInnerTexts()).join()).toBe('');
      };
      await fiona.openInvitation();
      await leadsTo('Yes, this is me', 'Choose a password');
      await fiona.field('Password').fill(fiona.human.password);
      await fiona.field('The same again').fill(fiona.human.password);
      await leadsTo('Go on', 'This device');
      await fiona.chooseDevice('The organisation’s');
      await page.getByRole('checkbox', { name: 'I have read this' }).check();
      await leadsTo('Go on', 'Add Wardline to your code app');
      await fiona.scanKey();
      await fiona.field('Code').fill(await fiona.human.app.next());
      await leadsTo('Finish', 'Lock this app');
      expect(sent.filter((path) => path === '/v1/enrolment/complete')).toHaveLength(1);
      await leadsTo('Use my password each time', 'Instant messaging at work');
      await leadsTo('I have read it and accept', 'Inbox');
      await fiona.seesNoMore(fiona.heading('Instant messaging at work'));
      // Where the button stood there is now a link to another place.
      expect(new URL(page.url()).hash).toBe('#/');
    });

    test('a link that was used opens nothing', async () => {
      const { anita, ward } = world();
      const finder = await world().elsewhere(anita, phone);
      await finder.page.goto(ward.invitation(anita.human.name).link);
      await finder.sees(finder.page.getByRole('alert').filter({ hasText: /used/ }));
      expect(await finder.words()).not.toContain('Anita');
      await finder.look('06-enrol-used-link');
      await finder.page.context().close();
    });

    test('a short story is there when the first person signs in', async () => {
      const { anita, fiona } = world();
      for (const person of [anita, fiona]) {
        await person.sees(person.row('Ward 7B day team'));
        await person.sees(person.row('OKAFOR-WILLIAMSON, Ngozi Adaeze'));
        await person.sees(person.row('Kofi Mensah'));
      }
      await anita.sees(anita.row('OKAFOR-WILLIAMSON').getByText('Not in the record yet'));
      await anita.look('07-inbox');
    });

    test('the story’s patient thread can be read from its beginning', async () => {
      const { fiona } = world();
      await fiona.openThread('OKAFOR-WILLIAMSON');
      await fiona.sees(fiona.message('CT report is back: no bleed.'));
      await fiona.sees(fiona.message('Step down to four-hourly observations.'));
      await expect
        .poll(
          () =>
            fiona
              .row('OKAFOR-WILLIAMSON')
              .getByText(/unread/)
              .count(),
          { timeout: patience },
        )
        .toBe(0);
      await fiona.look('08-story-thread');
    });
  });
