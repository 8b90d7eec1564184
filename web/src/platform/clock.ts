/** The browser's clock. */
import type { Clock } from './types.ts';

export const browserClock: Clock = {
  now: () => Date.now(),
  every(ms, run) {
    const handle = setInterval(run, ms);
    return () => clearInterval(handle);
  },
};
