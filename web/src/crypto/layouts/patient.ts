/** The patient assertion (section 9). */

import { type Infer, bytes, flag, object, oneOf, text, time, u32 } from '../layout.ts';

export const patientAssertion = object(0x0370, 'patient-assertion', {
  tag: bytes(32),
  tagKey: u32,
  thread: bytes(32),
  requester: bytes(16),
  nhsNumber: text(10),
  family: text(200),
  given: text(200),
  title: text(50),
  birthDate: text(10),
  hospitalNumber: text(40),
  needs: text(400),
  superseded: text(10),
  restricted: flag,
  deceased: text(10),
  reference: text(200),
  version: text(100),
  issued: time,
  expires: time,
  /** H of the assertion whose place this one takes; zero for the first link of a thread. */
  continues: bytes(32),
  /** The number that somebody typed and the index compared; the other one is what the index has beside it. */
  identifiedBy: oneOf({ 'nhs-number': 1, 'hospital-number': 2 }),
});
export type PatientAssertion = Infer<typeof patientAssertion>;
