/** What stays in this browser of a PIN: which unlocker it is, and a key that the browser does not give out. */
import type { Bytes } from '../../crypto/bytes.ts';
import { pathOf } from '../store/cabinet.ts';
import type { Store } from '../store/store.ts';

export type KeptPin = { unlocker: Bytes; key: CryptoKey; device: string };

export async function keptPin(disk: Store, person: string): Promise<KeptPin | undefined> {
  return (await disk.get(pathOf('pin', person, ''))) as KeptPin | undefined;
}

export function forgetPin(disk: Store, person: string): Promise<void> {
  return disk.change({ remove: [pathOf('pin', person, '')] });
}
