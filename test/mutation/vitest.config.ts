import { defineConfig } from 'vitest/config'

/** The tests that are quick and never wait for real time: every mutant has to pass before all that reach it. */
export default defineConfig({
  test: {
    include: [
      'test/init/credentials.test.ts',
      'test/sweep/proof.test.ts',
      'test/readers.test.ts',
      'test/report/report.test.ts',
      'test/siege/course.test.ts',
      'test/siege/hunt.test.ts',
      'test/sweep/targets.test.ts',
      'test/triggers/trigger.test.ts',
      'test/sweep/verdict.test.ts',
      'test/kraken/rest/answers.test.ts',
      'test/kraken/http/api-sign.test.ts',
      'test/kraken/http/authent.test.ts',
      'test/kraken/http/connection.test.ts',
      'test/kraken/unified/executions.test.ts',
      'test/kraken/unified/session.test.ts',
      'test/kraken/http/reply.test.ts',
      'test/kraken/unified/unified.test.ts',
      'test/kraken/unified/answers.test.ts',
    ],
    setupFiles: ['test/regexes.ts'],
    testTimeout: 20_000,
  },
})
