/**
 * R25: the lock after a time without use, in the worker as well, so that the keys go even when the page hangs. By the wall clock:
 * a machine that slept locks the moment it wakes.
 */
import type { Clock } from '../../platform/types.ts';

const lookEvery = 2000;

export class IdleClock {
  readonly #clock: Clock;
  #last = 0;
  #stop: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  start(idleMs: number, onIdle: () => void): void {
    this.stop();
    this.touch();
    this.#stop = this.#clock.every(lookEvery, () => {
      if (this.#clock.now() - this.#last < idleMs) return;
      this.stop();
      onIdle();
    });
  }

  touch(): void {
    this.#last = this.#clock.now();
  }

  stop(): void {
    this.#stop?.();
    this.#stop = undefined;
  }
}
