import { expect, test } from 'vitest';
import { fromBase32, totp } from './harness/codes.ts';

// RFC 6238, appendix B, cut to six digits.
test.each([
  [59, '287082'],
  [1_111_111_109, '081804'],
  [1_111_111_111, '050471'],
  [1_234_567_890, '005924'],
  [2_000_000_000, '279037'],
  [20_000_000_000, '353130'],
])('the code at %i seconds is %s', (seconds, code) => {
  expect(totp(Buffer.from('12345678901234567890'), Math.floor(seconds / 30))).toBe(code);
});

test('a key is read as the page shows it, in groups of four', () => {
  expect(fromBase32('GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ').toString()).toBe('12345678901234567890');
});
