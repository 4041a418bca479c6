import { expect } from 'vitest'

/*
 * A regular expression in what is expected has to match: by itself vitest takes one within `toMatchObject` for an object
 * without fields, which everything matches, and the check could not fail.
 */
expect.addEqualityTesters([
  (received, expected) =>
    expected instanceof RegExp && !(received instanceof RegExp)
      ? typeof received === 'string' && expected.test(received)
      : undefined,
])
