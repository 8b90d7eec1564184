/**
 * Officers' shares of an epoch's secret, and the commitments by which every member checks them (docs/protocol.md, 7.1 and 7.4).
 *
 * The coefficients are derived from the secret, so whoever opened an epoch computes all shares again and sees at once when an
 * author committed to something else.
 */

import { type Bytes, concat, equal, erase, u32 } from './bytes.ts';
import { hashValue, kdf } from './domain.ts';
import { type EpochCore, epochSecret, seatShare } from './layouts/epoch.ts';
import { insist } from './refusal.ts';
import { type Share, combineShares, shareOf } from './shamir.ts';

/** The thread and number of an epoch. */
export type EpochName = { readonly thread: Bytes; readonly epoch: number };

export async function escrowShares(
  secret: Bytes,
  { thread, epoch }: EpochName,
  threshold: number,
  seats: readonly number[],
): Promise<Share[]> {
  const length = 32 * (threshold - 1);
  const coefficients = await kdf(secret, { label: 'escrow', context: concat(thread, u32(epoch)), length });
  const shares = seats.map((seat) => ({ seat, share: shareOf(secret, coefficients, seat) }));
  erase(coefficients);
  return shares;
}

export function secretCommit(secret: Bytes, { thread, epoch }: EpochName): Promise<Bytes> {
  return hashValue(epochSecret, { thread, epoch, secret });
}

export function shareCommit({ seat, share }: Share, { thread, epoch }: EpochName): Promise<Bytes> {
  return hashValue(seatShare, { thread, epoch, seat, share });
}

/** epochSecret, which depends on the record: KDF(r, –, "epoch", recordHash, 32). */
export function deriveEpochSecret(secret: Bytes, recordHash: Bytes): Promise<Bytes> {
  return kdf(secret, { label: 'epoch', context: recordHash, length: 32 });
}

/** Refuses with `wrong_secret`, or with `wrong_share` when any commitment is not the recomputed one. */
export async function checkSecret(secret: Bytes, core: EpochCore, threshold: number): Promise<void> {
  insist(secret.length === 32, 'wrong_secret', 'not a secret of 32 bytes');
  insist(equal(await secretCommit(secret, core), core.secretCommit), 'wrong_secret', 'not the committed secret');
  const seats = core.shares.map(({ seat }) => seat);
  const shares = await escrowShares(secret, core, threshold, seats);
  for (const [i, share] of shares.entries()) {
    const committed = core.shares[i]?.commit;
    const right = committed !== undefined && equal(await shareCommit(share, core), committed);
    insist(right, 'wrong_share', `the share of seat ${share.seat}`);
  }
  erase(...shares.map(({ share }) => share));
}

/** The secret from at least `threshold` shares, each checked against the record first. */
export async function combineEscrow(shares: readonly Share[], core: EpochCore, threshold: number): Promise<Bytes> {
  insist(shares.length >= threshold, 'not_entitled', 'fewer shares than the threshold');
  for (const share of shares) {
    const committed = core.shares.find(({ seat }) => seat === share.seat)?.commit;
    const right = committed !== undefined && equal(await shareCommit(share, core), committed);
    insist(right, 'wrong_share', `the share of seat ${share.seat}`);
  }
  const secret = combineShares(shares);
  await checkSecret(secret, core, threshold);
  return secret;
}
