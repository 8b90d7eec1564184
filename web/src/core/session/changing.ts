/**
 * One change of what opens the vault, made and sent as a whole (docs/protocol.md, section 5.7).
 *
 * A change takes effect here after the server took it, and not otherwise.
 */
import { type Change, type Changed, changeUnlockers } from '../../crypto/change.ts';
import { uuidText } from '../../crypto/names.ts';
import type { Owner } from '../../crypto/unlocker.ts';
import type { Desk } from '../desk.ts';
import { isProblem } from '../fault.ts';
import type { UnlockerChange } from '../remote/unlockers.ts';

const again = 2;

/** Makes the change, and makes it again when another device was first. */
export async function change(
  desk: Desk,
  what: Omit<Change, 'issued'>,
  send: (changed: Made) => Promise<unknown>,
): Promise<void> {
  const { people, me, trust, now } = desk.ward;
  for (let tries = 0; ; tries++) {
    await desk.vault.reload();
    await people.refresh([me.person]);
    const log = people.log(me.person) ?? desk.vault.account.log;
    const held = { ...desk.vault.account, log, chain: trust.chain };
    const changed = await changeUnlockers(held, { ...what, issued: now() });
    try {
      await send({ ...changed, removed: what.remove ?? [] });
    } catch (thrown) {
      // The ticket of a passkey is spent by then: the person has to begin anew.
      if (tries < again && isProblem(thrown, 'vault_moved') && what.add?.kind !== 'passkey') continue;
      throw thrown;
    }
    await desk.vault.turn(changed.then, changed.rotation?.generation);
    if (changed.rotation) await people.refresh([me.person]);
    return;
  }
}

/** A change that has been made and not been sent. */
type Made = Changed & { removed: NonNullable<Change['remove']> };

type Added = {
  owner: Owner;
  kind: 'password' | 'passkey' | 'pin';
  label: string;
  password?: NonNullable<UnlockerChange['add']>['password'];
  pin?: NonNullable<UnlockerChange['add']>['pin'];
};

export function bodyOf({ blob, sealedVault, wraps, rotation, removed }: Made, added?: Added): UnlockerChange {
  return {
    ...(added && blob
      ? {
          add: {
            unlocker: uuidText(added.owner.unlocker),
            kind: added.kind,
            blob,
            label: added.label,
            ...(added.password ? { password: added.password } : {}),
            ...(added.pin ? { pin: added.pin } : {}),
          },
        }
      : {}),
    ...(removed.length > 0 ? { remove: removed.map(uuidText) } : {}),
    vault: sealedVault,
    wraps,
    ...(rotation ? { identity: rotation.sealedIdentity, generation: rotation.generation } : {}),
  };
}
