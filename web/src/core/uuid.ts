/** UUIDs of version 7 (RFC 9562, section 5.7): the time first, so that ids sort as they were made. */
import { bytesOf } from '../crypto/bytes.ts';
import { systemRandom } from '../crypto/domain.ts';
import { uuidText } from '../crypto/names.ts';

let last = 0;

/** Two of one worker never share a millisecond: later ones are always greater. */
export function newUuid(now: number): string {
  last = Math.max(now, last + 1);
  const id = bytesOf(16);
  id.set(systemRandom(10), 6);
  const view = new DataView(id.buffer);
  view.setUint16(0, Math.floor(last / 2 ** 32));
  view.setUint32(2, last % 2 ** 32);
  view.setUint8(6, 0x70 | (view.getUint8(6) & 0x0f));
  view.setUint8(8, 0x80 | (view.getUint8(8) & 0x3f));
  return uuidText(id);
}
