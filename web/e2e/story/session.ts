/** Locking, opening again, and another browser (R22 to R26). */
import { describe, expect, test } from 'vitest';
import { pc } from '../harness/chromium.ts';
import { asTheBrowser, withTheCookieAlone } from '../harness/proof.ts';
import { patience, type Person } from '../harness/person.ts';
import { findIn, findInFiles, keptBy } from '../harness/traces.ts';
import { weigh } from '../harness/weight.ts';
import type { Chapter } from './world.ts';

/** Nothing of anybody is left on the screen, in the title or behind the API. */
async function showsNothing(person: Person, confidential: Iterable<string>, heading = 'Locked'): Promise<void> {
  await person.sees(person.heading(heading));
  const words = await person.words();
  for (const secret of [...confidential, person.human.name, 'Kofi Mensah', 'Ward 7B day team', 'unread']) {
    expect(words).not.toContain(secret);
  }
  expect(await person.page.title()).toBe('Wardline');
}

/** Neither in the page, shown or not, nor in anything that the browser keeps for it. */
async function leavesNothing(person: Person, confidential: Iterable<string>): Promise<void> {
  const page = { where: 'the page', bytes: Buffer.from(await person.page.content()) };
  const kept = await keptBy(person.page);
  expect(kept.some(({ where }) => where.startsWith('IndexedDB'))).toBe(true);
  expect(findIn([page, ...kept], confidential)).toEqual([]);
}

/** The keys live in the worker and in nothing else. */
function workerEnds(person: Person): Promise<unknown> {
  const workers = person.page.workers();
  expect(workers.length).toBe(1);
  return Promise.all(workers.map((worker) => worker.waitForEvent('close')));
}

/** What the server says to this browser, whatever its page shows. */
const answerTo = (person: Person) => asTheBrowser(person.page, '/v1/threads');
const locked = { status: 401, code: 'session_locked' };
const nobody = { status: 401, code: 'not_signed_in' };

export const session: Chapter = (world) =>
  describe('locking and signing in', () => {
    test('R25 the lock button ends the worker, shows nothing, and the server refuses too', async () => {
      const { anita, confidential } = world();
      await anita.open('/#/');
      await anita.openThread('Dr Fiona Kerr');
      await anita.composer.fill(world().secret('Half a sentence about the rota'));
      await anita.back();
      expect(await answerTo(anita)).toEqual({ status: 200, code: '' });
      const ended = workerEnds(anita);
      await anita.button('Lock now').click();
      await ended;
      await showsNothing(anita, confidential);
      expect(await answerTo(anita)).toEqual(locked);
      await anita.look('50-locked');
    });

    test('R24 R25 R26 H17 locked, no sentence and no half of one is in the page, in what the browser keeps, or in its profile', async () => {
      const { anita, chromium, confidential } = world();
      expect(confidential).toContain('Half a sentence about the rota');
      await leavesNothing(anita, confidential);
      expect(await findInFiles(chromium.profile, confidential)).toEqual([]);
    });

    test('R22 a copied cookie is refused in another browser, and here everything goes on', async () => {
      const { anita, ward } = world();
      const thief = await world().elsewhere(anita, pc);
      await thief.open();
      await thief.sees(thief.heading('Sign in'));
      const stolen = (await anita.page.context().cookies()).filter(({ name }) => name === 'wardline');
      expect(stolen.map(({ httpOnly, sameSite }) => [httpOnly, sameSite])).toEqual([[true, 'Strict']]);
      await thief.page.context().addCookies(stolen);
      const alone = await withTheCookieAlone(thief.page, ward.origin, '/v1/vault');
      expect(alone).toEqual({ status: 401, code: 'proof_missing' });
      await thief.page.reload();
      await thief.sees(thief.heading('Sign in'));
      await thief.page.context().close();
      expect(await answerTo(anita)).toEqual(locked);
    });

    test('a wrong password opens nothing', async () => {
      const { anita } = world();
      await anita.field('Password').fill('not the one at all');
      await anita.button('Unlock').click();
      await anita.sees(anita.page.getByRole('alert').filter({ hasText: /\S/ }));
      await anita.look('51-locked-wrong');
    });

    test('R23 after a lock the password is enough, and H17 what was half written is there', async () => {
      const { anita } = world();
      await anita.unlock();
      await anita.openThread('Dr Fiona Kerr');
      await expect
        .poll(() => anita.composer.inputValue(), { timeout: patience })
        .toBe('Half a sentence about the rota');
      await anita.composer.fill('');
      await anita.back();
    });

    test('R25 a second tab takes the keys away from the first, and both say so', async () => {
      const { anita, confidential } = world();
      const second = await anita.inAnotherTab();
      await showsNothing(second, confidential, 'Wardline is open in another tab');
      await second.button('Use it here').click();
      await second.unlock();
      await second.sees(second.row('Dr Fiona Kerr'));
      await showsNothing(anita, confidential, 'Wardline is open in another tab');
      await anita.look('51-open-elsewhere');
      await second.page.close();
      await anita.unlock();
      await anita.sees(anita.row('Dr Fiona Kerr'));
    });

    test('R25 a reload is a lock: it asks for the password and for no code', async () => {
      const { fiona, confidential } = world();
      await fiona.page.reload();
      await showsNothing(fiona, confidential);
      expect(await fiona.field('Code').count()).toBe(0);
      await fiona.unlock();
      await fiona.sees(fiona.row('SMITH, John (Mr)'));
    });

    test('R25 without use it locks by itself', async () => {
      const { fiona, confidential } = world();
      await fiona.openThread('SMITH, John (Mr)');
      await fiona.page.clock.install();
      await fiona.page.clock.runFor('01:00');
      await fiona.sees(fiona.messages);
      const ended = workerEnds(fiona);
      await fiona.page.clock.fastForward('30:00');
      await ended;
      await showsNothing(fiona, confidential);
      await leavesNothing(fiona, confidential);
      expect(await answerTo(fiona)).toEqual(locked);
    });

    test('R23 an unknown name is told no more than a known one', async () => {
      const { anita } = world();
      const stranger = await world().elsewhere(anita, pc);
      await stranger.open();
      await stranger.giveName('A shared ward PC', { username: 'nobody.here', password: 'whatever it may be' });
      await stranger.giveCode('123456');
      await stranger.sees(stranger.text('That did not match.'));
      await stranger.page.context().close();
    });

    test('R23 a password alone opens nothing in another browser, nor does a wrong or a used code', async () => {
      const { anita, ward } = world();
      const elsewhere = await world().elsewhere(anita, pc);
      await elsewhere.open();
      await elsewhere.sees(elsewhere.heading('Sign in'));
      await elsewhere.look('52-sign-in');
      await elsewhere.giveName('A shared ward PC');
      expect(await answerTo(elsewhere)).toEqual(nobody);
      for (const code of [anita.human.app.wrong(), anita.human.app.used()]) {
        await elsewhere.giveCode(code);
        await elsewhere.sees(elsewhere.text('That did not match.'));
        await expect.poll(() => elsewhere.field('Code').inputValue(), { timeout: patience }).toBe('');
        expect(await answerTo(elsewhere)).toEqual(nobody);
      }
      await elsewhere.look('53-sign-in-code');
      await elsewhere.giveCode(await anita.human.app.next());
      await elsewhere.sees(elsewhere.row('Dr Fiona Kerr'));
      const files = await weigh(ward.origin, elsewhere.watch.asked);
      world().firstLoads.push({ how: 'at sign-in', files });
    });

    test('a second browser opens the vault and shows what was said before, and R20 nothing that was destroyed', async () => {
      const { anita } = world();
      const elsewhere = world().everybody.at(-1) as Person;
      await elsewhere.sees(elsewhere.row('Ward 7B day team').filter({ hasText: 'Side room 2 is clean' }));
      await elsewhere.openThread('Dr Fiona Kerr');
      await elsewhere.sees(elsewhere.message('The second case has moved to the afternoon.'));
      await elsewhere.openThread('SMITH, John (Mr)');
      await elsewhere.sees(elsewhere.message(/In the record · originals deleted/));
      expect(await elsewhere.message('furosemide').count()).toBe(0);
      await elsewhere.look('54-second-browser');
      expect(elsewhere.human).toBe(anita.human);
    });

    test('R26 a hidden page that nobody comes back to in time shows nothing when it is seen again', async () => {
      const elsewhere = world().everybody.at(-1) as Person;
      const sentence = 'The second case has moved to the afternoon.';
      await elsewhere.back();
      await elsewhere.openThread('Dr Fiona Kerr');
      await elsewhere.sees(elsewhere.message(sentence));
      const draft = world().secret('Half a thought on a hidden page');
      await elsewhere.composer.fill(draft);
      // What the app switcher takes a picture of: everything is there, and nothing of it can be seen.
      await elsewhere.page.evaluate(setHidden, true);
      expect(await elsewhere.page.evaluate(() => document.body.innerText)).not.toContain(sentence);
      for (const each of [elsewhere.message(sentence), elsewhere.page.getByRole('textbox')]) {
        expect(await each.first().isVisible()).toBe(false);
      }
      await elsewhere.page.evaluate(setHidden, false);
      await elsewhere.sees(elsewhere.message(sentence));
      expect(await elsewhere.composer.inputValue()).toBe(draft);
      await elsewhere.page.clock.install();
      // A sleeping machine runs no timers: the time moves on, and then the page is there again.
      await elsewhere.page.evaluate(setHidden, true);
      await elsewhere.page.clock.pauseAt(Date.now() + 3_600_000);
      await elsewhere.page.evaluate(setHidden, false);
      await showsNothing(elsewhere, world().confidential);
      await leavesNothing(elsewhere, world().confidential);
      await elsewhere.page.context().close();
    });

    test('R22 R48 the list shows each device, and one that is signed out there closes at once', async () => {
      const { anita, confidential } = world();
      const other = await world().elsewhere(anita, pc);
      await other.open();
      await other.giveName('My own');
      await other.giveCode(await anita.human.app.next());
      await other.sees(other.row('Dr Fiona Kerr'));
      await anita.open('/#/more');
      const list = anita.page.getByRole('region', { name: 'Your devices' });
      await anita.sees(list.getByRole('listitem').filter({ hasText: 'This device' }));
      await anita.look('55-devices');
      // The one that was used last, by keyboard.
      const button = list.getByRole('button', { name: /^Sign out there/ }).first();
      await button.focus();
      await anita.page.keyboard.press('Enter');
      await anita.sees(anita.heading('Sign out a device'));
      await anita.field('I have it, or I replaced it').check();
      await anita.look('55-devices-end');
      await anita.page.getByRole('dialog').getByRole('button', { name: 'Sign out there' }).click();
      await showsNothing(other, confidential, 'Sign in');
      expect(await answerTo(other)).toEqual(nobody);
      await anita.sees(list.getByText(/no longer in use/));
      await other.page.context().close();
      await anita.open('/#/');
    });

    test('R22 signing out leaves nothing to unlock', async () => {
      const { fiona } = world();
      await fiona.unlock();
      await fiona.open('/#/more');
      await fiona.sees(fiona.heading('More'));
      await fiona.look('55-more');
      await fiona.button('Sign out').click();
      await fiona.sees(fiona.heading('Sign in'));
      await fiona.giveName();
      expect(await fiona.page.getByRole('radio').count()).toBe(0);
      await fiona.giveCode(await fiona.human.app.next());
      await fiona.sees(fiona.row('SMITH, John (Mr)'));
    });
  });

/** Runs in the page: headless Chromium never hides a page by itself. */
function setHidden(hidden: boolean): void {
  Object.defineProperty(document, 'visibilityState', {
    configurable: true,
    get: () => (hidden ? 'hidden' : 'visible'),
  });
  document.dispatchEvent(new Event('visibilitychange'));
}
