/**
 * The key that a passkey's PRF result stands for (docs/protocol.md, section 5.5). The result is a secret of the authenticator: it is
 * never sent anywhere, and whoever has it erases it.
 */

import { type Bytes, concat } from './bytes.ts';
import { kdf, prefix, sha256 } from './domain.ts';
import { insist } from './refusal.ts';
import type { Owner } from './unlocker.ts';

/** What every authenticator is asked to evaluate: `eval.first`. */
export function prfInput(): Promise<Bytes> {
  return sha256(prefix('prf'));
}

export async function passkeyWrapKey(prf: Bytes, { person, unlocker }: Owner): Promise<Bytes> {
  insist(prf.length === 32, 'malformed', 'a PRF result has 32 bytes');
  return kdf(prf, { label: 'passkey-wrap', context: concat(person, unlocker), length: 32 });
}
