/** The patient of a thread as its verified assertion has them. */
import type { PatientAssertion } from '../../crypto/layouts/patient.ts';
import { isTemporary } from '../../crypto/patient.ts';
import type { Patient, PatientQuery } from '../contract.ts';

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
