import { act } from 'preact/test-utils';
import { describe, expect, test, vi } from 'vitest';
import { Lock } from '../../features/gate/Lock.tsx';
import { App } from '../App.tsx';
import { button, field, mount, press, settled, shown, tick, type } from './mount.tsx';

describe('R22 R25 locking', () => {
  test('clears what the screens hold, tells the worker, and starts anew', async () => {
    const { client, fake, startAnew } = await mount();
    await settled();
    expect(client.inbox.value?.length).toBeGreaterThan(0);
    await client.lock();
    expect(client.inbox.value).toBeUndefined();
    expect(client.session.value).toBeUndefined();
    expect(fake.calls.at(-1)?.verb).toBe('lock');
    expect(startAnew).toHaveBeenCalledTimes(1);
  });

  test('happens also when the worker does not answer and a draft cannot be saved', async () => {
    const { client, fake, startAnew } = await mount();
    client.beforeLock(() => Promise.reject(new Error('no')));
    fake.lock = () => Promise.reject(new Error('offline'));
    await client.lock().catch(() => undefined);
    expect(client.session.value).toBeUndefined();
    expect(startAnew).toHaveBeenCalledTimes(1);
  });

  test('by the worker, in another tab or by the organisation, clears the screens too', async () => {
    const { client, fake, startAnew } = await mount();
    await settled();
    fake.emit('locked', { cause: 'revoked' });
    expect(client.inbox.value).toBeUndefined();
    expect(startAnew).toHaveBeenCalledTimes(1);
  });

  test('leaves nothing of a person or a patient on the page (R26)', async () => {
    const { client, draw } = await mount({}, (each) => <App client={each} fault={undefined} />);
    await settled();
    expect(shown()).toContain('SMITH, John');
    await client.lock();
    await draw(<App client={client} fault={undefined} />);
    expect(shown()).not.toMatch(/SMITH|Haddad|Patel|943|unread/);
  });
});

describe('the lock screen', () => {
  test('R26 says nothing about anybody', async () => {
    await mount({ state: 'locked' }, (client) => <App client={client} fault={undefined} />);
    expect(shown()).toContain('Locked');
    expect(shown()).toContain('Cardiac arrest: call 2222.');
    expect(shown()).not.toMatch(/Haddad|SMITH|unread/);
  });

  test('opens with the password and forgets a wrong one', async () => {
    const { client, fake } = await mount({ state: 'locked' }, () => <Lock organisation="Northbridge" />);
    await type('Password', 'wrong');
    await press(button('Unlock'));
    expect(shown()).toContain('That is not your password.');
    expect(field('Password').value).toBe('');
    await type('Password', 'right');
    await press(button('Unlock'));
    expect(fake.calls.filter((call) => call.verb === 'unlock').length).toBe(2);
    expect(client.session.value?.at).toBe('ready');
  });
});

describe('the lock screen without a network', () => {
  const away = { at: 'locked', organisation: 'Northbridge', demonstration: false, offline: true } as const;
  const offline = async () => {
    const mounted = await mount({ state: 'locked', pin: true }, (client) => <App client={client} fault={undefined} />);
    await act(() => mounted.fake.emit('state', away));
    await settled();
    return mounted;
  };

  test('says so, and no more once the server answers, though the browser has said nothing', async () => {
    await offline();
    expect(shown()).toContain('Offline.');
    await tick();
    expect(shown()).not.toContain('Offline.');
    // What opens quickly is there with it.
    await vi.waitFor(async () => {
      await settled();
      expect(shown()).toContain('Enter your PIN');
    });
  });

  test('does not take the password away that somebody has begun', async () => {
    await offline();
    await act(() => field('Password').focus());
    await type('Password', 'half');
    await tick();
    expect(shown()).not.toContain('Offline.');
    expect(field('Password').value).toBe('half');
    expect(button('Use your PIN')).toBeTruthy();
  });

  test('takes back what failed for want of it', async () => {
    const { fake } = await offline();
    vi.spyOn(fake, 'unlock').mockRejectedValueOnce(
      Object.assign(new Error(), { code: 'offline', message: 'Wardline cannot be reached.' }),
    );
    await type('Password', 'right');
    await press(button('Unlock'));
    expect(document.querySelector('[role="alert"]')?.textContent).toContain('Wardline cannot be reached.');
    await tick();
    expect(shown()).not.toContain('cannot be reached');
  });
});

test('a start that fails says why', async () => {
  const { client, draw } = await mount({ state: 'locked' });
  const fault = { code: 'worker.failed', message: 'Wardline could not start on this device.' };
  client.wardline.session = vi.fn();
  await client.lock();
  await draw(<App client={client} fault={fault} />);
  expect(shown()).toContain('Wardline could not start');
});
