import { describe, expect, test, vi } from 'vitest';
import type { Clock } from '../platform/types.ts';
import { watchIdle } from './idle.ts';

function setUp() {
  let now = 1_000_000;
  let tick: (() => void) | undefined;
  const clock: Clock = {
    now: () => now,
    every: (_ms, run) => {
      tick = run;
      return () => {
        tick = undefined;
      };
    },
  };
  const target = new EventTarget();
  const onIdle = vi.fn();
  const onUse = vi.fn();
  const stop = watchIdle({ clock, idleMs: 120_000, onIdle, onUse, target });
  return {
    target,
    onIdle,
    onUse,
    stop,
    pass: (ms: number, withTicks = true) => {
      now += ms;
      if (withTicks) tick?.();
    },
    use: (sign = 'keydown') => target.dispatchEvent(new Event(sign)),
  };
}

describe('R25 lock after a short period', () => {
  test('locks when nothing was used for the time, once', () => {
    const { pass, onIdle } = setUp();
    pass(119_999);
    expect(onIdle).not.toHaveBeenCalled();
    pass(1);
    pass(60_000);
    expect(onIdle).toHaveBeenCalledTimes(1);
  });

  test.each(['keydown', 'pointerdown', 'wheel', 'touchstart'])('%s starts the time again', (sign) => {
    const { pass, use, onIdle } = setUp();
    pass(100_000);
    use(sign);
    pass(100_000);
    expect(onIdle).not.toHaveBeenCalled();
    pass(20_000);
    expect(onIdle).toHaveBeenCalledTimes(1);
  });

  test('a machine that slept locks on the first sign of life, without a timer', () => {
    const { pass, use, onIdle, onUse } = setUp();
    pass(8 * 3_600_000, false);
    use();
    expect(onIdle).toHaveBeenCalledTimes(1);
    expect(onUse).not.toHaveBeenCalled();
  });

  test('a page that comes back into view is looked at', () => {
    const { pass, target, onIdle } = setUp();
    pass(200_000, false);
    target.dispatchEvent(new Event('visibilitychange'));
    expect(onIdle).toHaveBeenCalledTimes(1);
  });

  test('the worker is told now and then that somebody is there', () => {
    const { pass, use, onUse } = setUp();
    for (let at = 0; at < 40; at += 1) {
      pass(1000);
      use();
    }
    expect(onUse).toHaveBeenCalledTimes(2);
  });

  test('nothing happens after it was stopped', () => {
    const { pass, use, stop, onIdle } = setUp();
    stop();
    pass(500_000);
    use();
    expect(onIdle).not.toHaveBeenCalled();
  });
});
