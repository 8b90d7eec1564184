import { describe, expect, test, vi } from 'vitest';
import type { Clock } from '../platform/types.ts';
import { watchForNetwork } from './network.ts';

function setUp() {
  let tick: (() => void) | undefined;
  const clock: Clock = {
    now: () => 0,
    every: (_ms, run) => {
      tick = run;
      return () => {
        tick = undefined;
      };
    },
  };
  const page = Object.assign(new EventTarget(), { visibilityState: 'visible' });
  const target = new EventTarget();
  let answer: (() => void) | undefined;
  const again = vi.fn(() => new Promise<void>((done) => (answer = done)));
  const stop = watchForNetwork({ clock, again, page: page as unknown as Document, target });
  const answered = async () => {
    answer?.();
    await new Promise((done) => setTimeout(done));
  };
  return { page, target, again, stop, answered, pass: () => tick?.() };
}

describe('while the server cannot be reached', () => {
  test('it is asked again now and then, without any word from the browser, one question at a time', async () => {
    const { again, pass, answered } = setUp();
    pass();
    pass();
    expect(again).toHaveBeenCalledTimes(1);
    await answered();
    pass();
    expect(again).toHaveBeenCalledTimes(2);
  });

  test('at once when the browser is online, and when somebody looks again', async () => {
    const { again, page, target, answered } = setUp();
    target.dispatchEvent(new Event('online'));
    await answered();
    page.dispatchEvent(new Event('visibilitychange'));
    expect(again).toHaveBeenCalledTimes(2);
  });

  test('not from a page that nobody sees, and not after it was stopped', () => {
    const { again, page, target, pass, stop } = setUp();
    page.visibilityState = 'hidden';
    pass();
    stop();
    page.visibilityState = 'visible';
    pass();
    target.dispatchEvent(new Event('online'));
    expect(again).not.toHaveBeenCalled();
  });
});
