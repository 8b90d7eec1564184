/**
 * While the server cannot be reached and nothing is open: asks again, now and then and whenever there is a reason to. The browser's own
 * "online" tells of this device's network only, often too early, and never of a server that was away.
 */
import type { Clock } from '../platform/types.ts';

type Options = { clock: Clock; again: () => Promise<void>; page?: Document; target?: EventTarget };

const askEvery = 10_000;

export function watchForNetwork({ clock, again, page = document, target = window }: Options): () => void {
  let asking = false;
  function ask(): void {
    // One question at a time, and none from a page that nobody sees.
    if (asking || page.visibilityState === 'hidden') return;
    asking = true;
    again()
      .catch(() => undefined)
      .finally(() => {
        asking = false;
      });
  }
  const stopClock = clock.every(askEvery, ask);
  target.addEventListener('online', ask);
  page.addEventListener('visibilitychange', ask);
  return () => {
    stopClock();
    target.removeEventListener('online', ask);
    page.removeEventListener('visibilitychange', ask);
  };
}
