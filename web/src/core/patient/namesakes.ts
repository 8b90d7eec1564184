/** Who among the patients of my own threads could be mistaken for another (H10). */
import type { Namesake, Patient } from '../contract.ts';
import { displayPatient, foldName, isClose } from '../people/name.ts';
import { isSame } from './patient.ts';

/** The same family name, or one that reads like it, with a given name like it or the same day of birth. */
export function namesakesAmong(patient: Patient, others: readonly Patient[]): Namesake[] {
  // Several threads about one person are one namesake.
  const distinct = new Map(others.map((other) => [numberOf(other) ?? displayPatient(other), other]));
  return [...distinct.values()]
    .filter((other) => !isSame(other, patient) && mistakable(patient, other))
    .map((other) => ({
      name: displayPatient(other),
      differs: differences(patient, other),
      lastFour: other.nhsNumber?.slice(-4) ?? '',
      hospitalLastFour: other.hospitalNumber?.slice(-4) ?? '',
      source: 'own-thread' as const,
    }));
}

function mistakable(a: Patient, b: Patient): boolean {
  const close = (x: string, y: string) => isClose(foldName(x), foldName(y));
  if (!close(a.family, b.family)) return false;
  const [first, second] = [a, b].map(({ given }) => foldName(given).split(' ')[0] ?? '');
  return close(first ?? '', second ?? '') || first?.[0] === second?.[0] || (a.born !== undefined && a.born === b.born);
}

export function differences(a: Patient, b: Patient): Namesake['differs'] {
  const differs: Namesake['differs'] = [];
  if (foldName(a.family) !== foldName(b.family)) differs.push('family');
  if (foldName(a.given) !== foldName(b.given)) differs.push('given');
  if ((a.title ?? '') !== (b.title ?? '')) differs.push('title');
  if (a.born !== b.born) differs.push('born');
  if (a.nhsNumber !== b.nhsNumber) differs.push('nhs-number');
  if (a.hospitalNumber && b.hospitalNumber && a.hospitalNumber !== b.hospitalNumber) differs.push('hospital-number');
  return differs;
}

const numberOf = ({ nhsNumber, hospitalNumber }: Patient): string | undefined => nhsNumber ?? hospitalNumber;
