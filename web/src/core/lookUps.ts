/** Finding out who a patient is, and whether it still stands. */
import type { IdentifyingNumber, LookupId, Namesake, Patient, ThreadId } from './contract.ts';

/**
 * Three identifiers: the name, the date of birth, and the NHS number or the hospital's number. `temporary`: an unknown patient, with the name
 * and the number that the hospital gave them, and no date of birth.
 */
export type PatientQuery = {
  family: string;
  given: string;
  born?: string;
  nhsNumber?: string;
  hospitalNumber?: string;
  temporary?: true;
};

/** `found` is told only where it agrees: two of three must not confirm the third. */
export type Compared = {
  what: 'name' | 'born' | 'nhs-number' | 'hospital-number';
  asked: string;
  matches: boolean;
  found?: string;
};

export type PatientAnswer =
  | {
      outcome: 'match';
      lookup: LookupId;
      patient: Patient;
      compared: Compared[];
      /** The number that was typed and compared. */
      identifiedBy: IdentifyingNumber;
      supersededFrom?: string;
      namesakes: Namesake[];
      /** What the hospital's own index holds otherwise than the national one: the wristband decides. */
      disagrees: ('name' | 'born')[];
      /** Another thread about this patient that I am already in. */
      existing?: ThreadId;
    }
  | { outcome: 'no-match'; compared: Compared[] }
  | { outcome: 'not-found' }
  | { outcome: 'invalidated' }
  /** Asked for an unknown patient, and the hospital knows who it is; asked for a known one, and it does not. */
  | { outcome: 'known' }
  | { outcome: 'temporary' }
  /** Not the patient of the thread that was to be linked better. */
  | { outcome: 'another' }
  | { outcome: 'unreachable' };

/** Whether the identity of a thread's patient still stands in the record. */
export type PatientStanding =
  | { outcome: 'current' }
  /** The number was replaced, and everything else agrees. */
  | { outcome: 'superseded'; nhsNumber: string; was: string }
  /** The same number, and the name or the date of birth is another one now. */
  | { outcome: 'changed'; differs: ('name' | 'born')[] }
  /** The hospital knows by now who the unknown patient is. */
  | { outcome: 'identified' }
  /** The number is not known there any more. */
  | { outcome: 'gone' };
