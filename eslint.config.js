/** Lint: type-aware rules for all TypeScript and Svelte; formatting is Prettier's alone. Layers are dependency-cruiser's. */
import js from '@eslint/js';
import prettier from 'eslint-config-prettier';
import svelte from 'eslint-plugin-svelte';
import { defineConfig } from 'eslint/config';
import globals from 'globals';
import ts from 'typescript-eslint';

const projects = ['./tsconfig.json', './tsconfig.web.json'];

/** For files in which some values are `any` to the linter, though not to those who wrote them. */
const untyped = {
  '@typescript-eslint/no-unsafe-argument': 'off',
  '@typescript-eslint/no-unsafe-assignment': 'off',
  '@typescript-eslint/no-unsafe-call': 'off',
  '@typescript-eslint/no-unsafe-member-access': 'off',
  '@typescript-eslint/no-unsafe-return': 'off',
  '@typescript-eslint/unbound-method': 'off',
};

export default defineConfig(
  { ignores: ['node_modules/', 'out/', 'dist/', 'test-results/', 'playwright-report/', '.cache/', '.venv/'] },
  js.configs.recommended,
  ts.configs.recommendedTypeChecked,
  svelte.configs.recommended,
  {
    languageOptions: { parserOptions: { project: projects, tsconfigRootDir: import.meta.dirname } },
    rules: {
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': 'error',
      'prefer-const': ['error', { destructuring: 'all' }],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-import-type-side-effects': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // Numbers in messages are wanted; objects and undefined there are the mistake.
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      // An async function without await keeps a signature that callers await; nothing is wrong with it.
      '@typescript-eslint/require-await': 'off',
    },
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: {
      globals: globals.browser,
      parserOptions: { parser: ts.parser, extraFileExtensions: ['.svelte'] },
    },
    rules: {
      // Types of components come from svelte-check; typescript-eslint alone sees them as any.
      ...untyped,
      // `let { value = $bindable(), label } = $props()` cannot be split.
      'prefer-const': 'off',
      'svelte/prefer-const': 'error',
      // It takes the words of an explanation for codes; svelte-check reports what is needless as well.
      'svelte/no-unused-svelte-ignore': 'off',
      // Links lead to rooms inside one page; there is no router base to resolve against.
      'svelte/no-navigation-without-resolve': 'off',
    },
  },
  {
    // Plain JavaScript runs on the system's Node before anything is installed: no types to know.
    files: ['**/*.{js,mjs,cjs}'],
    extends: [ts.configs.disableTypeChecked],
    languageOptions: { globals: globals.node, parserOptions: { project: null } },
    rules: { 'no-console': 'off' },
  },
  {
    // Programs that talk to a terminal.
    files: ['scripts/**', 'bench/**', 'src/main/cli/**', 'tests/**'],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['tests/**', 'bench/**'],
    rules: {
      // Tests look into untyped documents on purpose.
      ...untyped,
    },
  },
  prettier,
  svelte.configs.prettier,
);
