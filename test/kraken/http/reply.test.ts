import { expect, test } from 'vitest'
import { ExchangeError, KRAKEN_ERROR_CODES } from '../../../lambda/kraken/exchange-error.ts'
import { type Reply, readJson } from '../../../lambda/kraken/http/reply.ts'
import { readRestJson, readSuccess } from '../../../lambda/kraken/rest/answers.ts'
import { ApiRetired } from '../../../lambda/kraken/rest/retired.ts'
import facts from '../../fixtures/openapi-facts.json' with { type: 'json' }

function reply(body: unknown, overrides: Partial<Reply> = {}): Reply {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return { status: 200, headers: {}, body: Buffer.from(text), ...overrides }
}

function failure(read: () => unknown): ExchangeError {
  try {
    read()
  } catch (error) {
    if (error instanceof ExchangeError) return error
    throw error
  }
  throw new Error('it was taken for a success')
}

const good = { result: 'success', serverTime: '2026-11-22T20:00:00.000Z', openOrders: [] }

test('reads a success', () => {
  expect(readSuccess(reply(good))).toEqual(good)
})

test('knows the 17 documented codes and four others', () => {
  expect(KRAKEN_ERROR_CODES).toEqual(expect.arrayContaining(facts.error.error))
  expect(KRAKEN_ERROR_CODES).toHaveLength(21)
})

const REMEDIES: Readonly<Record<string, string>> = {
  apiLimitExceeded: 'wait',
  'Server Error': 'wait',
  Unavailable: 'wait',
  unknownError: 'wait',
  marketUnavailable: 'wait',
  authenticationError: 'change',
  nonceBelowThreshold: 'change',
  nonceDuplicate: 'change',
}

const shapes: readonly [string, number, (code: string) => object][] = [
  ['HTTP 200 and error', 200, (error) => ({ result: 'error', error })],
  ['HTTP 400 and errors', 400, (code) => ({ result: 'error', errors: [code] })],
  ['HTTP 500 and errors with objects', 500, (code) => ({ errors: [{ code, message: 'words' }] })],
  ['HTTP 200 and another case', 200, (code) => ({ error: code.toUpperCase() })],
  ['HTTP 200, a success and an error', 200, (error) => ({ ...good, error })],
]
const rows = KRAKEN_ERROR_CODES.flatMap((code) =>
  shapes.map(([name, status, body]) => ({ code, name, status, body })),
)

test.each(rows)('$code with $name is that error, with its remedy', ({ code, status, body }) => {
  const error = failure(() => readSuccess(reply(body(code), { status })))
  expect(error.code).toBe(code)
  expect(error.remedy).toBe(REMEDIES[code] ?? 'stop')
  expect(error.whatToDo).not.toBe('')
})

// Each row differs from a good answer in one place only, so each guard is needed.
test.each([
  ['HTTP 500', reply(good, { status: 500 }), 'HTTP 500'],
  ['HTTP 201', reply(good, { status: 201 }), 'HTTP 201'],
  ['HTTP 429', reply(good, { status: 429 }), 'HTTP 429'],
  ['no result', reply({ ...good, result: undefined }), 'no result'],
  ['result error', reply({ ...good, result: 'error' }), 'error without a code'],
  ['another result', reply({ ...good, result: 'ok' }), 'no result'],
  ['a body cut short', reply(JSON.stringify(good).slice(0, -1)), 'unreadable'],
  ['an empty body', reply(''), 'unreadable'],
  ['null', reply('null'), 'unreadable'],
  ['a list', reply('[]'), 'unreadable'],
  ['a number', reply('1'), 'unreadable'],
  ['a string', reply('"success"'), 'unreadable'],
  ['gzip', reply(good, { headers: { 'content-encoding': 'gzip' } }), 'compressed'],
  ['HTML with HTTP 520', reply('<html></html>', { status: 520 }), 'HTTP 520'],
  ['an unknown code', reply({ result: 'error', error: 'somethingNew' }), 'somethingNew'],
  ['an error that is an object', reply({ ...good, error: { code: 'k7/9' } }), 'an unknown error code'],
  ['an error that is true', reply({ ...good, error: true }), 'an unknown error code'],
  ['errors that say nothing', reply({ ...good, errors: [{}] }), 'an unknown error code'],
  ['a code that is no words', reply({ error: 'K7xQ/12+aaaaaa=' }), 'an unknown error code'],
])('never takes %s for a success, and waits', (_, answer, code) => {
  const error = failure(() => readSuccess(answer))
  expect(error).toMatchObject({ code, remedy: 'wait' })
  expect(error).not.toBeInstanceOf(ApiRetired)
})

test.each([
  ['a redirect', reply(good, { status: 301 }), 'HTTP 301'],
  ['a temporary redirect', reply(good, { status: 307 }), 'HTTP 307'],
  ['HTML with HTTP 200', reply('<!DOCTYPE html><html></html>'), 'HTML'],
  ['HTTP 404 without a code', reply({}, { status: 404 }), 'HTTP 404'],
  ['HTTP 410 and HTML', reply('<html></html>', { status: 410 }), 'HTML'],
  ['HTTP 410 and nothing', reply('', { status: 410 }), 'HTTP 410'],
])('says of %s that the API may be retired, and what then', (_, answer, code) => {
  const error = failure(() => readSuccess(answer))
  expect(error).toBeInstanceOf(ApiRetired)
  expect(error).toMatchObject({ code, remedy: 'wait' })
  expect(error.message).toContain('1 March 2027')
  expect(error.whatToDo).toContain('by hand')
})

test('of any HTTP reply a redirect, a page and a 404 are errors, and no word of retirement', () => {
  for (const answer of [reply(good, { status: 301 }), reply('<html>'), reply({}, { status: 404 })]) {
    expect(failure(() => readJson(answer))).not.toBeInstanceOf(ApiRetired)
    expect(failure(() => readRestJson(answer))).toBeInstanceOf(ApiRetired)
  }
})

test('an error code outweighs HTTP 404', () => {
  expect(failure(() => readJson(reply({ error: 'notFound' }, { status: 404 }))).code).toBe('notFound')
})

test('reads the words of the key check with HTTP 401 as a refused key', () => {
  const body = { error: 'Unauthorized', message: 'Invalid API key', suberror: 'KEY_NOT_FOUND' }
  expect(failure(() => readJson(reply(body, { status: 401 }))).code).toBe('authenticationError')
})

test.each([
  ['1', 1_000],
  ['0', 0],
  ['10', 10_000],
  ['11', null],
  ['86400', null],
  ['-1', null],
  ['soon', null],
  ['Wed, 21 Oct 2026 07:28:00 GMT', null],
  [undefined, null],
])('reads Retry-After %s as %s ms', (header, expected) => {
  const headers = header === undefined ? {} : { 'retry-after': header }
  expect(failure(() => readSuccess(reply({}, { status: 429, headers }))).retryAfterMs).toBe(expected)
})
