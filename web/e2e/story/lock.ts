/** The quick ways in: a PIN on one device, a passkey that signs in by itself, and what changing them does elsewhere (R23 to R25). */
import type { CDPSession } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { phone } from '../harness/chromium.ts';
import { patience, type Person } from '../harness/person.ts';
import type { Chapter } from './world.ts';

const pin = '270419';
const newPin = '640285';

/** An authenticator inside the phone: it checks who holds it, keeps passkeys, and has a PRF. */
async function authenticator(person: Person): Promise<CDPSession> {
  const cdp = await person.page.context().newCDPSession(person.page);
  await cdp.send('WebAuthn.enable');
  await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      ctap2Version: 'ctap2_1',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      hasPrf: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return cdp;
}

/** From the last touch to the inbox, in milliseconds. */
async function unlockTime(person: Person, open: () => Promise<void>): Promise<number> {
  await person.sees(person.heading('Locked'));
  const begin = performance.now();
  await open();
  await person.sees(person.heading('Inbox'));
  return Math.round(performance.now() - begin);
}

async function lock(person: Person): Promise<void> {
  await person.open('/#/');
  await person.button('Lock now').click();
  await person.sees(person.heading('Locked'));
}

const numbers = ['No', 'One', 'Two', 'Three', 'Four', 'Five', 'Six', 'Seven', 'Eight', 'Nine'];
const left = (tries: number) => new RegExp(`^${numbers[tries] ?? ''} (try is|tries are) left`);

async function typePin(person: Person, digits: string): Promise<void> {
  for (const digit of digits) await person.button(digit).click();
}

export const lockWays: Chapter = (world) =>
  describe('a PIN and a passkey', () => {
    let mobile: Person;
    const times: Record<string, number[]> = {};
    const note = (how: string, ms: number) => (times[how] ??= []).push(ms);
    const byPin = async (digits = pin) => {
      await mobile.sees(mobile.text('Enter your PIN'));
      await typePin(mobile, digits);
      return unlockTime(mobile, () => mobile.button('Unlock').click());
    };
    const byPasskey = async () => {
      const open = mobile.button('Unlock with a passkey');
      await mobile.sees(open);
      return unlockTime(mobile, () => open.click());
    };

    test('R24 a PIN is set under More; one that people try first is refused with the reason', async () => {
      const { anita } = world();
      mobile = await world().elsewhere(anita, phone);
      await authenticator(mobile);
      await mobile.open();
      await mobile.giveName('The organisation’s');
      await mobile.giveCode(await anita.human.app.next());
      await mobile.sees(mobile.row('Dr Fiona Kerr'));
      await mobile.open('/#/more');
      await mobile.link('See and change them').click();
      await mobile.sees(mobile.heading('Signing in and locking'));
      await mobile.sees(mobile.text('Opened Wardline here this time.'));
      await mobile.look('60-ways');
      await mobile.button('Set a PIN on this device').click();
      await typePin(mobile, '123456');
      await mobile.button('Go on').click();
      await mobile.sees(mobile.text(/Those digits run up or down/));
      await mobile.look('61-pin');
      await typePin(mobile, pin);
      await mobile.button('Go on').click();
      await mobile.sees(mobile.text('The same again'));
      await typePin(mobile, pin);
      await mobile.button('Set this PIN').click();
      await mobile.sees(mobile.text('Your PIN is set.'));
      await mobile.sees(mobile.text('PIN on this device'));
    });

    test('R24 R25 locked by hand, opened by the PIN; a wrong one counts down', async () => {
      await lock(mobile);
      await mobile.look('62-locked-pin');
      note('PIN', await byPin());
      await mobile.sees(mobile.row('Dr Fiona Kerr'));
      await lock(mobile);
      await mobile.sees(mobile.text('Enter your PIN'));
      await typePin(mobile, '918273');
      await mobile.button('Unlock').click();
      await mobile.sees(mobile.text('That is not your PIN.'));
      await mobile.sees(mobile.text(/Nine tries are left/));
      await mobile.look('63-locked-wrong-pin');
      note('PIN', await byPin());
    });

    test('R23 a passkey is added when its PRF has proved itself, and opens the lock', async () => {
      await mobile.open('/#/more/ways');
      await mobile.button('Add a passkey').click();
      await mobile.sees(mobile.text('Your passkey is added.'));
      await mobile.look('64-ways-three');
      for (let run = 0; run < 2; run++) {
        await lock(mobile);
        note('passkey', await byPasskey());
      }
      await mobile.sees(mobile.row('Dr Fiona Kerr'));
    });

    test('R24 ten wrong PINs: the passkey and the password are there at once, and the PIN is this device’s, used up', async () => {
      await lock(mobile);
      await mobile.sees(mobile.text('Enter your PIN'));
      for (let wrong = 1; wrong <= 10; wrong++) {
        await typePin(mobile, '918273');
        await mobile.button('Unlock').click();
        if (wrong < 10) await mobile.sees(mobile.text(left(10 - wrong)));
      }
      await mobile.sees(mobile.text(/^This PIN is used up/));
      await mobile.sees(mobile.button('Use your password'));
      await mobile.look('63-locked-pin-gone');
      note('passkey', await byPasskey());
      await mobile.open('/#/more/ways');
      const row = mobile.page.getByRole('listitem').filter({ hasText: 'PIN on this device' });
      await mobile.sees(row.getByText(/^Used up: ten wrong tries/));
      expect(await mobile.text('PIN on another device').count()).toBe(0);
      await mobile.look('64-ways-pin-gone');
      await row.getByRole('button', { name: 'Set a new PIN' }).click();
      for (const next of ['Go on', 'Set this PIN']) {
        await typePin(mobile, pin);
        await mobile.button(next).click();
      }
      // She came in by her passkey just now, which is proof enough.
      await mobile.sees(mobile.text('Your PIN is set.'));
      await lock(mobile);
      note('PIN', await byPin());
    });

    test('the password is always a way too', async () => {
      for (let run = 0; run < 2; run++) {
        await lock(mobile);
        await mobile.button('Use your password').click();
        await mobile.field('Password').fill(mobile.human.password);
        note('password', await unlockTime(mobile, () => mobile.button('Unlock').click()));
      }
    });

    test('R23 the passkey signs in without password or code where nothing is known, and shows what was said', async () => {
      await mobile.open('/#/more');
      await mobile.button('Sign out').click();
      await mobile.sees(mobile.heading('Sign in'));
      // Another browser, but for the authenticator: Chromium’s loses its PRF when a passkey is carried over.
      await mobile.page.context().clearCookies();
      await mobile.page.evaluate(
        () =>
          new Promise<void>((done) => {
            const request = indexedDB.deleteDatabase('wardline');
            request.onsuccess = () => done();
            request.onblocked = () => done();
          }),
      );
      await mobile.page.reload();
      await mobile.sees(mobile.button('Sign in with a passkey'));
      await mobile.look('65-sign-in-passkey');
      await mobile.button('Sign in with a passkey').click();
      await mobile.sees(mobile.text('Your passkey is right. You have not signed in here before.'));
      await mobile.look('66-passkey-device');
      await mobile.chooseDevice('The organisation’s');
      await mobile.button('Sign in').click();
      await mobile.sees(mobile.row('Dr Fiona Kerr'));
      await mobile.openThread('Dr Fiona Kerr');
      await mobile.sees(mobile.message('The second case has moved to the afternoon.'));
      await mobile.back();
    });

    test('R23 removing the passkey makes new keys; the other device is locked, and says what happened', async () => {
      const { anita } = world();
      await anita.open('/#/');
      await mobile.open('/#/more/ways');
      await mobile.button('Set a PIN on this device').click();
      await typePin(mobile, newPin);
      await mobile.button('Go on').click();
      await typePin(mobile, newPin);
      await mobile.button('Set this PIN').click();
      await mobile.sees(mobile.text('Your PIN is set.'));
      await mobile.button('Remove Passkey').click();
      await mobile.look('67-remove');
      await mobile.button('Remove it').click();
      await mobile.sees(mobile.text('Removed: Passkey.'));
      await anita.unlock();
      await anita.sees(anita.text(/The ways to open Wardline were changed on another device/));
      await anita.sees(anita.row('Dr Fiona Kerr'));
      await anita.openThread('Dr Fiona Kerr');
      await anita.sees(anita.message('The second case has moved to the afternoon.'));
      await anita.back();
      await lock(mobile);
      expect(await mobile.button('Unlock with a passkey').count()).toBe(0);
      note('PIN after a change', await byPin(newPin));
      await mobile.page.context().close();
      console.log(`  unlocking at 390×844, first and again, in ms: ${JSON.stringify(times)}`);
      expect(Object.keys(times).length).toBe(4);
    });

    test('P8 R22 a stolen phone is ended and the keys are renewed in one step; what the network stopped is said after a reload too, and done then', async () => {
      const { anita, fiona } = world();
      const stolen = await world().elsewhere(anita, phone);
      await authenticator(stolen);
      await stolen.open();
      await stolen.giveName('My own');
      await stolen.giveCode(await anita.human.app.next());
      await stolen.sees(stolen.row('Dr Fiona Kerr'));
      await stolen.open('/#/more/ways');
      await stolen.button('Add a passkey').click();
      await stolen.sees(stolen.text('Your passkey is added.'));

      const context = anita.page.context();
      const isChange = (url: URL) => url.pathname === '/v1/unlockers';
      await context.route(isChange, (route) =>
        route.request().method() === 'POST' ? route.abort('connectionfailed') : route.continue(),
      );
      await anita.open('/#/more');
      await anita.page
        .getByRole('button', { name: /^Sign out there, lost or stolen/ })
        .first()
        .click();
      await anita.field('It was stolen').check();
      await anita.page.getByRole('checkbox', { name: /^Passkey/ }).check();
      await anita.look('68-stolen');
      await anita.button('Sign out, get new keys').click();
      await anita.sees(anita.text('The device is signed out for good, but your keys are not renewed yet.'));
      await stolen.sees(stolen.heading('Sign in'));
      await anita.look('69-stolen-half');
      await anita.button('Later').click();
      await anita.page.reload();
      // She has a passkey by now, so that the password is the second thing on offer.
      await anita.button('Use your password').click();
      await anita.unlock();
      await anita.sees(anita.text('Your keys still have to be renewed.'));
      await fiona.openThread('Dr Anita Patel');
      await fiona.sees(fiona.text(/Dr Anita Patel’s device was reported stolen/).first());
      await fiona.say(world().secret('Said while the keys are owed'));
      await anita.open('/#/');
      await anita.openThread('Dr Fiona Kerr');
      expect(await anita.message('Said while the keys are owed').count()).toBe(0);
      await anita.back();

      await context.unroute(isChange);
      await anita.link('Renew them now').click();
      await anita.sees(anita.heading('Renew your keys'));
      await anita.page.getByRole('checkbox', { name: /^Passkey/ }).check();
      await anita.look('69-renew');
      await anita.button('Renew my keys').click();
      await anita.sees(anita.text(/^Your keys are new\./));
      await anita.button('Done').click();
      await anita.seesNoMore(anita.text('Your keys still have to be renewed.'));
      // Who has not heard of the new keys yet writes under those that leave her out, and she reads it with the next.
      await fiona.seesNoMore(fiona.page.locator('.closed--note'));
      await fiona.say(world().secret('Said under the renewed keys'));
      await anita.open('/#/');
      await anita.openThread('Dr Fiona Kerr');
      await anita.sees(anita.message('Said under the renewed keys'));
      await anita.sees(anita.message('Said while the keys are owed'));
      await anita.back();
      await anita.open('/#/more/ways');
      await anita.sees(anita.text('The last one cannot be removed.'));
      expect(await anita.page.getByRole('button', { name: 'Remove Passkey' }).count()).toBe(0);
      await fiona.back();
      await stolen.page.context().close();
      await anita.open('/#/');
    });

    test('the message written after the change is read by the others', async () => {
      const { anita, fiona } = world();
      await anita.openThread('Dr Fiona Kerr');
      await anita.say(world().secret('Under the new keys'));
      await fiona.openThread('Dr Anita Patel');
      await fiona.sees(fiona.message('Under the new keys'));
      await expect.poll(() => anita.composer.inputValue(), { timeout: patience }).toBe('');
      await anita.back();
      await fiona.open('/#/');
    });
  });
