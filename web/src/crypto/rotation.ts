/** When a client makes a new epoch before it sends, whatever the server says (docs/protocol.md, section 7.5). */

import { equal } from './bytes.ts';
import { type Epoch, listed } from './epoch.ts';
import type { Policy } from './layouts/manifest.ts';
import { type Witnesses, known } from './membership.ts';
import type { Membership } from './membership-rules.ts';
import { isReady } from './person.ts';

export type RotationReason = 'first' | 'manifest' | 'membership' | 'person' | 'age' | 'count';

export type RotationContext = Pick<Witnesses, 'chain' | 'people'> & {
  /** The newest epoch; `null` when there is none yet. */
  readonly epoch: Epoch | null;
  /** The newest membership. */
  readonly membership: Membership;
  readonly policy: Pick<Policy, 'rotateAfterMillis' | 'rotateAfterMessages'>;
  readonly now: number;
  /** How many messages the epoch carries. */
  readonly messages: number;
};

/** Why the newest epoch may not carry another message, or `null`. */
export function rotationDue({
  epoch,
  membership,
  chain,
  people,
  policy,
  now,
  messages,
}: RotationContext): RotationReason | null {
  if (epoch === null) {
    return 'first';
  }
  const { core } = epoch;
  if (!equal(core.manifest, chain.current.hash)) {
    return 'manifest';
  }
  if (core.membershipSeq !== membership.seq || !equal(core.membershipHead, membership.head)) {
    return 'membership';
  }
  for (const { person, identity } of membership.members.values()) {
    const log = known(people, person);
    const entry = listed(core, person);
    const moved = entry === undefined ? isReady(log.current, identity) : changedSince(log, entry.logHead);
    if (moved) {
      return 'person';
    }
  }
  if (now - core.issued > policy.rotateAfterMillis) {
    return 'age';
  }
  return messages >= policy.rotateAfterMessages ? 'count' : null;
}

/** A later generation, reset or revocation; a new device changes nothing. */
function changedSince({ states }: ReturnType<typeof known>, head: Uint8Array): boolean {
  const at = states.findIndex((state) => equal(state.head, head));
  return states.slice(at + 1).some(({ kind }) => kind !== 'device');
}
