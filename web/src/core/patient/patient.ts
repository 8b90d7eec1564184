/** The patient of a thread as its verified assertion has them, and who among my own threads could be mistaken for them (H10). */
import type { PatientAssertion } from '../../crypto/layouts/patient.ts';
import { isTemporary } from '../../crypto/patient.ts';
import type { Namesake, Patient, PatientQuery } from '../contract.ts';
import { displayPatient, foldName, isClose } from '../people/name.ts';

export function patientCard(assertion: PatientAssertion): Patient {
  const { family, given, title, birthDate, nhsNumber, hospitalNumber, deceased, restricted, needs } = assertion;
  return {
    family,
    given,
    ...(title ? { title } : {}),
    ...(birthDate ? { born: birthDate } : {}),
    ...(nhsNumber ? { nhsNumber } : {}),
    ...(hospitalNumber ? { hospitalNumber } : {}),
    ...(isTemporary(assertion) ? { temporary: hospitalNumber } : {}),
    ...(deceased ? { deceased } : {}),
    restricted,
    needs: needs.split('\n').filter((need) => need !== ''),
  };
}

/** The numbers that may be written in this patient's thread: the present one, and those that led to it. */
export function numbersOf(identities: Iterable<PatientAssertion>): string[] {
  return [...identities].flatMap(({ nhsNumber, superseded }) => [nhsNumber, superseded]).filter((each) => each !== '');
}

/** What the record is asked with to find the same patient again. */
export function queryFor(assertion: PatientAssertion): PatientQuery {
  const { family, given, birthDate, nhsNumber, hospitalNumber, identifiedBy } = assertion;
  if (isTemporary(assertion)) return { family, given, hospitalNumber, temporary: true };
  return { family, given, born: birthDate, ...(identifiedBy === 'nhs-number' ? { nhsNumber } : { hospitalNumber }) };
}

/** What tells one patient from another: the NHS number, or the hospital's where there is none. */
export function isSame(a: Patient, b: Patient): boolean {
  if (a.nhsNumber || b.nhsNumber) return a.nhsNumber === b.nhsNumber;
  return a.hospitalNumber !== undefined && a.hospitalNumber === b.hospitalNumber;
}

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
