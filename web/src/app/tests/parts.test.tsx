import { act } from 'preact/test-utils';
import { describe, expect, test, vi } from 'vitest';
import { fetchAll } from '../../features/shell/parts.ts';
import { Fetching, part, usePart } from '../../ui/part.tsx';
import { App } from '../App.tsx';
import { button, mount, press, settled, shown } from './mount.tsx';

const Greeting = ({ name }: { name: string }) => <p>Hello {name}</p>;

function Place({ of, onAnew }: { of: ReturnType<typeof part<{ name: string }>>; onAnew?: () => void }) {
  const { View, ...waiting } = usePart(of);
  return View ? <View name="ward" /> : <Fetching {...waiting} onAnew={onAnew} />;
}

describe('a part that is fetched later', () => {
  test('is fetched once, and drawn at once when it is here', async () => {
    const fetch = vi.fn(() => Promise.resolve(Greeting));
    const wanted = part(fetch);
    await Promise.all([wanted.load(), wanted.load()]);
    await wanted.load();
    expect(fetch).toHaveBeenCalledTimes(1);
    const { draw } = await mount();
    await draw(<Place of={wanted} />);
    expect(shown()).toBe('Hello ward');
  });

  test('that cannot be fetched says so and can be asked for again', async () => {
    const fetch = vi
      .fn<() => Promise<typeof Greeting>>()
      .mockRejectedValueOnce(new TypeError('offline'))
      .mockResolvedValue(Greeting);
    const onAnew = vi.fn();
    await mount({}, () => <Place of={part(fetch)} onAnew={onAnew} />);
    expect(shown()).toContain('This part of Wardline could not be fetched.');
    await press(button('Lock and load again'));
    expect(onAnew).toHaveBeenCalledTimes(1);
    await press(button('Try again'));
    expect(shown()).toBe('Hello ward');
  });

  test('that could not be fetched ahead is asked for again when it is needed, as if nothing had happened', async () => {
    const fetch = vi
      .fn<() => Promise<typeof Greeting>>()
      .mockRejectedValueOnce(new TypeError('offline'))
      .mockResolvedValue(Greeting);
    const wanted = part(fetch);
    await wanted.load();
    expect(wanted.fault.value).toBeUndefined();
    await mount({}, () => <Place of={wanted} />);
    expect(shown()).toBe('Hello ward');
  });

  test('that failed is forgotten when nobody stands before its place any more', async () => {
    const fetch = vi
      .fn<() => Promise<typeof Greeting>>()
      .mockRejectedValueOnce(new TypeError('offline'))
      .mockResolvedValue(Greeting);
    const wanted = part(fetch);
    const { draw } = await mount({}, () => <Place of={wanted} />);
    expect(wanted.fault.value).toBeDefined();
    await draw(null);
    expect(wanted.fault.value).toBeUndefined();
    await draw(<Place of={wanted} />);
    expect(shown()).toBe('Hello ward');
  });

  test('that is on its way says nothing at first, and then asks for a moment', async () => {
    vi.useFakeTimers();
    try {
      await mount({}, () => <Place of={part(() => new Promise(() => undefined))} />);
      expect(document.querySelector('.empty')).toBeNull();
      await act(() => void vi.advanceTimersByTime(300));
      expect(document.querySelector('.empty')?.textContent).toBe('One moment…');
    } finally {
      vi.useRealTimers();
    }
  });
});

test('the parts of the app are all there after they were fetched ahead', async () => {
  await fetchAll();
  location.hash = '#/t/john';
  const { client } = await mount({}, (each) => <App client={each} fault={undefined} />);
  await settled();
  expect(document.querySelector('[aria-label="Messages"]')).not.toBeNull();
  client.router.go({ at: 'new' });
  await settled();
  await vi.waitFor(() => expect(document.querySelector('dialog h1')?.textContent).toBe('New message'));
});
