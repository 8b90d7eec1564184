import { act } from 'preact/test-utils';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { Lock } from '../../features/gate/Lock.tsx';
import { tabLockName } from '../../platform/tabs.ts';
import { button, field, mount, settled, press, shown, type } from './mount.tsx';

/** The browser's locks, as far as a page that is locked uses them: who holds one, and a place in the line behind them. */
function locksHeldBy(holders: { name: string; mode: 'exclusive' | 'shared' }[]) {
  let line: (() => void)[] = [];
  return {
    query: async () => ({ held: holders, pending: [] }),
    request: (_name: string, _options: object, run: () => void) =>
      new Promise<void>((done) =>
        line.push(() => {
          run();
          done();
        }),
      ),
    release() {
      holders.length = 0;
      const next = line;
      line = [];
      for (const each of next) each();
    },
  };
}

function withLocks(locks: object | undefined) {
  Object.defineProperty(navigator, 'locks', { configurable: true, value: locks });
}
afterEach(() => withLocks(undefined));

const open = () => locksHeldBy([{ name: tabLockName, mode: 'exclusive' }]);
const lock = () => mount({ state: 'locked' }, () => <Lock organisation="Northbridge" />);

describe('R25 one tab at a time', () => {
  test('a locked tab says that another one is open, and asks for the password when it is wanted here', async () => {
    withLocks(open());
    const { fake, client } = await lock();
    expect(shown()).toContain('Wardline is open in another tab');
    expect(shown()).toContain('It can be open in one tab at a time on this device.');
    expect(shown()).not.toContain('Unlock');
    await press(button('Use it here'));
    expect(document.activeElement?.textContent).toBe('Locked');
    await type(/^Password/, 'right');
    await press(button('Unlock'));
    expect(fake.calls.some((call) => call.verb === 'unlock')).toBe(true);
    expect(client.session.value?.at).toBe('ready');
  });

  test('is an ordinary lock screen as soon as the other tab is gone', async () => {
    const locks = open();
    withLocks(locks);
    await lock();
    await act(() => locks.release());
    await settled();
    expect(shown()).not.toContain('another tab');
    expect(field('Password')).toBeTruthy();
  });

  test('a tab that was opened later is noticed when this one is looked at again', async () => {
    const holders: { name: string; mode: 'exclusive' | 'shared' }[] = [];
    withLocks(locksHeldBy(holders));
    await lock();
    expect(shown()).toContain('Unlock');
    holders.push({ name: tabLockName, mode: 'exclusive' });
    await act(() => void dispatchEvent(new Event('focus')));
    await settled();
    expect(shown()).toContain('Wardline is open in another tab');
  });

  test('but not while the password is being checked here: that tab may be this one', async () => {
    const holders: { name: string; mode: 'exclusive' | 'shared' }[] = [];
    withLocks(locksHeldBy(holders));
    const { fake } = await lock();
    fake.unlock = () => new Promise(() => undefined);
    await type('Password', 'right');
    await press(button('Unlock'));
    holders.push({ name: tabLockName, mode: 'exclusive' });
    await act(() => void dispatchEvent(new Event('focus')));
    await settled();
    expect(shown()).toContain('Unlocking…');
  });

  test.each([
    ['without Web Locks', undefined],
    ['where others wait too', locksHeldBy([{ name: tabLockName, mode: 'shared' }])],
    ['where another lock is held', locksHeldBy([{ name: 'of something else', mode: 'exclusive' }])],
    ['where the question fails', { query: vi.fn().mockRejectedValue(new Error('no')) }],
  ])('%s it is an ordinary lock screen', async (_name, locks) => {
    withLocks(locks);
    await lock();
    expect(shown()).toContain('Unlock');
    expect(shown()).not.toContain('another tab');
  });
});
