/**
 * New keys for a thread (docs/protocol.md, section 7.5). A client makes them by itself when they are due, whatever the server says; when
 * two do it at once one wins, and the other throws its own away.
 */
import { equal } from '../../crypto/bytes.ts';
import { type BuiltEpoch, buildEpoch } from '../../crypto/epoch-build.ts';
import type { OpenEpoch } from '../../crypto/epoch-open.ts';
import type { Epoch } from '../../crypto/epoch.ts';
import type { ThreadState } from '../../crypto/layouts/epoch.ts';
import type { Membership } from '../../crypto/membership-rules.ts';
import { rotationDue } from '../../crypto/rotation.ts';
import { Fault, Unreachable, isProblem } from '../fault.ts';
import type { EpochPost } from '../remote/remote.ts';
import { giveMissed } from './grants.ts';
import { insistAgrees } from './identity.ts';
import type { Thread } from './thread.ts';

/** How often something is made anew because somebody else was faster. */
export const races = 6;

export type CurrentEpoch = { readonly epoch: Epoch; readonly open: OpenEpoch };

/** The epoch under which the next message goes. `renew`: the server knows of a reason to make a new one. */
export async function currentEpoch(thread: Thread, renew = false): Promise<CurrentEpoch> {
  let wanted = renew;
  for (let race = 0; race < races; race++) {
    mayAct(thread);
    await thread.ward.people.ensure(membersOf(thread));
    if (!wanted && !isDue(thread)) {
      const found = await newestOpen(thread);
      if (found) await thread.ward.people.mustBeLogged(membersOf(thread), false);
      // A key that does not open is replaced like one that has grown old.
      if (found) return found;
    }
    wanted = false;
    await rotate(thread);
  }
  throw new Fault('stale_epoch');
}

export function isDue(thread: Thread): boolean {
  const { newest } = thread.records;
  const { trust, people, policy, now } = thread.ward;
  const due = rotationDue({
    epoch: newest?.epoch ?? null,
    membership: needed(thread),
    chain: trust.chain,
    people: people.log,
    policy,
    now: now(),
    messages: newest ? messagesSince(thread, newest.seq) : 0,
  });
  return due !== null;
}

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

export function mayWrite(thread: Thread): void {
  const { readOnly } = thread;
  if (readOnly) throw readOnly;
}

/** For new keys, and for what is said in a thread about the wrong patient all the same. */
export function mayAct(thread: Thread): void {
  const { barred } = thread;
  if (barred) throw barred;
}

async function rotate(thread: Thread): Promise<void> {
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

/** Somebody's keys may have moved on without our having heard. */
export async function refreshMembers(thread: Thread): Promise<void> {
  await thread.ward.people.refresh(membersOf(thread));
  await thread.ward.trust.refresh();
}

async function newestOpen(thread: Thread): Promise<CurrentEpoch | undefined> {
  const epoch = thread.records.newest?.epoch;
  const open = epoch && (await thread.secrets.get(epoch.core.epoch));
  return epoch && open ? { epoch, open } : undefined;
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

function messagesSince(thread: Thread, seq: number): number {
  let count = 0;
  for (const { kind } of thread.log.from(seq + 1)) if (kind === 'message' || kind === 'tombstone') count += 1;
  return count;
}

function membersOf(thread: Thread) {
  return [...needed(thread).members.values()].map(({ person }) => person);
}

function needed(thread: Thread): Membership {
  if (!thread.membership) throw new Fault('thread_unknown');
  return thread.membership;
}
