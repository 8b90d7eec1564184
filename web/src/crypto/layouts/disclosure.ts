/** Disclosure orders and case shares (section 10). */

import { type Infer, bytes, list, object, oneOf, text, time, u32, u8 } from '../layout.ts';

export const disclosureOrder = object(0x0380, 'disclosure-order', {
  case: bytes(16),
  kind: oneOf({ sar: 1, foi: 2, hold: 3, investigation: 4, report: 5 }),
  basis: text(400),
  requester: bytes(16),
  requesterDevice: bytes(16),
  caseKey: bytes(1216),
  reviewer: bytes(16),
  reviewerDevice: bytes(16),
  manifest: bytes(32),
  issued: time,
  expires: time,
  epochs: list(4096, ['thread', 'epoch'], {
    thread: bytes(32),
    epoch: u32,
    record: bytes(32),
  }),
  messages: list(16384, ['thread', 'message'], {
    thread: bytes(32),
    message: bytes(16),
  }),
});
export type DisclosureOrder = Infer<typeof disclosureOrder>;

export const caseContext = object(0x0381, 'case-context', {
  order: bytes(32),
  thread: bytes(32),
  epoch: u32,
  seat: u8,
});
export type CaseContext = Infer<typeof caseContext>;

export const caseShare = object(0x0382, 'case-share', {
  order: bytes(32),
  thread: bytes(32),
  epoch: u32,
  seat: u8,
  sealed: bytes(1168),
});
export type CaseShare = Infer<typeof caseShare>;
