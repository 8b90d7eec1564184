import { describe, expect, test, vi } from 'vitest';
import { Router } from './router.ts';

function page(hash: string) {
  const listeners: (() => void)[] = [];
  const location = { hash };
  const arrive = () => listeners.forEach((listener) => listener());
  const back = vi.fn();
  const window = {
    location,
    history: {
      back,
      replaceState: (_state: unknown, _title: string, to: string) => {
        location.hash = to;
      },
    },
    addEventListener: (_event: string, listener: () => void) => listeners.push(listener),
  };
  const router = new Router(window as unknown as Window);
  const go = (to: string) => {
    location.hash = to;
    arrive();
  };
  return { router, go, back, location };
}

describe('closing a sheet', () => {
  test('goes back to where it was opened from', () => {
    const { router, go, back } = page('#/t/a');
    go('#/t/a/file/d');
    expect(router.route.value.at).toBe('file');
    router.close();
    expect(back).toHaveBeenCalledTimes(1);
  });

  test('that a link opened stays in the app, on what lies under it', () => {
    const { router, back, location } = page('#/t/a/file/d');
    router.close();
    expect(back).not.toHaveBeenCalled();
    expect(location.hash).toBe('#/t/a');
    expect(router.route.value).toEqual({ at: 'thread', thread: 'a' });
  });

  test('a thread that a link opened leads to the inbox', () => {
    const { router } = page('#/t/a');
    router.close();
    expect(router.route.value).toEqual({ at: 'inbox' });
  });
});

describe('what stands under a sheet', () => {
  test('is the thread that was open, also for a new message', () => {
    const { router, go } = page('#/t/a');
    go('#/new');
    expect(router.base.value).toEqual({ at: 'thread', thread: 'a' });
  });

  test('is the inbox when a link opened the sheet', () => {
    expect(page('#/new/patient').router.base.value).toEqual({ at: 'inbox' });
  });

  test('is the sheet’s own thread', () => {
    const { router, go } = page('#/t/a');
    go('#/t/b/details');
    expect(router.base.value).toEqual({ at: 'thread', thread: 'b' });
  });
});

test('Back out of a sheet and into it again keeps the trail right', () => {
  const { router, go, back } = page('#/');
  go('#/t/a');
  go('#/t/a/add');
  go('#/t/a');
  router.close();
  expect(back).toHaveBeenCalledTimes(1);
  go('#/');
  go('#/new');
  router.close();
  expect(back).toHaveBeenCalledTimes(2);
});
