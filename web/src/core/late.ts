/**
 * A part of the program that is not needed to reach the inbox: it is fetched when it is first used. One that could not be fetched is like a
 * server that does not answer: whoever asked is told, or tries again, and the next time it is asked for anew.
 */
import { Unreachable } from './fault.ts';

export function late<T>(fetch: () => Promise<T>): () => Promise<T> {
  let coming: Promise<T> | undefined;
  return () =>
    (coming ??= fetch().catch(() => {
      coming = undefined;
      throw new Unreachable('a part of the program');
    }));
}
