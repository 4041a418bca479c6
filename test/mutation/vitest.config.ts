import { defineConfig } from 'vitest/config'

/** The tests that are quick and never wait for real time: every mutant has to pass before all that reach it. */
export default defineConfig({
  test: {
    include: [
      'test/credentials.test.ts',
      'test/proof.test.ts',
      'test/readers.test.ts',
      'test/report.test.ts',
      'test/siege/course.test.ts',
      'test/siege/hunt.test.ts',
      'test/targets.test.ts',
      'test/trigger.test.ts',
      'test/verdict.test.ts',
      'test/kraken/answers.test.ts',
      'test/kraken/api-sign.test.ts',
      'test/kraken/authent.test.ts',
      'test/kraken/connection.test.ts',
      'test/kraken/executions.test.ts',
      'test/kraken/link.test.ts',
      'test/kraken/reply.test.ts',
      'test/kraken/unified.test.ts',
      'test/kraken/unified-answers.test.ts',
    ],
    setupFiles: ['test/regexes.ts'],
    testTimeout: 20_000,
  },
})
