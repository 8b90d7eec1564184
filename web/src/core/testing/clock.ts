/** A clock that stands still until a test moves it, for everything that waits longer than a moment. */
import type { Clock } from '../../platform/types.ts';

/** Shorter waits only gather what comes together: they pass by themselves. */
const moment = 100;

type Timer = { at: number; every: number | undefined; run: () => void };

export class TestClock implements Clock {
  #now = Date.UTC(2026, 10, 24, 9, 0, 0);
  readonly #timers = new Set<Timer>();

  now(): number {
    return this.#now;
  }

  every(ms: number, run: () => void): () => void {
    return this.#add({ at: this.#now + ms, every: ms, run });
  }

  readonly after = (ms: number, run: () => void): (() => void) => {
    if (ms > moment) return this.#add({ at: this.#now + ms, every: undefined, run });
    const handle = setTimeout(run, 0);
    return () => clearTimeout(handle);
  };

  /** Moves on, and calls back in the order of time. */
  pass(ms: number): void {
    const until = this.#now + ms;
    for (;;) {
      const [next] = [...this.#timers].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at);
      if (!next) break;
      this.#now = Math.max(this.#now, next.at);
      if (next.every === undefined) this.#timers.delete(next);
      else next.at += next.every;
      next.run();
    }
    this.#now = until;
  }

  /** As a machine that slept: the time is another, and timers run late. */
  sleep(ms: number): void {
    this.#now += ms;
  }

  #add(timer: Timer): () => void {
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }
}
