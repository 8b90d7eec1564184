/**
 * May this device have signed this? (docs/protocol.md, sections 5.1 and 7.1)
 *
 * A revocation names the last entry of the device that was accepted in each thread. What comes later in the thread's log is
 * refused whatever time it claims, so a stolen device cannot write into the past; what came before stays readable.
 */

import { type Bytes, equal } from './bytes.ts';
import { type DeviceState, type PersonLog, deviceOf } from './person.ts';
import { Refusal, insist } from './refusal.ts';

/** Where an entry stands in the thread's log, by its entryHash. A `LogWalk` has one. */
export type Position = (entryHash: Bytes) => number | undefined;

/** One use of a device in a thread. */
export type DeviceUse = {
  readonly thread: Bytes;
  readonly device: Bytes;
  /** H(identity-key) that the thread has pinned for the person. */
  readonly identity: Bytes;
  /** The time that the entry gives itself. */
  readonly at: number;
  /** Of a message. */
  readonly deviceSeq?: number;
  /** Its hash in the thread's log; absent for what stands in no log. */
  readonly entry?: Bytes;
  readonly position?: Position | undefined;
};

/** The device, or `revoked_device` or `wrong_identity`. */
export function standingDevice(log: PersonLog, use: DeviceUse): DeviceState {
  const device = deviceOf(log.current, use.device);
  if (device === undefined) {
    throw new Refusal('revoked_device', 'no such device in the log of this person');
  }
  insist(use.at < device.expires, 'revoked_device', 'after the device expired');
  insist(device.voided === null || use.at < device.voided, 'revoked_device', 'after the device was made void');
  checkRevocation(device, use);
  insist(equal(device.identity, use.identity), 'wrong_identity', 'certified by another identity than the thread knows');
  return device;
}

function checkRevocation({ revoked }: DeviceState, use: DeviceUse): void {
  if (revoked === null) {
    return;
  }
  const { thread, at, deviceSeq = 0, entry, position } = use;
  const last = revoked.lastAccepted.find((accepted) => equal(accepted.thread, thread));
  insist(last !== undefined, 'revoked_device', 'nothing of this device was accepted here');
  insist(deviceSeq <= last.deviceSeq, 'revoked_device', 'after the last message that was accepted');
  if (entry === undefined) {
    insist(at < revoked.issued, 'revoked_device', 'after the revocation');
    return;
  }
  const [here, there] = [position?.(entry), position?.(last.entry)];
  const before = here !== undefined && there !== undefined && here <= there;
  insist(before, 'revoked_device', 'after the last entry that was accepted, or its place is not known');
}
