/** Which of two descriptions of one filing is the later. */
import type { Filing } from '../remote/shapes.ts';

/**
 * Is this news later than what is known? The answer to a request and the live connection race: a filing may be in the record, or refused, before the
 * answer that it waits arrives. Attempts only grow; within one count, trying again (back to waiting) is the last thing that happens.
 */
export function overtakes(next: Filing, known: Filing | undefined): boolean {
  if (!known) return true;
  if (phase(next) !== phase(known)) return phase(next) > phase(known);
  if (next.attempts !== known.attempts) return next.attempts > known.attempts;
  if (known.destroyedAt && !next.destroyedAt) return false;
  return known.state !== 'waiting' || next.state === 'waiting';
}

/** After a refusal the record may be told again: those two have no order of their own. */
const told = { owed: 1, retracting: 2, refused: 2, retracted: 3 } as const;

/** A quarantine is not undone: what it stopped stays stopped, and what it owes is marked one step after the other. */
const phase = ({ state, retraction }: Filing): number =>
  (retraction ? told[retraction] : 0) * 2 + Number(state === 'stopped');
