import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/regexes.ts'],
    testTimeout: 20_000,
    hookTimeout: 60_000, // templates are made, packages installed and removed, on a disk that others use too
    // Real sockets and real processes: more workers than cores would only make them wait.
    maxWorkers: 2,
    maxConcurrency: 12,
    coverage: {
      provider: 'v8',
      include: ['lambda/**'],
      reporter: ['text'],
    },
  },
})
