/**
 * The build of the web app. It must run under a strict content security policy with Trusted Types, so nothing is inlined: no module
 * preload, no data URLs, no inline script or style. The worker is a file of its own, reached through `?worker&url`.
 *
 * `--mode mock` builds mock.html instead: the screens on invented data, for looking at; it is never part of a release.
 */
import { defineConfig, type Plugin } from 'vite';
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
  plugins: mode === 'mock' ? [] : [refuseTheFake(), fetchTogether()],
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
