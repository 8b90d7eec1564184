/** The root manifest and the policy it names (section 4). */

import { type Infer, bytes, list, object, oneOf, text, time, u32, u64, u8 } from '../layout.ts';

export const rootManifest = object(0x0101, 'root-manifest', {
  organisation: text(200),
  version: u32,
  previous: bytes(32),
  issued: time,
  serverKeys: list(4, ['purpose'], {
    purpose: oneOf({ bind: 1, remove: 2, assert: 3, audit: 4 }),
    key: bytes(32),
  }),
  seats: list(32, ['index'], {
    index: u8,
    name: text(100),
    sign: bytes(32),
    seal: bytes(1216),
  }),
  threshold: u8,
  minSuite: u8,
  minClient: u32,
  policy: bytes(32),
});
export type RootManifest = Infer<typeof rootManifest>;

export const policy = object(0x0102, 'policy', {
  argonMemoryKiB: u32,
  argonPasses: u32,
  rotateAfterMillis: u64,
  rotateAfterMessages: u32,
  deviceLifeMillis: u64,
  idleLockMillis: u64,
  graceMillis: u64,
  shredHorizonMillis: u64,
});
export type Policy = Infer<typeof policy>;
