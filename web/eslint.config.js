// Two jobs: types are used soundly (no floating promise, no any), and the folders keep their order:
// app → features → { ui, the contract of core }; core → { crypto, api, platform }; nothing imports app.
import { createNodeResolver, importX } from 'eslint-plugin-import-x';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

const src = (folder) => `./src/${folder}`;

/** What each folder may import besides itself. */
const may = {
  ui: ['platform'],
  features: ['ui', 'core/contract.ts', 'core/forms.ts', 'core/marks.ts', 'core/pin.ts', 'platform'],
  core: ['crypto', 'api', 'platform'],
  crypto: [],
  api: [],
  platform: [],
};
const folders = ['app', 'features', 'ui', 'core', 'crypto', 'api', 'platform'];

/** One zone for each folder and each other that it may not import; single files of core are open to those who may have them. */
const zones = Object.entries(may).flatMap(([folder, allowed]) =>
  folders
    .filter((other) => other !== folder && !allowed.includes(other))
    .map((other) => ({
      target: src(folder),
      from: src(other),
      except: allowed.filter((one) => one.startsWith(`${other}/`)).map((one) => one.replace(`${other}/`, './')),
      message: `${folder} may import only ${allowed.join(', ') || 'nothing of ours'}.`,
    })),
);

export default defineConfig(
  { ignores: ['dist', '.vite', 'e2e/output', 'src/api/*.gen.ts', 'node_modules'] },
  tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['eslint.config.js'] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    plugins: { 'import-x': importX },
    settings: { 'import-x/resolver-next': [createNodeResolver({ extensions: ['.ts', '.tsx', '.js'] })] },
    rules: {
      'import-x/no-restricted-paths': ['error', { basePath: import.meta.dirname, zones }],
      'import-x/no-default-export': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unnecessary-condition': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { attributes: false } }],
      '@typescript-eslint/prefer-nullish-coalescing': 'off',
      '@typescript-eslint/require-await': 'off',
      'no-restricted-syntax': [
        'error',
        { selector: 'TSEnumDeclaration', message: 'Use a union of literals.' },
        { selector: "JSXAttribute[name.name='dangerouslySetInnerHTML']", message: 'Everything is rendered as text.' },
      ],
    },
  },
  { files: ['**/*.config.ts', 'eslint.config.js'], rules: { 'import-x/no-default-export': 'off' } },
);
