/** The PIN pad, the quick ways in, what opens Wardline, and devices that are gone: by mouse, by keyboard, and when something is refused. */
import { act } from 'preact/test-utils';
import { describe, expect, test, vi } from 'vitest';
import { AppLock } from '../../features/gate/AppLock.tsx';
import { PinPad } from '../../features/lock/PinPad.tsx';
import { RenewKeys } from '../../features/lock/RenewKeys.tsx';
import { Ways } from '../../features/lock/Ways.tsx';
import { Devices } from '../../features/settings/Devices.tsx';
import { ConnectionBar } from '../../features/shell/ConnectionBar.tsx';
import { App } from '../App.tsx';
import type { FakeOptions } from '../fake.ts';
import { button, field, mount, press, settled, shown, type } from './mount.tsx';

async function keys(...pressed: string[]): Promise<void> {
  for (const key of pressed) {
    await act(() => {
      const on = document.activeElement ?? document.body;
      on.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
    });
  }
  await settled();
}

const typed = (digits: string) => keys(...Array.from(digits));
const dots = () => document.querySelectorAll('.pinpad__dots .is-in').length;

describe('R24 the PIN pad', () => {
  async function pad(busy = false) {
    const given: string[] = [];
    const onPin = vi.fn((pin: Uint8Array) => given.push(String.fromCharCode(...pin)));
    await mount({}, () => <PinPad label="Enter your PIN" action="Unlock" busy={busy} onPin={onPin} />);
    return given;
  }

  test('takes digits from its keys and from the keyboard, and shows no more than how many', async () => {
    const given = await pad();
    expect(document.activeElement?.getAttribute('role')).toBe('group');
    await press(button('2'));
    await press(button('7'));
    await typed('0419');
    expect(dots()).toBe(6);
    expect(document.querySelector('[role="status"]')?.textContent).toBe('6 digits');
    expect(document.querySelector('input')).toBeNull();
    await keys('Enter');
    expect(given).toEqual(['270419']);
    expect(dots()).toBe(0);
  });

  test('Backspace and Delete take the last digit, letters and shortcuts do nothing', async () => {
    const given = await pad();
    await typed('1x2');
    await keys('Backspace');
    await press(button('Delete the last digit'));
    await act(() => {
      document.body.dispatchEvent(new KeyboardEvent('keydown', { key: '5', ctrlKey: true, bubbles: true }));
    });
    expect(dots()).toBe(0);
    await typed('1234567890123');
    expect(dots()).toBe(12);
    await press(button('Unlock'));
    expect(given).toEqual(['123456789012']);
  });

  test('five digits are too few: it says so, and the pad stands for it', async () => {
    const given = await pad();
    await typed('27041');
    await keys('Enter');
    expect(given).toEqual([]);
    expect(document.querySelector('[role="alert"]')?.textContent).toBe('A PIN has at least six digits');
    const described = document.querySelector('[role="group"]')?.getAttribute('aria-describedby') ?? '';
    expect(document.getElementById(described)?.textContent).toBe('A PIN has at least six digits');
    await typed('9');
    expect(document.querySelector('[role="alert"]')?.textContent).toBe('');
  });

  test('while it runs nothing is taken', async () => {
    const given = await pad(true);
    await typed('270419');
    await keys('Enter');
    expect(dots()).toBe(0);
    expect(given).toEqual([]);
  });
});

describe('R24 R25 the quick ways in', () => {
  const locked = (options: FakeOptions) =>
    mount({ state: 'locked', ...options }, (client) => <App client={client} fault={undefined} />);
  async function quick(options: FakeOptions) {
    const mounted = await locked(options);
    await vi.waitFor(async () => {
      await settled();
      expect(shown()).toContain('Use your password');
    });
    return mounted;
  }

  test('the right PIN opens by keyboard alone; the page’s copy of it is zeroed', async () => {
    const { client, fake } = await quick({ pin: true });
    await typed('270419');
    await keys('Enter');
    expect(client.session.value?.at).toBe('ready');
    const { pin } = fake.calls.find(({ verb }) => verb === 'unlockWithPin')?.arg as { pin: Uint8Array };
    expect([...pin]).toEqual([0, 0, 0, 0, 0, 0]);
  });

  test('a wrong one says how many tries are left, and the pad is empty again', async () => {
    const { client } = await quick({ pin: true });
    await typed('918273');
    await keys('Enter');
    expect(shown()).toContain('That is not your PIN.');
    expect(shown()).toContain('Nine tries are left. After that this PIN is used up');
    expect(dots()).toBe(0);
    expect(client.session.value?.at).toBe('locked');
    await typed('270419');
    await keys('Enter');
    expect(client.session.value?.at).toBe('ready');
  });

  test('one that is used up leads to the password, with the reason', async () => {
    const { client } = await quick({ pin: true, pinGone: true });
    await typed('918273');
    await keys('Enter');
    expect(shown()).toContain('This PIN is used up: there were ten wrong tries, or it was removed.');
    expect(document.querySelector('.pinpad')).toBeNull();
    await type('Password', 'right');
    await press(button('Unlock'));
    expect(client.session.value?.at).toBe('ready');
  });

  test('one that is used up leaves the passkey and the password at once, and says why', async () => {
    vi.stubGlobal('PublicKeyCredential', () => undefined);
    const { client } = await mount({ state: 'locked', pin: true, passkey: true, pinGone: true }, (each) => (
      <App client={each} fault={undefined} />
    ));
    await vi.waitFor(async () => {
      await settled();
      expect(shown()).toContain('Use your password');
    });
    await typed('918273');
    await keys('Enter');
    expect(document.querySelector('[role="alert"]')?.textContent).toContain('This PIN is used up');
    expect(document.querySelector('.pinpad')).toBeNull();
    expect(document.activeElement).toBe(button('Unlock with a passkey'));
    await press(button('Use your password'));
    expect(document.activeElement).toBe(field('Password'));
    expect(button('Use your passkey')).toBeTruthy();
    await type('Password', 'right');
    await press(button('Unlock'));
    expect(client.session.value?.at).toBe('ready');
    vi.unstubAllGlobals();
  });

  test('to the password and back, the focus goes along', async () => {
    await quick({ pin: true });
    await press(button('Use your password'));
    expect(document.activeElement).toBe(field('Password'));
    await press(button('Use your PIN'));
    expect(document.activeElement?.classList).toContain('pinpad');
  });

  test('the password is always a way', async () => {
    await quick({ pin: true });
    await press(button('Use your password'));
    expect(field('Password').type).toBe('password');
  });
});

describe('R24 the app lock at enrolment', () => {
  const lock = (passkeys = false) => {
    const onDone = vi.fn();
    return mount({}, () => <AppLock steps={['One', 'Two']} demonstration passkeys={passkeys} onDone={onDone} />).then(
      (mounted) => ({ ...mounted, onDone }),
    );
  };

  test('a PIN that people try first is refused with the reason; the two have to be the same', async () => {
    const { fake, onDone } = await lock();
    await typed('123456');
    await keys('Enter');
    expect(shown()).toContain('Those digits run up or down.');
    await typed('270484');
    await keys('Enter');
    expect(shown()).toContain('The same again');
    expect(shown()).toContain('This looks like a date of birth.');
    await typed('270483');
    await keys('Enter');
    expect(shown()).toContain('The two were not the same. Choose it once more.');
    expect(fake.calls.some(({ verb }) => verb === 'setPin')).toBe(false);
    for (let twice = 0; twice < 2; twice++) {
      await typed('640285');
      await keys('Enter');
    }
    expect(shown()).toContain('Your PIN is set');
    await press(button('Go to my messages'));
    expect(onDone).toHaveBeenCalledTimes(1);
  });

  test('whoever wants none goes on with the password', async () => {
    const { onDone, fake } = await lock();
    await press(button('Use my password each time'));
    expect(onDone).toHaveBeenCalledTimes(1);
    expect(fake.calls.some(({ verb }) => verb === 'setPin')).toBe(false);
  });
});

describe('R23 what opens Wardline', () => {
  const ways = (options: FakeOptions = {}) => mount(options, () => <Ways />);
  const row = (name: string) =>
    [...document.querySelectorAll('li')].find((each) => each.textContent?.startsWith(name)) as HTMLElement;
  const within = (name: string, label: string | RegExp) =>
    [...row(name).querySelectorAll('button')].find((each) => each.textContent?.match(label));

  test('the last one cannot be removed, and that is said', async () => {
    await ways({ passwordOnly: true });
    expect(shown()).toContain('The last one cannot be removed.');
    expect(within('Password', /Remove/)).toBeUndefined();
    expect(within('Password', /Change/)).toBeDefined();
    expect(shown()).toContain('Set a PIN on this device');
  });

  test('removing asks, says what it does, and can be left alone', async () => {
    const { fake } = await ways();
    await press(within('Passkey', /Remove/) as HTMLElement);
    expect(shown()).toContain('It opens Wardline nowhere any more');
    await press(button('Keep it'));
    expect(fake.calls.some(({ verb }) => verb === 'removeUnlocker')).toBe(false);
    await press(within('Passkey', /Remove/) as HTMLElement);
    await press(button('Remove it'));
    expect(shown()).toContain('Removed: Passkey.');
    expect(row('Passkey')).toBeUndefined();
  });

  test('the focus goes along: to the task, and back to what led there', async () => {
    await ways();
    const remove = () => within('Passkey', /Remove/) as HTMLElement;
    await act(() => remove().focus());
    await press(remove());
    expect(document.activeElement?.textContent).toBe('Remove the passkey?');
    await act(() => button('Keep it').focus());
    await press(button('Keep it'));
    expect(document.activeElement).toBe(remove());
    await press(remove());
    await act(() => button('Remove it').focus());
    await press(button('Remove it'));
    // What led there is gone with it.
    expect(document.activeElement?.textContent).toBe('Signing in and locking');
  });

  test('while it is checked the password keeps the focus, so that a wrong one can be mended at once', async () => {
    const { fake } = await ways({ unproved: true });
    await press(within('Passkey', /Remove/) as HTMLElement);
    await press(button('Remove it'));
    fake.prove = () => new Promise(() => undefined);
    await type('Password', 'right');
    await act(() => field('Password').focus());
    await press(button('Confirm'));
    expect(shown()).toContain('Checking…');
    expect([field('Password').readOnly, field('Password').disabled]).toEqual([true, false]);
  });

  test('a used-up PIN of this device says so where it stands, and a new one takes its place', async () => {
    const { fake, draw } = await mount();
    const list = await fake.listUnlockers();
    const used = list.ways.map((way) => (way.kind === 'pin' ? { ...way, gone: true } : way));
    vi.spyOn(fake, 'listUnlockers').mockResolvedValueOnce({ ...list, ways: used });
    await draw(<Ways />);
    expect(row('PIN on this device').textContent).toContain('Used up: ten wrong tries.');
    expect([...document.querySelectorAll('button')].filter(({ textContent }) => textContent?.includes('PIN'))).toEqual([
      within('PIN on this device', /^Set a new PIN$/),
      within('PIN on this device', /^Remove/),
    ]);
    await press(button('Set a new PIN'));
    for (let twice = 0; twice < 2; twice++) {
      await typed('640285');
      await keys('Enter');
    }
    expect(shown()).toContain('Your PIN is set.');
    expect(row('PIN on this device').textContent).not.toContain('Used up');
  });

  test('a refusal by the server is said in words, and nothing is taken off the list', async () => {
    const { fake } = await ways();
    fake.removeUnlocker = () =>
      Promise.reject(
        Object.assign(new Error(), {
          code: 'last_unlocker',
          message: 'Something must be left that opens Wardline.',
          hint: 'A PIN alone is not enough. Add a passkey or a password first.',
        }),
      );
    await press(within('Passkey', /Remove/) as HTMLElement);
    await press(button('Remove it'));
    expect(shown()).toContain('Something must be left that opens Wardline.');
    await press(button('Keep it'));
    expect(row('Passkey')).toBeDefined();
  });

  test('asks who is there when the server wants to know, and then does it; a wrong password does not', async () => {
    const { fake } = await ways({ unproved: true });
    await press(within('Passkey', /Remove/) as HTMLElement);
    await press(button('Remove it'));
    expect(shown()).toContain('Is it still you?');
    await type('Password', 'wrong');
    await press(button('Confirm'));
    expect(shown()).toContain('That is not your password.');
    expect(field('Password').value).toBe('');
    await type('Password', 'right');
    await press(button('Confirm'));
    expect(shown()).toContain('Removed: Passkey.');
    expect(fake.calls.filter(({ verb }) => verb === 'removeUnlocker')).toHaveLength(2);
  });

  test('a list that does not come says why, and can be asked for again', async () => {
    const { fake, draw } = await mount();
    const offline = Object.assign(new Error(), { code: 'offline', message: 'Wardline cannot be reached.' });
    vi.spyOn(fake, 'listUnlockers').mockRejectedValueOnce(offline);
    await draw(<Ways />);
    expect(shown()).toContain('Wardline cannot be reached.');
    await press(button('Try again'));
    expect(row('Password')).toBeDefined();
  });
});

describe('P8 R22 a device that is gone', () => {
  const devices = (options: FakeOptions = {}) =>
    mount(options, () => (
      <>
        <ConnectionBar />
        <Devices />
      </>
    ));
  const open = () => press(button('Sign out there, lost or stolen'));
  const ended = (calls: { verb: string; arg: unknown }[]) =>
    calls.filter(({ verb }) => verb === 'endDevice').map(({ arg }) => arg);

  test('nothing is chosen for the person: without an answer nothing happens, and it says what is missing', async () => {
    const { fake } = await devices();
    await open();
    expect([...document.querySelectorAll<HTMLInputElement>('[type="radio"]')].some(({ checked }) => checked)).toBe(
      false,
    );
    await press(button('Sign out there'));
    expect(shown()).toContain('Choose what happened to it');
    expect(ended(fake.calls)).toEqual([]);
  });

  test('one that is at hand is signed out and nothing else', async () => {
    const { fake } = await devices();
    await open();
    await press(field('I have it, or I replaced it'));
    expect(shown()).not.toContain('Was one of your passkeys on it?');
    await press(button('Sign out there'));
    expect(ended(fake.calls)).toEqual([{ device: 'd2', reason: 'signed-out' }]);
    expect(shown()).toContain('Signed out there.');
    expect(shown()).toContain('2 devices no longer in use');
  });

  test.each([
    ['It is lost', 'lost'],
    ['It was stolen', 'stolen'],
  ])('%s: ended, new keys, and without the passkey that was on it, in one press', async (label, reason) => {
    const { fake } = await devices();
    await open();
    await press(field(label));
    await press(field(/^Passkey · Leila/));
    await press(button('Sign out, get new keys'));
    expect(ended(fake.calls)).toEqual([{ device: 'd2', reason, remove: [{ id: 'key', opens: true }] }]);
    expect(shown()).toContain('It is signed out, and your keys are new.');
    expect(shown()).not.toContain('Your keys still have to be renewed.');
  });

  test('when only the keys failed it says so, offers it again, and the bar stays after the sheet is closed', async () => {
    const { fake, client } = await devices({ renewalFails: true });
    await open();
    await press(field('It was stolen'));
    await press(button('Sign out, get new keys'));
    expect(shown()).toContain('The device is signed out for good, but your keys are not renewed yet.');
    expect(shown()).toContain('Your keys still have to be renewed: until then you cannot read what is written now.');
    await press(button('Try again'));
    expect(fake.calls.filter(({ verb }) => verb === 'renewKeys')).toHaveLength(1);
    expect(shown()).toContain('Wardline cannot be reached.');
    await press(button('Later'));
    expect(shown()).toContain('Your keys still have to be renewed.');
    expect(shown()).toContain('2 devices no longer in use');
    expect(client.connection.value.renew?.why).toBe('stolen');
    expect(document.querySelector('.bar a')?.getAttribute('href')).toBe('#/more/keys');
  });

  test('a proof is asked for here as everywhere, and given by password or passkey', async () => {
    const { fake } = await devices({ unproved: true });
    await open();
    await press(field('It is lost'));
    await press(button('Sign out, get new keys'));
    expect(shown()).toContain('Is it still you?');
    await type('Password', 'right');
    await press(button('Confirm'));
    expect(ended(fake.calls)).toHaveLength(2);
    expect(shown()).toContain('It is signed out, and your keys are new.');
  });

  test('the only passkey of somebody without a password stays', async () => {
    const { fake } = await devices();
    const { ways, ...rest } = await fake.listUnlockers();
    fake.listUnlockers = () => Promise.resolve({ ...rest, ways: ways.filter(({ kind }) => kind !== 'password') });
    await open();
    await press(field('It is lost'));
    await press(field(/^Passkey · Leila/));
    expect(shown()).toContain('It is all that opens your messages.');
    expect(field(/^Passkey · Leila/).checked).toBe(false);
  });

  test('what is owed is renewed from its own page, and then the bar goes', async () => {
    const { fake, draw } = await mount({ renew: 'stolen' });
    await draw(
      <>
        <ConnectionBar />
        <RenewKeys />
      </>,
    );
    expect(shown()).toContain('A device of yours was reported stolen');
    await press(button('Renew my keys'));
    expect(fake.calls.find(({ verb }) => verb === 'renewKeys')?.arg).toEqual({ remove: [] });
    expect(shown()).toContain('Your keys are new.');
    expect(shown()).not.toContain('Your keys still have to be renewed.');
  });

  test('everywhere else: proof, then how many places', async () => {
    await devices({ unproved: true });
    await press(button('Sign out everywhere else'));
    const buttons = [...document.querySelectorAll<HTMLElement>('dialog button')];
    await press(buttons.find(({ textContent }) => textContent === 'Sign out everywhere else') as HTMLElement);
    await type('Password', 'right');
    await press(button('Confirm'));
    expect(shown()).toContain('Signed out in 1 other place.');
  });
});
