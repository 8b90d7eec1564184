/** Plain data with bytes in it, as bytes: JSON in which a byte string is `{"$": base64}`. For what we wrote ourselves and sealed. */
import { fromBase64, toBase64 } from '../../api/base64.ts';
import { type Bytes, utf8 } from '../../crypto/bytes.ts';

export function pack(value: unknown): Bytes {
  return utf8(JSON.stringify(mark(value)));
}

export function unpack(bytes: Bytes): unknown {
  return JSON.parse(new TextDecoder().decode(bytes), (_key, value: unknown) => {
    if (typeof value !== 'object' || value === null || !('$' in value)) return value;
    return typeof value.$ === 'string' ? fromBase64(value.$) : value;
  }) as unknown;
}

function mark(value: unknown): unknown {
  if (value instanceof Uint8Array) return { $: toBase64(value) };
  if (Array.isArray(value)) return value.map(mark);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, mark(each)]));
}
