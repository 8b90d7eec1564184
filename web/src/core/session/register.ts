/**
 * The register of a person's devices (R48): what each is and when it was used, and ending one that is not this one (R22).
 *
 * A device is ended by an entry in the person's log, signed here, which says what was last accepted from it in each thread. So what it said
 * stays, and nothing that its keys sign afterwards counts, whoever has them.
 */
import { type Bytes, equal, hex, order } from '../../crypto/bytes.ts';
import { decode } from '../../crypto/codec.ts';
import { signed } from '../../crypto/layouts/container.ts';
import { type Revoke, revoke } from '../../crypto/layouts/person.ts';
import { fromUuidText } from '../../crypto/names.ts';
import { sign } from '../../crypto/signed.ts';
import type { EndReason, OwnDevice } from '../contract.ts';
import { Fault, isProblem } from '../fault.ts';
import type { Entry } from '../thread/log.ts';
import type { Thread } from '../thread/thread.ts';
import type { Threads } from '../thread/threads.ts';
import type { Ward } from '../ward.ts';

const tries = 3;

export async function ownDevices({ remote }: Ward): Promise<OwnDevice[]> {
  return (await remote.devices.list()).map((each) => ({
    id: each.device,
    kind: each.kind,
    label: each.label,
    current: each.current,
    firstUsed: each.issuedAt,
    lastUsed: each.lastUsedAt,
    expires: each.expiresAt,
    ...(each.revokedAt ? { ended: each.revokedAt } : {}),
    signedIn: each.sessions,
    posture: each.posture,
    ...(each.postureBy ? { postureBy: each.postureBy } : {}),
    ...(each.agreedAt ? { agreed: each.agreedAt } : {}),
    ...(each.usedTwiceAt ? { usedTwice: each.usedTwiceAt } : {}),
  }));
}

export async function endDevice(
  ward: Ward,
  threads: Threads,
  { device: id, reason }: { device: string; reason: EndReason },
): Promise<void> {
  const device = fromUuidText(id);
  for (let left = tries; ; left--) {
    await checkComplete(ward, threads);
    await ward.people.refresh([ward.me.person]);
    // Ended before: the answer was lost, or what came after it failed.
    const state = ward.people.log(ward.me.person)?.current;
    if (state?.devices.get(hex(device))?.revoked) return;
    try {
      await ward.remote.devices.end(id, await revocation(ward, threads.all, device, reason));
      break;
    } catch (thrown) {
      // Another of my devices wrote to the log at the same moment.
      if (left <= 1 || !isProblem(thrown, 'broken_chain')) throw thrown;
    }
  }
  await ward.people.refresh([ward.me.person]);
}

export async function endOtherSessions({ remote }: Ward): Promise<number> {
  return (await remote.devices.endOthers()).ended;
}

/** What this device has not heard of yet would not count any more for anybody. */
async function checkComplete({ remote }: Ward, threads: Threads): Promise<void> {
  const { threads: heads } = await remote.threads.heads();
  for (const { thread, seq } of heads) {
    if ((threads.get(thread)?.log.seq ?? 0) < seq) throw new Fault('catching_up');
  }
}

function revocation(ward: Ward, threads: readonly Thread[], device: Bytes, reason: EndReason): Promise<Bytes> {
  const { me, people } = ward;
  const log = people.log(me.person)?.current;
  if (!log) throw new Fault('catching_up');
  const value: Revoke = {
    person: me.person,
    seq: log.seq + 1,
    previous: log.head,
    device,
    reason,
    by: 'device',
    issued: ward.now(),
    lastAccepted: lastAccepted(threads, device),
  };
  return sign(revoke, value, { kind: 'device', id: me.device, by: me.signer });
}

export function lastAccepted(threads: readonly Thread[], device: Bytes): Revoke['lastAccepted'] {
  return threads
    .flatMap(({ bytes: thread, log }) => {
      const last = log.newest((entry) => equal(authorOf(entry), device));
      if (!last) return [];
      return [{ thread, deviceSeq: log.deviceHead(device)?.deviceSeq ?? 0, entry: last.entryHash }];
    })
    .sort((a, b) => order(a.thread, b.thread));
}

const nobody = new Uint8Array(16);

function authorOf(entry: Entry): Bytes {
  if (entry.kind === 'message') return entry.header.device;
  if (entry.kind === 'tombstone') return entry.tombstone.device;
  const { signatures } = decode(signed, entry.body);
  return signatures.find(({ kind }) => kind === 'device')?.signer ?? nobody;
}
