/** Giving keys of epochs to a member (docs/protocol.md, section 7.6): everything after an add, what was lost by a reset, what was missed. */
import { type Bytes, hex } from '../../crypto/bytes.ts';
import { type Epoch, listed } from '../../crypto/epoch.ts';
import { buildGrant, mayRead } from '../../crypto/grant.ts';
import { isReady } from '../../crypto/person.ts';
import type { Thread } from './thread.ts';

/** Those that I can read myself and the member may have, as far as they are wanted. Nothing happens when nothing can be sealed to them. */
export async function giveEpochs(thread: Thread, target: Bytes, wanted: (epoch: Epoch) => boolean): Promise<void> {
  const { membership, epochs } = thread.records;
  const member = membership?.current.members.get(hex(target));
  const { people, me, now, remote } = thread.ward;
  const state = people.log(target)?.current;
  if (!membership || !member || !state || !isReady(state, member.identity)) return;
  const given = [];
  for (const { epoch } of epochs) {
    if (!wanted(epoch) || !mayRead(member, epoch)) continue;
    const open = await thread.secrets.get(epoch.core.epoch);
    if (open) given.push({ epoch, secret: open.secret });
  }
  if (given.length === 0) return;
  await people.mustBeLogged([target], true);
  const built = await buildGrant({ membership, target, epochs: given, author: me, issued: now(), people: people.log });
  await remote.threads.grant(thread.id, built.grant, built.envelopes);
}

/** Whoever was left out because a device was lost, and has new keys now, gets what was said meanwhile. */
export async function giveMissed(thread: Thread): Promise<void> {
  const [before, after] = thread.records.epochs.slice(-2).map(({ epoch }) => epoch);
  if (!before || !after || !thread.membership) return;
  for (const { person, pinnedSeq } of thread.membership.members.values()) {
    const back = listed(after.core, person) && !listed(before.core, person) && pinnedSeq <= before.core.membershipSeq;
    if (back)
      await giveEpochs(thread, person, (epoch) => !listed(epoch.core, person) && epoch.core.membershipSeq >= pinnedSeq);
  }
}
