import type { ViteUserConfig } from 'vitest/config'
import base from './vitest.config.js'

/** Comparisons against the running kernel: root, network namespaces and the tools of iptables are needed. */
const config: ViteUserConfig = {
  ...base,
  test: {
    include: ['test/kernel/**/*.test.ts'],
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
}

export default config
