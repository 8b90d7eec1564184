/**
 * What the app needs of the machine it runs on, as interfaces, so that tests put a fixed one in place. The browser's implementations
 * are beside this file.
 */

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls back every `ms` until the returned function is called. */
  every(ms: number, run: () => void): () => void;
}

/** Small choices kept on this device. Each key says when it goes. */
export type ClearedAt = 'lock' | 'sign-out' | 'wipe';
