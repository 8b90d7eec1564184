// @vitest-environment node
import { beforeEach, expect, test } from 'vitest';
import { type AssetList, Keeper, textOf } from './keeper.ts';

const origin = 'https://wardline.test';

/** As much of the browser's caches as is used. */
class Caches {
  readonly all = new Map<string, Map<string, Response>>();
  keys = async () => [...this.all.keys()];
  delete = async (name: string) => this.all.delete(name);
  open = async (name: string) => {
    const kept = this.all.get(name) ?? new Map<string, Response>();
    this.all.set(name, kept);
    return {
      put: async (address: string, response: Response) => void kept.set(address, response),
      match: async (address: string) => kept.get(address)?.clone(),
    };
  };
}

const list: AssetList = { '/': 'page', '/assets/index-1.js': 'script', '/icon.svg': 'icon' };
let caches: Caches;
let asked: string[];
/** What the server has, by the hash that it fits. */
let served: Record<string, string>;

const keeper = (files = list, version = 'one') =>
  new Keeper({
    list: files,
    version,
    origin,
    caches: caches as unknown as CacheStorage,
    fetch: async (request) => {
      const { pathname } = new URL(request.url);
      asked.push(pathname);
      // The browser refuses what does not fit.
      if (request.integrity !== `sha256-${served[pathname] ?? ''}`) throw new TypeError('integrity');
      return new Response(pathname);
    },
  });

function get(path: string, how: { mode?: string; method?: string; origin?: string } = {}): Request {
  const { mode = 'no-cors', method = 'GET' } = how;
  return { url: (how.origin ?? origin) + path, mode, method } as Request;
}

beforeEach(() => {
  caches = new Caches();
  asked = [];
  served = { ...list };
});

test('R07 after installing, the app is answered without asking anybody', async () => {
  const sw = keeper();
  await sw.install();
  expect(asked).toEqual(Object.keys(list));
  asked = [];
  for (const [path, mode] of [
    ['/', 'navigate'],
    ['/anything', 'navigate'],
    ['/assets/index-1.js', 'no-cors'],
    ['/icon.svg', 'no-cors'],
  ] as const) {
    expect((await sw.answer(get(path, { mode })))?.ok).toBe(true);
  }
  expect(await (await sw.answer(get('/assets.json')))?.text()).toBe(textOf(list));
  expect(asked).toEqual([]);
});

test('R07 a file that is not what the build made is not kept, and the whole version is not installed', async () => {
  served['/assets/index-1.js'] = 'another';
  await expect(keeper().install()).rejects.toThrow();
  served['/assets/index-1.js'] = 'script';
  await keeper().install();
});

test('R07 what no list names is refused under assets', async () => {
  const sw = keeper();
  await sw.install();
  expect((await sw.answer(get('/assets/evil.js')))?.type).toBe('error');
});

test('the API, other methods, other origins and files beside the app are left alone', () => {
  const sw = keeper();
  for (const request of [
    get('/v1/threads'),
    get('/v1/policies', { mode: 'navigate' }),
    get('/', { method: 'POST' }),
    get('/assets/index-1.js', { origin: 'https://example.org' }),
    get('/robots.txt'),
    get('/sw.js'),
    get('/robots.txt', { mode: 'navigate' }),
  ]) {
    expect(sw.answer(request)).toBeUndefined();
  }
  expect(caches.all.size).toBe(0);
});

test('a tab of the build before still gets its parts; older builds go', async () => {
  for (const version of ['one', 'two', 'three']) {
    const path = `/assets/part-${version}.js`;
    served = { '/': 'page', [path]: version };
    const sw = keeper({ ...served }, version);
    await sw.install();
    await sw.activate();
  }
  expect(await caches.keys()).toEqual(['wardline-two', 'wardline-three']);
  const sw = keeper({ '/': 'page', '/assets/part-three.js': 'three' }, 'three');
  expect((await sw.answer(get('/assets/part-two.js')))?.ok).toBe(true);
  expect((await sw.answer(get('/assets/part-one.js')))?.type).toBe('error');
});
