/** What counts as seen: what is on the screen, with nothing over it. */
import { act } from 'preact/test-utils';
import { expect, test, vi } from 'vitest';
import { ThreadPane } from '../../features/thread/ThreadPane.tsx';
import { ThreadStore } from '../../features/thread/store.ts';
import { Sheet } from '../../ui/Sheet.tsx';
import { johnItems, people, say } from '../fakeData.ts';
import { mount, settled } from './mount.tsx';

const newest = Math.max(...johnItems.map(({ order }) => order));

async function open() {
  location.hash = '#/t/john';
  const mounted = await mount();
  const store = new ThreadStore(mounted.fake, 'john', mounted.client.now);
  await store.open();
  const pane = <ThreadPane store={store} summary={undefined} />;
  const seen = () =>
    mounted.fake.calls.flatMap(({ verb, arg }) => (verb === 'markSeen' ? [(arg as { upTo: number }).upTo] : []));
  const arrive = async (order: number) => {
    const item = { ...say(people.anita, Date.now(), 'And one more thing.'), order, key: `n${order}`, id: `n${order}` };
    await act(() => mounted.fake.arrive('john', item));
    await settled();
  };
  return { ...mounted, store, pane, seen, arrive };
}

const sheet = (
  <Sheet title="Over it" onClose={() => undefined}>
    <p>Something else.</p>
  </Sheet>
);

test('what arrives under a sheet is not seen until the sheet is gone', async () => {
  const { draw, pane, seen, arrive, store } = await open();
  await draw(<>{pane}</>);
  expect(seen()).toEqual([newest]);
  await draw(
    <>
      {pane}
      {sheet}
    </>,
  );
  await arrive(newest + 1);
  expect(seen()).toEqual([newest]);
  await draw(<>{pane}</>);
  expect(seen()).toEqual([newest, newest + 1]);
  store.close();
});

test('nor what arrives under a sheet that is still on its way, or on a page that is hidden', async () => {
  const { draw, pane, seen, arrive, store, client } = await open();
  await draw(pane);
  await act(() => client.router.replace({ at: 'decide', thread: 'john' }));
  await arrive(newest + 1);
  expect(seen()).toEqual([newest]);
  const visible = vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden');
  await act(() => client.router.replace({ at: 'thread', thread: 'john' }));
  await settled();
  expect(seen()).toEqual([newest]);
  visible.mockReturnValue('visible');
  await act(() => void document.dispatchEvent(new Event('visibilitychange')));
  expect(seen()).toEqual([newest, newest + 1]);
  store.close();
});
