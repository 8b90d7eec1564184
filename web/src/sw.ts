/**
 * The service worker: the app starts at once, also without a network. It keeps the files of its own build and no answer of the API, and
 * it holds no key. A newer one waits until a page that has just been locked asks it to take over.
 */
import { type AssetList, Keeper } from './sw/keeper.ts';

/** Put in by the build, see vite.config.ts. */
declare const __ASSETS__: { list: AssetList; version: string };

type Waiting = Event & { waitUntil(until: Promise<unknown>): void };
type Asking = Event & { request: Request; respondWith(answer: Promise<Response>): void };
type Scope = {
  caches: CacheStorage;
  origin: string;
  skipWaiting(): Promise<void>;
  addEventListener(type: 'install' | 'activate', heard: (event: Waiting) => void): void;
  addEventListener(type: 'fetch', heard: (event: Asking) => void): void;
  addEventListener(type: 'message', heard: (event: MessageEvent<unknown>) => void): void;
};

const scope = globalThis as unknown as Scope;
const { list, version } = __ASSETS__;
const keeper = new Keeper({
  list,
  version,
  origin: scope.origin,
  caches: scope.caches,
  fetch: (request) => fetch(request),
});

scope.addEventListener('install', (event) => event.waitUntil(keeper.install()));
scope.addEventListener('activate', (event) => event.waitUntil(keeper.activate()));
scope.addEventListener('message', ({ data }) => {
  if (data === 'take over') void scope.skipWaiting();
});
scope.addEventListener('fetch', (event) => {
  const answer = keeper.answer(event.request);
  if (answer) event.respondWith(answer);
});
