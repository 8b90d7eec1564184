/** Signatures beside the objects that they cover (docs/protocol.md, section 3). */

import { type Infer, blob, bytes, list, object, oneOf, u8 } from '../layout.ts';

export const signed = object(0x0001, 'signed', {
  object: blob(262144),
  signatures: list(16, ['kind', 'index', 'signer'], {
    kind: oneOf({ bind: 1, remove: 2, assert: 3, audit: 4, seat: 5, identity: 6, device: 7 }),
    index: u8,
    signer: bytes(16),
    signature: bytes(64),
  }),
});
export type Signed = Infer<typeof signed>;
