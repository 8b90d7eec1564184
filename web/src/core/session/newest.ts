/**
 * What was the newest of an account on this device: its account key's number, its vault, manifest and log. A server that shows something
 * older is found out, also after the account key was changed on another device; so it is not sealed under that key. It is hashes and
 * numbers, which the server knows anyway.
 */
import { pathOf } from '../store/cabinet.ts';
import type { Store } from '../store/store.ts';
import type { Remembered } from './account.ts';

export function keepNewest(disk: Store, person: string, newest: Remembered): Promise<void> {
  return disk.change({ put: [[pathOf('newest', person, ''), newest]] });
}

export async function keptNewest(disk: Store, person: string): Promise<Remembered | undefined> {
  return (await disk.get(pathOf('newest', person, ''))) as Remembered | undefined;
}
