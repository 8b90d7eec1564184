/**
 * The patient of a thread (docs/protocol.md, section 9): the assertion that the index key vouches for, the link that a member
 * signed, and the thread itself must agree. A later link says better who the patient is, and never that it is another one.
 */

import { type Bytes, bytesOf, equal } from './bytes.ts';
import { hashObject } from './domain.ts';
import type { ThreadState } from './layouts/epoch.ts';
import { type PatientAssertion, patientAssertion } from './layouts/patient.ts';
import { type ManifestChain, serverKeys } from './manifest.ts';
import type { Membership } from './membership-rules.ts';
import { Refusal, insist } from './refusal.ts';
import { unpack, verifyExactly } from './signed.ts';

export type VerifiedAssertion = { readonly assertion: PatientAssertion; readonly hash: Bytes };

/** Verifies a `signed` patient-assertion: signed with the server's `assert` key, and made for this thread. */
export async function verifyAssertion(signed: Bytes, chain: ManifestChain, thread: Bytes): Promise<VerifiedAssertion> {
  const entry = unpack(patientAssertion, signed);
  await verifyExactly(patientAssertion, entry, [{ kind: 'assert', keys: serverKeys(chain, 'assert') }]);
  insist(equal(entry.value.thread, thread), 'wrong_identity', 'an assertion for another thread');
  checkAssertion(entry.value);
  return { assertion: entry.value, hash: await hashObject(patientAssertion, entry.object) };
}

/** Refuses an assertion that names nobody. */
function checkAssertion({ nhsNumber, hospitalNumber, birthDate, identifiedBy }: PatientAssertion): void {
  insist(nhsNumber !== '' || hospitalNumber !== '', 'wrong_identity', 'an assertion of nobody: it has no number');
  insist(nhsNumber === '' || birthDate !== '', 'wrong_identity', 'an NHS number without a date of birth');
  const number = identifiedBy === 'nhs-number' ? nhsNumber : hospitalNumber;
  insist(number !== '', 'wrong_identity', 'identified by a number that it does not have');
}

/** The unknown patient: nobody knows more of them than what the hospital wrote on their wristband. */
export function isTemporary({ nhsNumber, birthDate }: Pick<PatientAssertion, 'nhsNumber' | 'birthDate'>): boolean {
  return nhsNumber === '' && birthDate === '';
}

/**
 * The patient of an epoch's opened state: `null` in every space but `patient`, where there must be one. `membership` is the one
 * at the epoch's record.
 */
export async function patientOf(
  state: ThreadState,
  membership: Membership,
  chain: ManifestChain,
): Promise<PatientAssertion | null> {
  if (membership.create.space !== 'patient') {
    insist(state.assertion === null, 'not_entitled', 'a patient in a thread that is not a patient thread');
    return null;
  }
  const [link, former] = [membership.links.at(-1), membership.links.at(-2)];
  if (state.assertion === null || link === undefined) {
    throw new Refusal('wrong_identity', 'a patient thread without its patient');
  }
  const { assertion, hash } = await verifyAssertion(state.assertion.assertion, chain, membership.thread);
  const linked = equal(hash, link.assertion) && equal(assertion.tag, link.tag);
  insist(linked, 'wrong_identity', 'not the patient that a member linked');
  const continues = equal(assertion.continues, former?.assertion ?? bytesOf(32));
  insist(continues, 'wrong_identity', 'does not take the place of the link before it');
  insist(link.issued <= assertion.expires, 'not_entitled', 'linked after the assertion had expired');
  return assertion;
}

/**
 * Refuses an assertion that would take the place of another and is of another patient. An NHS number stays, or the index replaced it.
 * Who had none may be found to be anybody: for that there is the server's word, and the person who compared.
 */
export function samePatient(former: PatientAssertion, next: PatientAssertion): void {
  checkAssertion(next);
  const numbers = next.nhsNumber === '' ? [] : [next.nhsNumber, next.superseded];
  const same = former.nhsNumber === '' || numbers.includes(former.nhsNumber);
  insist(same, 'wrong_identity', 'an assertion of another patient than the one before');
}
