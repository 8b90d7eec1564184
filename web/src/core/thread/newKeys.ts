/**
 * Making new keys for a thread (docs/protocol.md, section 7.5). When two do it at once one wins, and the other throws its own away. A part of
 * its own, because nobody needs it before something is said or somebody comes or goes.
 */
import { equal } from '../../crypto/bytes.ts';
import { type BuiltEpoch, buildEpoch } from '../../crypto/epoch-build.ts';
import type { ThreadState } from '../../crypto/layouts/epoch.ts';
import type { Membership } from '../../crypto/membership-rules.ts';
import { Fault, Unreachable, isProblem } from '../fault.ts';
import type { EpochPost } from '../remote/remote.ts';
import { giveMissed } from './grants.ts';
import { insistAgrees } from './identity.ts';
import { isDue, needed, refreshMembers } from './rotate.ts';
import type { Thread } from './thread.ts';

/** The next epoch for a membership, ready to be posted. `state`: what it seals, where that is something new. */
export async function nextEpoch(thread: Thread, membership: Membership, state?: ThreadState): Promise<BuiltEpoch> {
  const { trust, people, me, now } = thread.ward;
  await people.mustBeLogged(
    [...membership.members.values()].map(({ person }) => person),
    true,
  );
  const sealed = state ?? (await stateToSeal(thread));
  await insistAgrees(thread, membership, sealed);
  return buildEpoch({
    chain: trust.chain,
    people: people.log,
    membership,
    previous: thread.records.newest?.epoch ?? null,
    state: sealed,
    author: me,
    issued: now(),
  });
}

export function postOf({ record, envelopes, sealedState }: BuiltEpoch): EpochPost {
  return { record, envelopes, sealedState };
}

/** After a post whose answer was lost, or that went through: is our epoch the one that is there? Then its secret is known already. */
export async function adopt(thread: Thread, built: BuiltEpoch): Promise<boolean> {
  const placed = thread.records.epochs.find(({ epoch }) => equal(epoch.recordHash, built.recordHash));
  if (!placed) return false;
  await thread.secrets.accept(placed.epoch, built.secret);
  await thread.openState();
  return true;
}

export async function rotate(thread: Thread): Promise<void> {
  const built = await nextEpoch(thread, needed(thread)).catch(async (thrown: unknown) => {
    if (!(thrown instanceof Fault) || thrown.code !== 'identity_missing') throw thrown;
    // The patient was just linked anew, and the keys that go with it may be on their way.
    await thread.catchUp();
    if (isDue(thread)) throw thrown;
  });
  if (!built) return;
  try {
    await thread.ward.remote.threads.rotate(thread.id, postOf(built));
  } catch (thrown) {
    const raced = isProblem(thrown, 'epoch_taken', 'membership_moved', 'wrong_members', 'stale_epoch', 'rolled_back');
    if (!raced && !(thrown instanceof Unreachable)) throw thrown;
    if (raced) await refreshMembers(thread);
    await thread.catchUp();
    if (!(await adopt(thread, built)) && !raced) throw thrown;
    return;
  }
  await thread.catchUp();
  // What could not be given now is not asked for again by itself: whoever came back can be given it by anybody.
  if (await adopt(thread, built)) await giveMissed(thread).catch(() => undefined);
}

/** What every epoch seals anew: the private name and the patient, as the newest epoch that opens has them. */
async function stateToSeal(thread: Thread): Promise<ThreadState> {
  if (thread.state) return thread.state;
  for (const { epoch } of [...thread.records.epochs].reverse()) {
    const state = await thread.secrets.state(epoch.core.epoch);
    if (state) return state;
  }
  if (needed(thread).create.space === 'patient') throw new Fault('wrong_secret');
  return { name: '', assertion: null };
}
