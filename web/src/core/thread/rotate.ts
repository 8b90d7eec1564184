/**
 * The keys under which a thread goes on (docs/protocol.md, section 7.5): which they are, and when new ones are due, whatever the server
 * says. Making them is in newKeys.ts.
 */
import type { OpenEpoch } from '../../crypto/epoch-open.ts';
import type { Epoch } from '../../crypto/epoch.ts';
import type { Membership } from '../../crypto/membership-rules.ts';
import { rotationDue } from '../../crypto/rotation.ts';
import { Fault } from '../fault.ts';
import { late } from '../late.ts';
import type { Thread } from './thread.ts';

/** Without it a message waits as it does without the network. */
const making = late(() => import('./newKeys.ts'));

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
    const { rotate } = await making();
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

export function mayWrite(thread: Thread): void {
  const { readOnly } = thread;
  if (readOnly) throw readOnly;
}

/** For new keys, and for what is said in a thread about the wrong patient all the same. */
export function mayAct(thread: Thread): void {
  const { barred } = thread;
  if (barred) throw barred;
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

function messagesSince(thread: Thread, seq: number): number {
  let count = 0;
  for (const { kind } of thread.log.from(seq + 1)) if (kind === 'message' || kind === 'tombstone') count += 1;
  return count;
}

function membersOf(thread: Thread) {
  return [...needed(thread).members.values()].map(({ person }) => person);
}

export function needed(thread: Thread): Membership {
  if (!thread.membership) throw new Fault('thread_unknown');
  return thread.membership;
}
