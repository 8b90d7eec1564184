// Two jobs: types are used soundly (no floating promise, no any), and the folders keep their order:
// app → features → { ui, the contract of core }; core → { crypto, api, platform }; nothing imports app.
import { importX } from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

const src = (folder) => `./src/${folder}`;

/** What each folder may import besides itself. */
const may = {
  ui: ['platform'],
  features: ['ui', 'core/contract.ts', 'platform'],
  core: ['crypto', 'api', 'platform'],
  crypto: [],
  api: [],
  platform: [],
};
const folders = ['app', 'features', 'ui', 'core', 'crypto', 'api', 'platform'];

const zones = Object.entries(may).map(([folder, allowed]) => ({
  target: src(folder),
  from: folders.filter((other) => other !== folder && !allowed.includes(other)).map(src),
  except: allowed.includes('core/contract.ts') ? ['contract.ts'] : [],
  message: `${folder} may import only ${allowed.join(', ') || 'nothing of ours'}`,
}));

export default tseslint.config(
  { ignores: ['dist', 'e2e/output', 'src/api/*.gen.ts', 'node_modules'] },
  tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['eslint.config.js'] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    plugins: { 'import-x': importX },
    settings: { 'import-x/resolver': { typescript: true, node: true } },
    rules: {
      'import-x/no-restricted-paths': ['error', { basePath: import.meta.dirname, zones: zones.flatMap(perFolder) }],
      'import-x/no-default-export': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unnecessary-condition': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { attributes: false } }],
      '@typescript-eslint/prefer-nullish-coalescing': 'off',
      'no-restricted-syntax': [
        'error',
        { selector: 'TSEnumDeclaration', message: 'Use a union of literals.' },
        { selector: "JSXAttribute[name.name='dangerouslySetInnerHTML']", message: 'Everything is rendered as text.' },
      ],
    },
  },
  { files: ['*.config.ts', 'eslint.config.js'], rules: { 'import-x/no-default-export': 'off' } },
);

/** One zone per forbidden folder, so that an exception counts from that folder. */
function perFolder({ target, from, except, message }) {
  return from.map((folder) => ({ target, from: folder, except: folder === src('core') ? except : [], message }));
}
