import { fileURLToPath } from 'node:url'
import type { ViteUserConfig } from 'vitest/config'

const source = (path: string): string => fileURLToPath(new URL(`src/${path}`, import.meta.url))

/** Everything that runs anywhere. What needs root and namespaces is in vitest.kernel.config.ts. */
const config: ViteUserConfig = {
  resolve: {
    alias: [
      { find: /^kubehop$/, replacement: source('index.ts') },
      { find: /^kubehop\/testing$/, replacement: source('testing/index.ts') },
    ],
  },
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    exclude: ['test/kernel/**'],
    testTimeout: 30_000,
  },
}

export default config
