/**
 * The build of the web app. It must run under a strict content security policy with Trusted Types, so nothing is inlined: no module
 * preload, no data URLs, no inline script or style. The worker is a file of its own, reached through `?worker&url`.
 *
 * `--mode mock` builds mock.html instead: the screens on invented data, for looking at; it is never part of a release.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, defineConfig, type Plugin } from 'vite';
import { nhsukRoles } from './src/styles/nhsuk-roles.ts';

export default defineConfig(({ mode }) => ({
  base: '/',
  resolve: {
    alias: [
      { find: /^react$/, replacement: 'preact/compat' },
      { find: /^react-dom$/, replacement: 'preact/compat' },
      { find: /^react\/jsx-runtime$/, replacement: 'preact/jsx-runtime' },
    ],
  },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  css: {
    preprocessorOptions: { scss: { loadPaths: ['node_modules/nhsuk-frontend/dist'], quietDeps: true } },
    postcss: { plugins: [nhsukRoles()] },
  },
  plugins: mode === 'mock' ? [] : [refuseTheFake(), fetchTogether(), listTheAssets()],
  worker: { format: 'es' },
  build: {
    target: ['chrome120', 'edge120', 'firefox120', 'safari17'],
    outDir: mode === 'mock' ? '.vite/mock' : 'dist',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: false,
    sourcemap: false,
    reportCompressedSize: true,
    rolldownOptions: {
      input: mode === 'mock' ? 'mock.html' : 'index.html',
      checks: { pluginTimings: false },
      onLog(level, log, handler) {
        if (log.code !== 'MODULE_LEVEL_DIRECTIVE') handler(level, log);
      },
    },
  },
  server: { proxy: { '/v1': { target: 'http://127.0.0.1:8080', ws: true } } },
}));

/** What the first script imports is named in the page, so that both are fetched at once instead of one after the other. */
function fetchTogether(): Plugin {
  return {
    name: 'wardline-fetch-together',
    transformIndexHtml: {
      order: 'post',
      handler: (_html, { chunk }) =>
        (chunk?.imports ?? []).map((file) => ({
          tag: 'link',
          attrs: { rel: 'modulepreload', href: `/${file}` },
          injectTo: 'head' as const,
        })),
    },
  };
}

/**
 * The list of every file of the build with the SHA-256 of its bytes: served as assets.json, for whoever wants to compare, and put into
 * the service worker, which keeps exactly these.
 */
function listTheAssets(): Plugin {
  return {
    name: 'wardline-list-the-assets',
    enforce: 'post',
    generateBundle: {
      order: 'post',
      async handler(_options, bundle) {
        const list: Record<string, string> = {};
        const add = (path: string, content: string | Uint8Array) => {
          list[path === '/index.html' ? '/' : path] = createHash('sha256').update(content).digest('base64');
        };
        for (const name of readdirSync('public')) {
          if (!name.startsWith('.')) add(`/${name}`, readFileSync(join('public', name)));
        }
        for (const [name, file] of Object.entries(bundle))
          add(`/${name}`, file.type === 'chunk' ? file.code : file.source);
        const sorted = Object.fromEntries(Object.entries(list).sort(([a], [b]) => (a < b ? -1 : 1)));
        const text = `${JSON.stringify(sorted, null, 1)}\n`;
        const version = createHash('sha256').update(text).digest('hex');
        this.emitFile({ type: 'asset', fileName: 'assets.json', source: text });
        this.emitFile({ type: 'asset', fileName: 'sw.js', source: await serviceWorker({ list: sorted, version }) });
      },
    },
  };
}

/** Built by itself: as a second entry it would have the app cut up into what the two might share. */
async function serviceWorker(assets: { list: Record<string, string>; version: string }): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: 'warn',
    publicDir: false,
    define: { __ASSETS__: JSON.stringify(assets) },
    build: {
      write: false,
      modulePreload: false,
      target: ['chrome120', 'edge120', 'firefox120', 'safari17'],
      rolldownOptions: { input: 'src/sw.ts', output: { format: 'iife', entryFileNames: 'sw.js' } },
    },
  });
  const files = (Array.isArray(built) ? built : [built]).flatMap((each) => ('output' in each ? each.output : []));
  const [only] = files;
  if (files.length !== 1 || only?.type !== 'chunk') throw new Error('the service worker has to be one file');
  return only.code;
}

/** The in-memory double of the worker must not reach a hospital. */
function refuseTheFake(): Plugin {
  return {
    name: 'wardline-refuse-the-fake',
    generateBundle(_options, bundle) {
      for (const chunk of Object.values(bundle)) {
        if (chunk.type !== 'chunk') continue;
        const fake = Object.keys(chunk.modules).find((id) => /\/app\/(fake|mock)/.test(id));
        if (fake) this.error(`${fake} is in the production bundle`);
      }
    },
  };
}
