import { describe, expect, test, vi } from 'vitest';
import { Unreachable } from './fault.ts';
import { late } from './late.ts';

describe('a part that is fetched late', () => {
  test('is fetched once, however often it is asked for', async () => {
    const fetch = vi.fn(() => Promise.resolve('here'));
    const part = late(fetch);
    expect(fetch).not.toHaveBeenCalled();
    expect(await Promise.all([part(), part()])).toEqual(['here', 'here']);
    expect(await part()).toBe('here');
    expect(fetch).toHaveBeenCalledTimes(1);
  });

  test('that could not be fetched is like a server that does not answer, and is asked for anew the next time', async () => {
    const fetch = vi.fn<() => Promise<string>>().mockRejectedValueOnce(new TypeError('Failed to fetch'));
    fetch.mockResolvedValueOnce('here');
    const part = late(fetch);
    await expect(part()).rejects.toThrow(Unreachable);
    expect(await part()).toBe('here');
    expect(fetch).toHaveBeenCalledTimes(2);
  });
});
