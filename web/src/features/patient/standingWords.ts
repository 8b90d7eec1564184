/** What the record said of a patient's identity, for the bar and for the details. */
import type { PatientStanding } from '../../core/contract.ts';
import { listed } from '../../ui/words.ts';

const parts = { name: 'name', born: 'date of birth' } as const;

/** "name and date of birth", as far as it was told. */
export function differentWords(standing: PatientStanding | undefined): string {
  const differs = standing?.outcome === 'changed' ? standing.differs : [];
  return differs.length > 0 ? listed(differs.map((each) => parts[each])) : 'name or date of birth';
}

export const standingWords: Record<PatientStanding['outcome'], string> = {
  current: 'The record says the same',
  superseded: 'The record has another NHS number now',
  changed: 'The record has something else now',
  identified: 'The hospital knows by now who this is',
  gone: 'The record does not know this number any more',
};
