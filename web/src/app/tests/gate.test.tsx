import { act } from 'preact/test-utils';
import { describe, expect, test, vi } from 'vitest';
import { disclosureSentence } from '../../features/compose/Notice.tsx';
import { Enrol } from '../../features/gate/Enrol.tsx';
import { passwordProblem } from '../../features/gate/password.ts';
import { SignIn } from '../../features/gate/SignIn.tsx';
import { Ways } from '../../features/lock/Ways.tsx';
import { App } from '../App.tsx';
import type { Fake } from '../fake.ts';
import { people } from '../fakeData.ts';
import { button, field, mount, press, settled, shown, type } from './mount.tsx';

const link = { token: 'tok', manifestFingerprint: 'fing' };
const good = 'correct horse battery';

async function enrolment() {
  const onDone = vi.fn();
  const mounted = await mount({ state: 'signed-out' }, () => (
    <Enrol link={link} demonstration onBegun={() => undefined} onDone={onDone} />
  ));
  const completed = () =>
    mounted.fake.calls.filter((call) => call.verb === 'completeEnrolment').map((call) => call.arg);
  return { ...mounted, onDone, completed };
}

describe('enrolment', () => {
  test('shows who the link is for before anything else', async () => {
    const { fake } = await enrolment();
    expect(fake.calls.find((call) => call.verb === 'startEnrolment')?.arg).toEqual(link);
    expect(shown()).toContain('Dr Leila Haddad');
    expect(shown()).toContain('Medical F2, Ward 7B');
  });

  test('R23 R47 R48 asks for a password, whose device it is, the notice, and a code', async () => {
    const { completed, onDone } = await enrolment();
    await press(button('Yes, this is me'));
    await press(button('Go on'));
    expect(shown()).toContain('Enter a new password');
    await type('Password', 'short');
    await press(button('Go on'));
    expect(shown()).toContain('Use at least 12 characters; this has 5');
    await type('Password', good);
    await type('The same again', good);
    await press(button('Go on'));
    expect(shown()).toContain(disclosureSentence);
    await press(button('Go on'));
    expect(shown()).toContain('Choose one');
    expect(shown()).toContain('Read it and tick');
    await press(field('My own'));
    await press(field('I have read this'));
    await press(button('Go on'));
    expect(shown()).toContain('Your own device needs the agreement');
    await press(field('I agree to these rules'));
    await press(button('Go on'));
    expect(document.querySelector('svg.qr')?.getAttribute('aria-label')).toContain('QR code');
    await press(button('Finish'));
    expect(completed()).toEqual([]);
    await type('Code', '123 456');
    await press(button('Finish'));
    expect(completed()).toEqual([
      { password: good, code: '123456', device: 'own', agreementAccepted: true, noticeAccepted: true },
    ]);
    expect(shown()).toContain('Lock this app');
    expect(onDone).not.toHaveBeenCalled();
    await press(button('Use my password each time'));
    expect(onDone).toHaveBeenCalledTimes(1);
  });

  test('P3 shows what the link pins, in the groups of the sheet', async () => {
    await enrolment();
    const rows = [...document.querySelectorAll('.fingerprint > span')].map((row) => row.textContent?.trim());
    expect(rows).toEqual(['a91b e07c 55d2 f304', '8e6b 7a1c 9d0e 2f3a', '4b5c 6d7e 8f90 a1b2', 'c3d4 e5f6 0718 293a']);
    expect(shown()).toContain('Compare this with your sheet');
    expect(shown()).toContain('If one differs, stop here');
    expect(shown()).not.toContain('have signed version');
  });

  test('P3 says when the officers have signed a newer version since the sheet was printed', async () => {
    await mount({ state: 'signed-out', renewed: true }, () => (
      <Enrol link={link} demonstration onBegun={() => undefined} onDone={() => undefined} />
    ));
    expect(document.querySelector('.fingerprint')?.textContent).toContain('a91b e07c 55d2 f304');
    expect(shown()).toContain('Your officers have signed version 2 since this link was made');
  });

  test('P3 a link without its fingerprint is refused in clear words, and nothing is asked of the server', async () => {
    location.hash = `#/enrol/${'a'.repeat(43)}`;
    const { fake } = await mount({ state: 'signed-out' }, (client) => <App client={client} fault={undefined} />);
    expect(shown()).toContain('This link is not whole');
    expect(shown()).toContain('It has not been used.');
    expect(location.hash).toBe('#/');
    expect(fake.calls.map(({ verb }) => verb)).not.toContain('startEnrolment');
    await press(button('Go to Wardline'));
    expect(shown()).not.toContain('This link is not whole');
    expect(shown()).toContain('Password');
  });

  test('a link that was used says so', async () => {
    await mount({ state: 'signed-out' }, () => (
      <Enrol
        link={{ ...link, token: 'used' }}
        demonstration={false}
        onBegun={() => undefined}
        onDone={() => undefined}
      />
    ));
    expect(shown()).toContain('This link has been used.');
    expect(shown()).toContain('Ask the service desk for a new one.');
  });
});

describe('R44 by keyboard, each step begins at its heading', () => {
  const at = () => `${document.activeElement?.localName ?? ''} ${document.activeElement?.textContent ?? ''}`;
  const go = async (name: string) => {
    await act(() => button(name).focus());
    await press(button(name));
  };

  test('at enrolment, forwards and back', async () => {
    await enrolment();
    await go('Yes, this is me');
    expect(at()).toBe('h1 Choose a password');
    await go('Back');
    expect(at()).toBe('h1 Is this you?');
  });

  test('at sign-in, forwards and back', async () => {
    await mount({ state: 'signed-out' }, () => <SignIn organisation="Northbridge" demonstration={false} />);
    await type('User name', 'new');
    await type('Password', 'secret');
    await go('Go on');
    expect(at()).toBe('h1 This device');
    await go('Back');
    expect(at()).toBe('h1 Sign in');
  });

  test('from a passkey back to the name', async () => {
    vi.stubGlobal('PublicKeyCredential', () => undefined);
    await mount({ state: 'signed-out' }, () => <SignIn organisation="Northbridge" demonstration={false} passkeys />);
    await go('Sign in with a passkey');
    await vi.waitFor(async () => {
      await settled();
      expect(button('Try again')).toBeTruthy();
    });
    await go('Back');
    expect(at()).toBe('h1 Sign in');
    vi.unstubAllGlobals();
  });

  test('what has to be mended is said once: it has the focus and its words, and is no alert besides', async () => {
    await enrolment();
    await press(button('Yes, this is me'));
    await type('Password', good);
    await type('The same again', good);
    await press(button('Go on'));
    await press(field('My own'));
    await press(button('Go on'));
    expect(shown()).toContain('Your own device needs the agreement');
    expect([...document.querySelectorAll('[role="alert"]')].map(({ textContent }) => textContent).join('')).toBe('');
    const described = field('I agree to these rules').getAttribute('aria-describedby') ?? '';
    expect(document.getElementById(described)?.textContent).toContain('Your own device needs the agreement');
  });
});

describe('pressed twice before there is an answer', () => {
  /** As a double click, or Enter and a click: nothing comes to rest in between. */
  const twice = async (name: string) => {
    const pressed = button(name);
    await act(() => {
      pressed.click();
      pressed.click();
    });
    await settled();
  };
  const asked = (fake: Fake, verb: string) => fake.calls.filter((call) => call.verb === verb).length;
  const alerts = () => [...document.querySelectorAll('[role="alert"]')].map(({ textContent }) => textContent).join('');

  test('an enrolment is sent once', async () => {
    const { completed } = await enrolment();
    await press(button('Yes, this is me'));
    await type('Password', good);
    await type('The same again', good);
    await press(button('Go on'));
    await press(field('A shared ward PC'));
    await press(field('I have read this'));
    await press(button('Go on'));
    await type('Code', '123456');
    await twice('Finish');
    expect(completed()).toHaveLength(1);
    expect(alerts()).toBe('');
  });

  test('a sign-in is sent once, the name as well as the code', async () => {
    const { fake } = await mount({ state: 'signed-out' }, () => (
      <SignIn organisation="Northbridge" demonstration={false} />
    ));
    await type('User name', 'known');
    await type('Password', 'secret');
    await twice('Go on');
    await type('Code', '123456');
    await twice('Sign in');
    expect([asked(fake, 'signIn'), asked(fake, 'signInCode')]).toEqual([1, 1]);
    expect(alerts()).toBe('');
  });

  test('a new password is sent once', async () => {
    const { fake } = await mount({}, () => <Ways />);
    await press(button('Change the password'));
    await type('Password now', 'secret');
    await type('New password', good);
    await type('The same again', good);
    await twice('Change your password');
    expect(asked(fake, 'changePassword')).toBe(1);
    expect(alerts()).toBe('');
  });
});

describe('R23 the password', () => {
  const enrolmentOf = { minPasswordLength: 12, username: 'leila.haddad', person: people.leila } as Parameters<
    typeof passwordProblem
  >[2];
  const problem = (password: string, again = password) => passwordProblem(password, again, enrolmentOf)?.field;
  test.each(['short', 'aaaaaaaaaaaaaaaa', 'haddadhaddad1', 'password12345', 'leila.haddad99'])(
    '%s is refused',
    (password) => expect(problem(password)).toBe('password'),
  );
  test('has to be the same twice', () => expect(problem(good, `${good} `)).toBe('again'));
  test('of a few words is accepted', () => expect(problem(good)).toBeUndefined());
  test('is counted in characters, not in bytes', () => expect(problem('🦊🦉🐢🦔🐝🦋🐌🐞🐜🐛🦗🕷')).toBeUndefined());
});

describe('signing in', () => {
  async function signIn(username: string) {
    const mounted = await mount({ state: 'signed-out' }, () => (
      <SignIn organisation="Northbridge" demonstration={false} />
    ));
    await type('User name', username);
    await type('Password', 'secret');
    await press(button('Go on'));
    return mounted;
  }

  test('asks for the code, and on a known browser for nothing else', async () => {
    const { fake, client } = await signIn('known');
    expect(shown()).not.toContain('Whose device is this?');
    await type('Code', '123456');
    await press(button('Sign in'));
    expect(fake.calls.find((call) => call.verb === 'signInCode')?.arg).toEqual({
      code: '123456',
      agreementAccepted: false,
    });
    expect(client.session.value?.at).toBe('ready');
  });

  test('R48 registers a browser that is not known, before the code is asked for', async () => {
    const { fake } = await signIn('new');
    expect(shown()).toContain('Whose device is this?');
    expect(document.querySelector('[autocomplete="one-time-code"]')).toBeNull();
    await press(button('Go on'));
    expect(shown()).toContain('Choose one');
    await press(field('My own'));
    await press(button('Go on'));
    expect(shown()).toContain('Your own device needs the agreement');
    await press(field('A shared ward PC'));
    await press(button('Go on'));
    expect(shown()).not.toContain('Whose device is this?');
    await type('Code', '123456');
    await press(button('Sign in'));
    expect(fake.calls.find((call) => call.verb === 'signInCode')?.arg).toMatchObject({
      code: '123456',
      device: 'shared',
    });
  });

  test('goes back one step at a time and keeps what was chosen, not the code', async () => {
    await signIn('new');
    await press(field('A shared ward PC'));
    await press(button('Go on'));
    await type('Code', '123');
    await press(button('Back'));
    expect(field('A shared ward PC').checked).toBe(true);
    await press(button('Go on'));
    expect(field('Code').value).toBe('');
    await press(button('Back'));
    await press(button('Back'));
    expect(shown()).toContain('User name');
  });

  test('a refusal says the same whatever was wrong, and the code is asked again', async () => {
    await signIn('nobody');
    expect(shown()).toContain('That did not match.');
    await type('User name', 'known');
    await press(button('Go on'));
    await type('Code', '000000');
    await press(button('Sign in'));
    expect(shown()).toContain('That did not match.');
    expect(field('Code').value).toBe('');
  });
});
