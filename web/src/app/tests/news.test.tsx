/** What is read out of the connection: once, when it begins, whatever screen the bars are on. */
import { act } from 'preact/test-utils';
import { describe, expect, test } from 'vitest';
import { App } from '../App.tsx';
import { mount, settled, shown } from './mount.tsx';

const live = (words: string) =>
  [...document.querySelectorAll('[role="alert"], [role="status"], [aria-live]')].filter(({ textContent }) =>
    textContent?.includes(words),
  );

describe('R44 what is read out of the connection', () => {
  test('is in one live region, which stays from screen to screen', async () => {
    const { client, fake } = await mount({}, (each) => <App client={each} fault={undefined} />);
    await settled();
    expect(live('Offline.')).toEqual([]);
    const alarm = { by: 'Dr Ben Okoro', evidence: 'x' };
    const renew = { why: 'lost' as const, since: Date.now() };
    await act(() => fake.emit('connection', { state: 'offline', queued: 2, alarm, renew }));
    await settled();
    // The bars say more, to the eye.
    expect(shown()).toContain('2 messages are queued on this device');
    const before = ['Offline.', 'Two lists of keys.', 'Your keys still have to be renewed.'].map(live);
    expect(before.map(({ length }) => length)).toEqual([1, 1, 1]);
    const words = before.map(([each]) => each?.textContent);
    await act(() => client.router.go({ at: 'more' }));
    await settled();
    expect(before.map(([each]) => each?.isConnected)).toEqual([true, true, true]);
    expect(before.map(([each]) => each?.textContent)).toEqual(words);
    expect(live('Offline.')).toHaveLength(1);
  });

  test('is taken back when it is over', async () => {
    const { fake } = await mount({}, (each) => <App client={each} fault={undefined} />);
    await act(() => fake.emit('connection', { state: 'offline', queued: 0 }));
    await settled();
    expect(live('Offline.')).toHaveLength(1);
    await act(() => fake.emit('connection', { state: 'online', queued: 0 }));
    await settled();
    expect(live('Offline.')).toEqual([]);
  });
});
