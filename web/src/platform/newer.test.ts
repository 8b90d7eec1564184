import { afterEach, expect, test, vi } from 'vitest';
import { newerIsReady, takeOver } from './newer.ts';

type Parts = { controller?: object; waiting?: { postMessage: (message: string) => void }; open?: boolean };

/** A browser whose service worker is like that, and what it is told. */
function browser({ controller = {}, waiting, open = false }: Parts) {
  let changed: (() => void) | undefined;
  vi.stubGlobal('navigator', {
    serviceWorker: {
      controller,
      getRegistration: async () => ({ waiting }),
      addEventListener: (_: string, heard: () => void) => {
        changed = heard;
      },
    },
    locks: { query: async () => ({ held: open ? [{ name: 'wardline', mode: 'exclusive' }] : [] }) },
  });
  return { change: () => changed?.() };
}

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

test('a newer version takes over when a page starts, and the page is loaded anew', async () => {
  const told: string[] = [];
  const { change } = browser({
    waiting: {
      postMessage: (message) => {
        told.push(message);
        change();
      },
    },
  });
  const reload = vi.fn();
  expect(await takeOver({ reload })).toBe(true);
  expect(told).toEqual(['take over']);
  expect(reload).toHaveBeenCalledOnce();
});

test('not while Wardline is in use in another tab', async () => {
  const postMessage = vi.fn();
  browser({ waiting: { postMessage }, open: true });
  expect(await takeOver({ reload: vi.fn() })).toBe(false);
  expect(await newerIsReady()).toBe(true);
  expect(postMessage).not.toHaveBeenCalled();
});

test('without a newer one, or without service workers, the page goes on at once', async () => {
  browser({});
  expect(await takeOver({ reload: vi.fn() })).toBe(false);
  expect(await newerIsReady()).toBe(false);
  vi.stubGlobal('navigator', {});
  expect(await takeOver({ reload: vi.fn() })).toBe(false);
  expect(await newerIsReady()).toBe(false);
});

test('one that does not take over keeps nobody waiting', async () => {
  vi.useFakeTimers();
  browser({ waiting: { postMessage: vi.fn() } });
  const reload = vi.fn();
  const taken = takeOver({ reload });
  await vi.advanceTimersByTimeAsync(2000);
  expect(await taken).toBe(false);
  expect(reload).not.toHaveBeenCalled();
});
