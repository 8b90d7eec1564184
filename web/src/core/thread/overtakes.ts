/** Which of two descriptions of one filing is the later. */
import type { Filing } from '../remote/shapes.ts';

/**
 * Is this news later than what is known? The answer to a request and the live connection race: a filing may be in the record, or refused, before the
 * answer that it waits arrives. Attempts only grow; within one count, trying again (back to waiting) is the last thing that happens.
 */
export function overtakes(next: Filing, known: Filing | undefined): boolean {
  if (!known) return true;
  if (next.attempts !== known.attempts) return next.attempts > known.attempts;
  if (known.destroyedAt && !next.destroyedAt) return false;
  return known.state !== 'waiting' || next.state === 'waiting';
}
