import { describe, expect, test } from 'vitest';
import { type Shape, anyOf, boolean, list, number, object, oneOf, optional, string } from './shape.ts';

const odd = [undefined, null, 0, Number.NaN, '', 'a', true, [], ['a'], {}, { a: 'b' }, () => 'a'];
const passing = (shape: Shape) => odd.filter((value) => shape(value));

describe('a shape', () => {
  test.each([
    ['string', string, ['', 'a']],
    ['number', number, [0]],
    ['boolean', boolean, [true]],
    ['one of', oneOf(['a', 0]), [0, 'a']],
    ['optional', optional(string), [undefined, '', 'a']],
    ['list', list(string), [[], ['a']]],
    ['object', object({ a: string }), [{ a: 'b' }]],
    ['object without members', object({}), [{}, { a: 'b' }]],
    ['any of', anyOf([number, boolean]), [0, true]],
  ])('%s', (_name, shape, expected) => {
    expect(passing(shape)).toEqual(expected);
  });

  test('looks into what it holds, and at nothing that it does not name', () => {
    const shape = object({ kind: oneOf(['one']), of: list(object({ id: number, note: optional(string) })) });
    expect(shape({ kind: 'one', of: [{ id: 1 }, { id: 2, note: 'x', more: {} }], more: 1 })).toBe(true);
    for (const wrong of [
      { kind: 'two', of: [] },
      { kind: 'one' },
      { kind: 'one', of: [{ id: '1' }] },
      { kind: 'one', of: {} },
    ])
      expect(shape(wrong)).toBe(false);
  });
});
