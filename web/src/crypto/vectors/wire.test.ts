// @vitest-environment node
import { beforeAll, describe, expect, test } from 'vitest';
import { hex } from '../bytes.ts';
import { decode, encode } from '../codec.ts';
import { hashObject } from '../domain.ts';
import type { Layout } from '../layout.ts';
import { every } from '../layouts/every.ts';
import { Refusal } from '../refusal.ts';
import { fromJson, toJson } from './json.ts';
import { bytes, read, sides } from './read.ts';
import type { WireVectors } from './wire.ts';

function named(type: string): Layout {
  const layout = every.find(({ name }) => name === type);
  if (layout === undefined) {
    throw new TypeError(`no layout ${type}`);
  }
  return layout;
}

describe.each(sides)('wire vectors of %s', (side) => {
  let objects: WireVectors['objects'];
  let refused: WireVectors['refused'];
  beforeAll(() => {
    ({ objects, refused } = read('wire', side));
  });

  test('hold every type at least twice', () => {
    for (const { name } of every) {
      expect(objects.filter(({ type }) => type === name).length, name).toBeGreaterThanOrEqual(2);
    }
  });

  test('decode to their fields, encode to their bytes, hash to their hash', async () => {
    for (const vector of objects) {
      const layout = named(vector.type);
      const value = decode(layout, bytes(vector.hex));
      expect(toJson(layout.fields, value), vector.type).toEqual(vector.fields);
      expect(hex(encode(layout, fromJson(layout, vector.fields))), vector.type).toBe(vector.hex);
      expect(hex(await hashObject(layout, bytes(vector.hex))), vector.type).toBe(vector.hash);
    }
  });

  test('are refused where they must be', () => {
    expect(refused.length).toBeGreaterThan(0);
    for (const { type, hex: encoded, why } of refused) {
      expect(() => decode(named(type), bytes(encoded)), `${type}: ${why}`).toThrow(Refusal);
    }
  });
});
