/**
 * Who the patient of a thread is, over time (docs/protocol.md, section 9): each link says better than the one before who it is. Whoever can read
 * what was linked before makes sure that it is still the same patient, whatever the server vouches for (H10).
 */
import { hex } from '../../crypto/bytes.ts';
import type { Epoch } from '../../crypto/epoch.ts';
import type { ThreadState } from '../../crypto/layouts/epoch.ts';
import type { Link } from '../../crypto/layouts/membership.ts';
import type { PatientAssertion } from '../../crypto/layouts/patient.ts';
import type { Membership } from '../../crypto/membership-rules.ts';
import { patientOf, samePatient } from '../../crypto/patient.ts';
import { Refusal } from '../../crypto/refusal.ts';
import { Fault } from '../fault.ts';
import { ServedWrong } from './secrets.ts';
import type { Thread } from './thread.ts';

/** The patient of an opened state, as its epoch's link has them. Refuses another one than before. */
export async function patientIn(thread: Thread, epoch: Epoch, state: ThreadState): Promise<PatientAssertion | null> {
  const patient = await patientOf(state, epoch.membership, thread.ward.trust.chain);
  const link = epoch.membership.links.at(-1);
  if (patient === null || link === undefined) return patient;
  const former = await formerPatient(thread, epoch.membership);
  if (former) samePatient(former, patient);
  thread.identities.set(hex(link.assertion), patient);
  return patient;
}

/** The patient of a link of this thread, as far as it could be read here. */
export function identityOfLink(thread: Thread, link: Pick<Link, 'assertion'>): PatientAssertion | undefined {
  return thread.identities.get(hex(link.assertion));
}

/** What was linked before, and the place of the link in the log. */
export function linksOf(thread: Thread): { link: Link; seq: number }[] {
  const { records } = thread;
  return (records.membership?.current.links ?? []).map((link) => ({ link, seq: records.placeOf(link.seq) }));
}

/**
 * May this state be sealed for this membership? Between a later link and its keys nobody knows whom it names but its author: keys that
 * name the patient before would be refused by everybody.
 */
export async function insistAgrees(thread: Thread, membership: Membership, state: ThreadState): Promise<void> {
  try {
    await patientOf(state, membership, thread.ward.trust.chain);
  } catch (thrown) {
    if (!(thrown instanceof Refusal)) throw thrown;
    throw new Fault('identity_missing');
  }
}

/** The newest patient before the present link who can be read and was not refused themselves. */
async function formerPatient(thread: Thread, { links }: Membership): Promise<PatientAssertion | undefined> {
  for (let count = links.length - 1; count > 0; count--) {
    const known = identityOfLink(thread, links[count - 1] as Link);
    if (known) return known;
    const carriers = thread.records.epochs.filter(({ epoch }) => epoch.membership.links.length === count);
    for (const { epoch } of carriers.reverse()) {
      const found = await readable(thread, epoch);
      if (found) return found;
    }
  }
  return undefined;
}

/** `undefined` where the keys are not mine, and where what its author sealed was not right. That the server does not give it is no excuse. */
async function readable(thread: Thread, epoch: Epoch): Promise<PatientAssertion | null | undefined> {
  try {
    const state = await thread.secrets.state(epoch.core.epoch);
    return state && (await patientIn(thread, epoch, state));
  } catch (thrown) {
    if (!(thrown instanceof Refusal) || thrown instanceof ServedWrong) throw thrown;
    return undefined;
  }
}
