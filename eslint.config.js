import js from '@eslint/js'
import { defineConfig, globalIgnores } from 'eslint/config'
import tseslint from 'typescript-eslint'
import { doorOnly } from './scripts/eslint/door-only.js'

const argument = 'Time and randomness are arguments: take a Clock, `now: Millis`, Rng or Choices from src/base.'
const later = 'Nothing waits in real time below cli: schedule an Event on the EventQueue of src/base.'

const bareDate = { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: argument }

/** What a file that runs per packet may not contain, with the reason. */
const hotSyntax = [
  {
    selector: 'ObjectExpression > SpreadElement',
    message: 'Hot code: an object spread costs 2.5 times a constructor and changes the shape; write the fields.',
  },
  {
    selector: ':matches(ObjectPattern, ArrayPattern) > RestElement',
    message: 'Hot code: destructured rest allocates a copy per packet; read the fields you need.',
  },
  {
    selector: 'TryStatement',
    message: 'Hot code: packets never throw; return a fault, a verdict or a drop reason instead.',
  },
  {
    selector: 'ForInStatement',
    message:
      'Hot code: for..in walks names and the prototype chain; keep an array or a Map and use for..of or an index.',
  },
]

const hotFiles = [
  'src/{wire,netdev,netfilter,netns,bridge}/**/*.ts',
  'src/iptables/{walk,matches}*.ts',
  'src/iptables/{walk,matches}/**/*.ts',
  'src/ipvs/schedule*.ts',
  'src/overlay/vxlan*.ts',
]

/** Files in hot folders that no packet passes through: a wrapper of a library that throws, a file writer, commands. */
const coldInHotFolders = ['src/wire/dns*.ts', 'src/wire/pcapng*.ts', 'src/netns/iproute/*.ts']

export default defineConfig(
  globalIgnores(['dist/', 'coverage/', 'bench/results/', 'types/']),
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrors: 'none' },
      ],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true, allowNever: true },
      ],
      'no-constant-condition': ['error', { checkLoops: false }],
      eqeqeq: 'error',
      'max-lines': ['warn', { max: 400 }],
    },
  },
  {
    files: ['src/**/*.ts'],
    plugins: { kubehop: { rules: { 'door-only': doorOnly } } },
    rules: { 'kubehop/door-only': 'error' },
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/{cli,server}/**'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: argument },
        { object: 'performance', property: 'now', message: argument },
        { object: 'Math', property: 'random', message: argument },
      ],
      'no-restricted-globals': [
        'error',
        ...['setTimeout', 'setInterval', 'setImmediate'].map((name) => ({ name, message: later })),
      ],
      'no-restricted-syntax': ['error', bareDate],
    },
  },
  {
    files: hotFiles,
    ignores: ['**/*.test.ts', ...coldInHotFolders],
    rules: { 'no-restricted-syntax': ['error', bareDate, ...hotSyntax] },
  },
  {
    files: ['**/*.js'],
    languageOptions: { globals: { process: 'readonly', console: 'readonly' } },
  },
)
