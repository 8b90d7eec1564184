/**
 * New keys after a device was lost or stolen (docs/protocol.md, sections 5.7 and 7.1).
 *
 * From the revocation on nothing is sealed to this person, because whoever has the device may have their sealing key. A new account key and
 * a new generation end that. That they are still owed is written nowhere but in the person's own log, so it outlives a lost answer, a
 * reload and a new browser.
 */
import { type Bytes, equal, hex } from '../../crypto/bytes.ts';
import { fromUuidText } from '../../crypto/names.ts';
import type { UnlockerRef } from '../contract.ts';
import type { Desk } from '../desk.ts';
import { Fault, isProblem, wardErrorOf } from '../fault.ts';
import type { UnlockerRemote } from '../remote/unlockers.ts';
import { bodyOf, change } from './changing.ts';

/** Makes them. `remove` is what the person says was on the device; the PINs of devices that were ended go in any case. */
export async function renewKeys(desk: Desk, remote: UnlockerRemote, remove: readonly UnlockerRef[]): Promise<void> {
  const { people, me } = desk.ward;
  await desk.vault.reload();
  await people.refresh([me.person]);
  const { unlockers: served } = await remote.list();
  const state = people.log(me.person)?.current;
  const ended = (device: string | undefined) =>
    device !== undefined && state?.devices.get(hex(fromUuidText(device)))?.revoked != null;
  const pins = served.flatMap(({ unlocker, kind, device }) =>
    unlocker !== undefined && kind === 'pin' && ended(device) ? [unlocker] : [],
  );
  const named = remove.flatMap(({ id, opens }) => (opens ? [id] : []));
  for (const { id, opens } of remove) {
    if (opens) continue;
    // Gone already: an earlier try came so far.
    await remote.removePasskey(id).catch((thrown: unknown) => {
      if (!isProblem(thrown, 'passkey_unknown')) throw thrown;
    });
  }
  const wanted = [...new Set([...pins, ...named])].map(fromUuidText);
  const { unlockers } = desk.vault.account.vault.vault;
  const isWanted = ({ unlocker }: { unlocker: Bytes }) => wanted.some((id) => equal(unlocker, id));
  if (!unlockers.some((each) => each.kind !== 'pin' && !isWanted(each))) throw new Fault('last_unlocker');
  const gone = unlockers.filter(isWanted).map(({ unlocker }) => unlocker);
  await change(desk, { remove: gone, renew: true }, (changed) => remote.change(bodyOf(changed)));
}

/** The device is ended by now: what is left to do is said in these words, whatever stopped it. */
export function owed(thrown: unknown): unknown {
  const { code, message, hint } = wardErrorOf(thrown);
  // These have their own ways on: a proof is asked for, and a lock is no failure.
  if (code === 'proof_needed' || code === 'locked' || code === 'last_unlocker') return thrown;
  return new Fault('keys_not_renewed', { hint: [message, hint].filter(Boolean).join(' ') });
}
