/**
 * A patient's identity in words, the same everywhere: `SMITH, John (Mr)`, `12-Mar-1954 (72y)`, `943 476 5919`. What is not known says
 * so; nothing is guessed and nothing is cut.
 */
import type { IdentifyingNumber, Namesake, Patient } from '../../core/contract.ts';

export const notKnown = 'Not known';

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

export function patientName({ family, given, title, temporary }: Patient): string {
  if (!family && !given) return temporary ? `UNKNOWN PATIENT, ${temporary}` : 'UNKNOWN PATIENT';
  const name = [family.toLocaleUpperCase('en-GB'), given].filter(Boolean).join(', ');
  return title ? `${name} (${title})` : name;
}

/** For a sentence or a button: without the title. */
export const shortPatientName = (patient: Patient): string => patientName({ ...patient, title: '' });

/** On a button that decides or files: "SMITH, John, 12-Mar-1954", or "UNKNOWN, Kestrel, temporary identity N0099001". */
export function identityWords(patient: Patient): string {
  const { born, temporary } = patient;
  if (temporary) return `${shortPatientName(patient)}, temporary identity ${temporary}`;
  return born ? `${shortPatientName(patient)}, ${isoDate(born)}` : shortPatientName(patient);
}

/** The end of the number that somebody read from the wristband. */
export const lastFour = ({ nhsNumber, hospitalNumber }: Patient, by: IdentifyingNumber): string =>
  ((by === 'nhs-number' ? nhsNumber : hospitalNumber) ?? '').slice(-4);

/** The same of another patient; empty when it is not known. */
export const endingOf = ({ lastFour, hospitalLastFour }: Namesake, by: IdentifyingNumber): string =>
  by === 'nhs-number' ? lastFour : hospitalLastFour;

/** "hospital number ending 1193" */
export function endingWords(namesake: Namesake, by: IdentifyingNumber): string {
  const number = by === 'nhs-number' ? 'NHS number' : 'hospital number';
  const ending = endingOf(namesake, by);
  return ending ? `${number} ending ${ending}` : `${number} not known`;
}

export const namesakeKey = ({ name, lastFour, hospitalLastFour }: Namesake): string =>
  `${name} ${lastFour} ${hospitalLastFour}`;

/** "12-Mar-1954", or "Not known". */
export function isoDate(date: string | undefined): string {
  const parts = date ? /^(\d{4})-(\d{2})-(\d{2})$/.exec(date) : null;
  const month = months[Number(parts?.[2]) - 1];
  return parts && month ? `${parts[3]}-${month}-${parts[1]}` : notKnown;
}

/** "12-Mar-1954 (72y)"; of somebody who has died, the age at death. */
export function bornWithAge({ born, deceased }: Patient, now: number): string {
  if (!born) return notKnown;
  const until = deceased && deceased !== 'unknown' ? Date.parse(`${deceased}T12:00:00Z`) : now;
  const years = deceased === 'unknown' ? '' : age(born, until);
  return years ? `${isoDate(born)} (${years})` : isoDate(born);
}

/**
 * The younger the patient, the finer the unit: days under four weeks, weeks and days under a year, months and days under two,
 * years and months under eighteen, then years.
 */
export function age(born: string, at: number): string {
  const [year = 0, month = 1, day = 1] = born.split('-').map(Number);
  const today = new Date(at);
  let months = (today.getFullYear() - year) * 12 + today.getMonth() + 1 - month;
  if (today.getDate() < day) months -= 1;
  const days = Math.floor(
    (Date.UTC(today.getFullYear(), today.getMonth(), today.getDate()) - Date.UTC(year, month - 1, day)) / 86_400_000,
  );
  if (days < 0) return '';
  if (days < 28) return `${days}d`;
  if (months < 12) return `${Math.floor(days / 7)}w ${days % 7}d`;
  if (months < 24) return `${months}m ${daysIntoMonth(today, day)}d`;
  if (months < 216) return `${Math.floor(months / 12)}y ${months % 12}m`;
  return `${Math.floor(months / 12)}y`;
}

function daysIntoMonth(today: Date, bornOn: number): number {
  if (today.getDate() >= bornOn) return today.getDate() - bornOn;
  const lastOfPrevious = new Date(today.getFullYear(), today.getMonth(), 0).getDate();
  return Math.max(0, lastOfPrevious - bornOn) + today.getDate();
}

/** "943 476 5919", with spaces that do not break. */
export function nhsNumber(digits: string | undefined): string {
  if (!digits) return notKnown;
  return /^\d{10}$/.test(digits) ? `${digits.slice(0, 3)}\u00a0${digits.slice(3, 6)}\u00a0${digits.slice(6)}` : digits;
}

/** The NHS number, unless the hospital's own is the only one; "Not known" of the unknown patient. */
export const numberLabel = (patient: Patient): string => (hasOnlyHospitals(patient) ? 'Hospital No.' : 'NHS No.');
export const numberWords = (patient: Patient): string =>
  (hasOnlyHospitals(patient) && patient.hospitalNumber) || nhsNumber(patient.nhsNumber);

const hasOnlyHospitals = ({ nhsNumber, hospitalNumber, temporary }: Patient): boolean =>
  !nhsNumber && hospitalNumber !== undefined && temporary === undefined;

/** What was typed, without spaces and dashes. */
export const bareNumber = (typed: string): string => typed.replace(/[\s\u00a0-]/g, '');

/** Ten digits whose last checks the others; one repeated digit passes the sum and is refused all the same. */
export function isNhsNumber(digits: string): boolean {
  if (!/^\d{10}$/.test(digits) || /^(\d)\1{9}$/.test(digits)) return false;
  let sum = 0;
  for (let at = 0; at < 9; at += 1) sum += Number(digits[at]) * (10 - at);
  const check = 11 - (sum % 11);
  return check !== 10 && (check === 11 ? 0 : check) === Number(digits[9]);
}

/** `1954-03-12` from what was typed, or nothing when there is no such day or it lies ahead. */
export function dateFrom(parts: { day: string; month: string; year: string }, now: number): string | undefined {
  const [day, month, year] = [parts.day, parts.month, parts.year].map((part) => Number(part.trim()));
  if (!day || !month || !year || !/^\d{4}$/.test(parts.year.trim())) return undefined;
  const date = new Date(Date.UTC(year, month - 1, day));
  const exists = date.getUTCDate() === day && date.getUTCMonth() === month - 1;
  if (!exists || year < 1880 || date.getTime() > now) return undefined;
  return date.toISOString().slice(0, 10);
}

const differenceWords: Record<Namesake['differs'][number], string> = {
  family: 'last name',
  given: 'first name',
  title: 'title',
  born: 'date of birth',
  'nhs-number': 'NHS number',
  'hospital-number': 'hospital number',
};

/** "first name, title and NHS number" of another patient who could be meant. */
export const differingParts = (namesake: Namesake): string[] => namesake.differs.map((part) => differenceWords[part]);
