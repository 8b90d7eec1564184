/**
 * What the service worker does: it keeps the files of one build, and answers with those and with nothing else.
 *
 * Invariants: a file is kept only when its bytes have the SHA-256 that the build's list says, which the browser itself checks. Under
 * `/assets/` nothing is answered that no list named. The API is never touched: no answer of the server is kept, and no key is here.
 */

/** Made by the build: every file of the app with the SHA-256 of its bytes, in base64. The page is `/`. */
export type AssetList = Readonly<Record<string, string>>;

type Options = {
  list: AssetList;
  /** Of the list itself; names this build's cache. */
  version: string;
  origin: string;
  caches: CacheStorage;
  fetch: (request: Request) => Promise<Response>;
};

const prefix = 'wardline-';

export class Keeper {
  readonly #options: Options;

  constructor(options: Options) {
    this.#options = options;
  }

  /** Fetches every file. One that is not what the list says, or does not come, and nothing of it counts. */
  async install(): Promise<void> {
    const { caches, list } = this.#options;
    await caches.delete(this.#name);
    const cache = await caches.open(this.#name);
    for (const path of Object.keys(list)) await cache.put(this.#address(path), await this.#fetch(path));
  }

  /** The build before stays for a tab that still runs it; older ones go. */
  async activate(): Promise<void> {
    const { caches } = this.#options;
    const others = (await caches.keys()).filter((name) => name.startsWith(prefix) && name !== this.#name);
    await Promise.all(others.slice(0, -1).map((name) => caches.delete(name)));
  }

  /** `undefined`: the browser asks the server, as if there were no service worker. */
  answer(request: Request): Promise<Response> | undefined {
    const { origin, list } = this.#options;
    const url = new URL(request.url);
    if (url.origin !== origin || request.method !== 'GET' || url.pathname.startsWith('/v1/')) return undefined;
    if (url.pathname === '/assets.json') return Promise.resolve(this.#listed());
    if (request.mode === 'navigate') return /\.[^/]*$/.test(url.pathname) ? undefined : this.#own('/');
    if (Object.hasOwn(list, url.pathname)) return this.#own(url.pathname);
    return url.pathname.startsWith('/assets/') ? this.#older(url.pathname) : undefined;
  }

  async #own(path: string): Promise<Response> {
    const cache = await this.#options.caches.open(this.#name);
    return (await cache.match(this.#address(path), { ignoreVary: true })) ?? this.#fetch(path);
  }

  /** For a tab of the build before. Its files were checked by its own list. */
  async #older(path: string): Promise<Response> {
    for (const name of await this.#options.caches.keys()) {
      if (!name.startsWith(prefix)) continue;
      const cache = await this.#options.caches.open(name);
      const found = await cache.match(this.#address(path), { ignoreVary: true });
      if (found) return found;
    }
    return Response.error();
  }

  async #fetch(path: string): Promise<Response> {
    const integrity = `sha256-${this.#options.list[path] ?? ''}`;
    const request = new Request(this.#address(path), {
      integrity,
      // What has a hash in its name is never another file.
      cache: path.startsWith('/assets/') ? 'default' : 'no-cache',
      credentials: 'omit',
      redirect: 'error',
    });
    const response = await this.#options.fetch(request);
    if (!response.ok) throw new Error(`${path}: ${response.status}`);
    return response;
  }

  #listed(): Response {
    return new Response(textOf(this.#options.list), { headers: { 'content-type': 'application/json' } });
  }

  get #name(): string {
    return prefix + this.#options.version;
  }

  #address(path: string): string {
    return this.#options.origin + path;
  }
}

/** The list as it is served and hashed. */
export const textOf = (list: AssetList): string => `${JSON.stringify(list, null, 1)}\n`;
