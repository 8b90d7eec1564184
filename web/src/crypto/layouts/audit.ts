/** Leaves of the Merkle log (section 11.1). */

import { type Infer, blob, bytes, object, time, u16 } from '../layout.ts';

export const auditLeaf = object(0x0401, 'audit-leaf', {
  kind: u16,
  at: time,
  actor: bytes(16),
  subject: blob(64),
  body: blob(4096),
});
export type AuditLeaf = Infer<typeof auditLeaf>;
