/**
 * May this device have signed this? (docs/protocol.md, sections 5.1 and 7.1)
 *
 * A revocation names the last entry of the device that was accepted in each thread. What comes later in the thread's log is
 * refused whatever time it claims, so a stolen device cannot write into the past; what came before stays readable.
 */

import { type Bytes, equal, hex } from './bytes.ts';
import { type DeviceState, type PersonLog, deviceOf } from './person.ts';
import { Refusal, insist } from './refusal.ts';

/** One use of a device in a thread. */
export type DeviceUse = {
  readonly thread: Bytes;
  readonly device: Bytes;
  /** H(identity-key) that the thread has pinned for the person. */
  readonly identity: Bytes;
  /** When: the server's time of the entry where it is known, else the time that the entry claims. */
  readonly at: number;
  /** Of a message. */
  readonly deviceSeq?: number;
  /** Where the entry stands in the thread's log; without it a revoked device is refused. */
  readonly seq?: number | undefined;
  /** Where another entry of the thread's log stands, by its entryHash. */
  readonly position?: ((entryHash: Bytes) => number | undefined) | undefined;
};

/** The device, or `revoked_device` or `wrong_identity`. */
export function standingDevice(log: PersonLog, use: DeviceUse): DeviceState {
  const device = deviceOf(log.current, use.device);
  if (device === undefined) {
    throw new Refusal('revoked_device', 'no such device in the log of this person');
  }
  insist(equal(device.identity, use.identity), 'wrong_identity', 'certified by another identity than the thread knows');
  insist(use.at < device.expires, 'revoked_device', 'after the device expired');
  insist(device.voided === null || use.at < device.voided, 'revoked_device', 'after the device was made void');
  checkRevocation(device, use);
  return device;
}

function checkRevocation({ revoked }: DeviceState, { thread, deviceSeq, seq, position }: DeviceUse): void {
  if (revoked === null) {
    return;
  }
  const last = revoked.lastAccepted.find((accepted) => hex(accepted.thread) === hex(thread));
  insist(last !== undefined, 'revoked_device', 'nothing of this device was accepted here');
  const inTurn = deviceSeq === undefined || deviceSeq <= last.deviceSeq;
  insist(inTurn, 'revoked_device', 'after the last message that was accepted');
  const lastSeq = position?.(last.entry);
  const before = seq !== undefined && lastSeq !== undefined && seq <= lastSeq;
  insist(before, 'revoked_device', 'after the last entry that was accepted, or its place is not known');
}
