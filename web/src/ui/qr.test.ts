import { describe, expect, test } from 'vitest';
import { correctionWords, qrMatrix } from './qr.ts';

const drawn = (text: string) =>
  qrMatrix(text)
    .map((row) => row.map((dark) => (dark ? '#' : '.')).join(''))
    .join('\n');

test('correction words of the example in the standard’s annex (1-M, HELLO WORLD)', () => {
  const data = [32, 91, 11, 120, 209, 114, 220, 77, 67, 64, 236, 17, 236, 17, 236, 17];
  expect([...correctionWords(Uint8Array.from(data), 10)]).toEqual([196, 35, 39, 119, 235, 215, 231, 226, 93, 23]);
});

describe('the drawing', () => {
  test.each([
    [14, 21],
    [15, 25],
    [100, 41],
    [122, 45],
    [123, 49],
    [287, 65],
  ])('%d bytes make %d modules a side', (length, side) => {
    const rows = qrMatrix('x'.repeat(length));
    expect(rows.length).toBe(side);
    expect(rows.every((row) => row.length === side)).toBe(true);
  });

  test('is refused when the text is too long', () => expect(() => qrMatrix('x'.repeat(288))).toThrow(RangeError));

  // Read back once with an independent reader, as was every length from 1 to 287; pinned so that it stays so.
  test('of a short text is this one', () => {
    expect(drawn('WARDLINE 2222')).toMatchInlineSnapshot(`
      "#######..####.#######
      #.....#..#..#.#.....#
      #.###.#.##.#..#.###.#
      #.###.#.#.##..#.###.#
      #.###.#.#.#.#.#.###.#
      #.....#.#..#..#.....#
      #######.#.#.#.#######
      ........##...........
      #.#####...##..#####..
      ###.#...#...##.#..#..
      #.....###.#.##...###.
      .#.....#.#.....######
      #.#####..##.#.#.####.
      ........##.#...#..##.
      #######...#.#......#.
      #.....#.###......###.
      #.###.#.###.#####.###
      #.###.#.#.##...#.##..
      #.###.#.##..#.#...#..
      #.....#...#....#.##..
      #######.#...###.#.##."
    `);
  });
});
