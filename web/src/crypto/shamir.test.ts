// @vitest-environment node
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { bytesOf, equal } from './bytes.ts';
import { combineShares, multiply, shareOf } from './shamir.ts';
import { below, repeatable } from './vectors/random.ts';
import { refuses } from './vectors/refuses.ts';

describe('GF(2^8) modulo 0x11b', () => {
  test('known products', () => {
    expect(multiply(0x53, 0xca)).toBe(1); // FIPS 197, section 4.2
    expect(multiply(0x57, 0x83)).toBe(0xc1);
    expect(multiply(0x57, 0x13)).toBe(0xfe);
  });

  test('every product equals the long way, and stays in the field', () => {
    for (let a = 0; a < 256; a++) {
      for (let b = 0; b < 256; b++) {
        expect(multiply(a, b)).toBe(longProduct(a, b));
      }
    }
  });
});

test('any k of n shares give the secret, and k − 1 do not', () => {
  const random = repeatable('shamir');
  for (let round = 0; round < 50; round++) {
    const threshold = 2 + below(random, 5);
    const secret = random(32);
    const coefficients = random(32 * (threshold - 1));
    const seats = pick(random, threshold + 1 + below(random, 4));
    const shares = seats.map((seat) => ({ seat, share: shareOf(secret, coefficients, seat) }));
    expect(equal(combineShares(shares.slice(-threshold)), secret)).toBe(true);
    expect(equal(combineShares(shares), secret)).toBe(true);
    expect(equal(combineShares(shares.slice(0, threshold - 1)), secret)).toBe(false);
  }
});

test('no share, a seat twice, seat 0, and shares of two lengths are refused', async () => {
  const share = bytesOf(32);
  await refuses(() => combineShares([]), 'wrong_share');
  await refuses(
    () =>
      combineShares([
        { seat: 1, share },
        { seat: 1, share },
      ]),
    'wrong_share',
  );
  await refuses(
    () =>
      combineShares([
        { seat: 0, share },
        { seat: 1, share },
      ]),
    'wrong_share',
  );
  await refuses(
    () =>
      combineShares([
        { seat: 2, share },
        { seat: 1, share: bytesOf(31) },
      ]),
    'wrong_share',
  );
});

test('multiplying has no branch and no table', () => {
  const source = readFileSync(join(import.meta.dirname, 'shamir.ts'), 'utf8');
  const body = /export function multiply[^}]*?\{([\s\S]*?)\n\}/.exec(source)?.[1] ?? '';
  expect(body).toContain('product');
  expect(body).not.toMatch(/\bif\b|\?|&&|\|\||\[/);
});

function longProduct(a: number, b: number): number {
  let product = 0;
  for (let bit = 0; bit < 8; bit++) {
    if ((b >> bit) & 1) {
      product ^= a << bit;
    }
  }
  for (let bit = 14; bit >= 8; bit--) {
    if ((product >> bit) & 1) {
      product ^= 0x11b << (bit - 8);
    }
  }
  return product;
}

function pick(random: (length: number) => Uint8Array<ArrayBuffer>, count: number): number[] {
  const seats = new Set<number>();
  while (seats.size < count) {
    seats.add(1 + below(random, 255));
  }
  return [...seats];
}
