/**
 * The patient of a thread (docs/protocol.md, section 9): the assertion that the index key vouches for, the link that a member
 * signed, and the thread itself must agree.
 */

import { type Bytes, equal } from './bytes.ts';
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
  return { assertion: entry.value, hash: await hashObject(patientAssertion, entry.object) };
}

/** The patient of an opened state: `null` in every space but `patient`, where there must be one. */
export async function patientOf(
  state: ThreadState,
  membership: Membership,
  chain: ManifestChain,
): Promise<PatientAssertion | null> {
  if (membership.create.space !== 'patient') {
    insist(state.assertion === null, 'not_entitled', 'a patient in a thread that is not a patient thread');
    return null;
  }
  const { link } = membership;
  if (state.assertion === null || link === null) {
    throw new Refusal('wrong_identity', 'a patient thread without its patient');
  }
  const { assertion, hash } = await verifyAssertion(state.assertion.assertion, chain, membership.thread);
  const linked = equal(hash, link.assertion) && equal(assertion.tag, link.tag);
  insist(linked, 'wrong_identity', 'not the patient that a member linked');
  insist(link.issued <= assertion.expires, 'not_entitled', 'linked after the assertion had expired');
  return assertion;
}
