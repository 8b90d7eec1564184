/**
 * R25: the lock after a time without use, by the wall clock. A sleeping machine runs no timers, so the clock is looked at again the
 * moment somebody is back, before anything can be read.
 */
import type { Clock } from '../platform/types.ts';

type Options = {
  clock: Clock;
  idleMs: number;
  onIdle: () => void;
  /** Tells the worker that somebody is there, now and then. */
  onUse: () => void;
  target?: EventTarget;
};

const signs = ['pointerdown', 'keydown', 'wheel', 'touchstart'];
const lookEvery = 5000;
const tellEvery = 15_000;

export function watchIdle({ clock, idleMs, onIdle, onUse, target = document }: Options): () => void {
  let last = clock.now();
  let told = clock.now();
  let over = false;

  function look(): boolean {
    if (over) return true;
    if (clock.now() - last < idleMs) return false;
    over = true;
    stop();
    onIdle();
    return true;
  }

  function used(): void {
    if (look()) return;
    last = clock.now();
    if (last - told >= tellEvery) {
      told = last;
      onUse();
    }
  }

  const stopClock = clock.every(lookEvery, () => void look());
  const onVisible = () => void look();
  for (const sign of signs) target.addEventListener(sign, used, { capture: true, passive: true });
  target.addEventListener('visibilitychange', onVisible);

  function stop(): void {
    stopClock();
    for (const sign of signs) target.removeEventListener(sign, used, { capture: true });
    target.removeEventListener('visibilitychange', onVisible);
  }
  return stop;
}
