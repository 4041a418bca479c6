import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { alarmEvent, alarmRuleEvent, alarmSnsEvent, httpEvent, scheduleEvent } from '../drill/events.ts'
import { InputRefused, SecretInvalid, SettingInvalid } from '../lambda/errors.ts'
import { readFunctionSettings } from '../lambda/init/function-settings.ts'
import { readSecret } from '../lambda/init/secret.ts'
import { SETTING_NAMES } from '../lambda/init/settings.ts'
import type { Fields } from '../lambda/json.ts'
import type { Order } from '../lambda/kraken/exchange.ts'
import { ExchangeError } from '../lambda/kraken/exchange-error.ts'
import { ApiKey } from '../lambda/kraken/http/authent.ts'
import { readJson } from '../lambda/kraken/http/reply.ts'
import {
  readApiKeyCheck,
  readBook,
  readCancelAck,
  readPositions,
  readSingleCancelAck,
  readSuccess,
} from '../lambda/kraken/rest/answers.ts'
import { isKeeping, symbolsOf } from '../lambda/kraken/scope.ts'
import { readSymbol } from '../lambda/kraken/symbol.ts'
import { readTimer } from '../lambda/kraken/timer.ts'
import { readHttpBody } from '../lambda/triggers/http-body.ts'
import { readTrigger } from '../lambda/triggers/trigger.ts'
import { FOREIGN_EVENTS } from './foreign-events.ts'
import { expectNoPieceOf } from './pieces.ts'

/* What holds for every reader, whatever it is given. */

const RUNS = { numRuns: 2_000 }

// Values that look right from afar.
const near = fc.constantFrom<unknown[]>(
  null,
  '',
  [],
  {},
  '*',
  'all',
  0,
  true,
  'ALARM',
  'PF_XBTUSD',
  ['PF_XBTUSD'],
  [null],
  '2.0',
  'POST',
  '\u2028',
  '__proto__',
)
const anything = fc.oneof(near, fc.jsonValue(), fc.string({ unit: 'binary' }))

/** A good event with one thing in it replaced, added or taken away. */
const nearEvent = fc
  .tuple(
    fc.constantFrom<object[]>(
      alarmEvent(),
      alarmRuleEvent(),
      alarmSnsEvent(),
      scheduleEvent({ symbols: ['PF_XBTUSD'] }),
      httpEvent('{"symbols":["PF_XBTUSD"]}'),
      { symbols: ['PF_XBTUSD'], reason: 'by hand' },
      { readiness: true },
      { readiness: true, ...scheduleEvent() },
    ),
    fc.nat(),
    fc.option(anything, { nil: undefined }),
    fc.option(fc.constantFrom('symbol', 'symbols', 'reason', 'body', 'extra', 'readiness'), { nil: null }),
  )
  .map(([event, where, value, added]) => {
    const copy = structuredClone(event) as Record<string, unknown>
    const spots = spotsOf(copy)
    const [holder, key] =
      added === null ? (spots[where % spots.length] as (typeof spots)[number]) : [copy, added]
    if (value === undefined) delete holder[key]
    else holder[key] = value
    return copy
  })

function spotsOf(value: object): [Record<string, unknown>, string][] {
  return Object.entries(value).flatMap(([key, inner]) => [
    [value as Record<string, unknown>, key] as [Record<string, unknown>, string],
    ...(typeof inner === 'object' && inner !== null ? spotsOf(inner) : []),
  ])
}

test('whatever arrives gets an answer in printable words, and fires only what it names', () => {
  let fired = 0
  fc.assert(
    fc.property(fc.oneof(nearEvent, anything), (event) => {
      const { kind, action, by, reason } = readTrigger(event, 'request-1')
      expect(by).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u)
      expect(reason ?? '').not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u)
      if (action.do !== 'fire') return
      fired += 1
      const { body } = event as { readonly body?: string }
      const pull = kind === 'http' ? JSON.parse(body || '{}') : event
      const isNamed = Object.hasOwn(pull, 'symbol') || Object.hasOwn(pull, 'symbols')
      const symbols = symbolsOf(action.scope)
      if (kind !== 'alarm') expect(symbols === 'all').toBe(!isNamed)
      if (kind !== 'alarm') expect(isKeeping(action.scope)).toBe(Object.hasOwn(pull, 'keep'))
      if (symbols !== 'all') for (const symbol of symbols) expect(symbol).toMatch(/^[A-Z0-9_]+$/)
    }),
    { numRuns: 5_000 },
  )
  expect(fired).toBeGreaterThan(100)
})

test('there are at least forty foreign events', () => {
  expect(FOREIGN_EVENTS.length).toBeGreaterThanOrEqual(40)
})

test.each(FOREIGN_EVENTS)('%s: refused, with a sentence that says what to send', (_, event) => {
  const { action } = readTrigger(event, 'request-1')
  expect(action).toMatchObject({ do: 'refuse', why: expect.stringMatching(/\w{3}/) })
})

test('a body is read as what it is, or refused by name', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string({ unit: 'binary' }), fc.json(), fc.base64String()),
      fc.boolean(),
      (body, isBase64) => {
        try {
          const read = readHttpBody(body, isBase64)
          if (!isBase64 && body !== '') expect(read).toEqual(JSON.parse(body))
        } catch (error) {
          expect(error).toBeInstanceOf(InputRefused)
        }
      },
    ),
    RUNS,
  )
})

test('a symbol is ASCII of a known form, or none', () => {
  const forms = fc.stringMatching(/^(PF|PI|FI|FF|pf|ＰＦ|РF)_[A-Z0-9а-яſ&%]{0,8}(_[0-9]{0,7})?$/)
  fc.assert(
    fc.property(fc.oneof(forms, fc.string({ unit: 'binary' })), (text) => {
      const symbol = readSymbol(text)
      if (symbol === null) return
      expect(text).toMatch(/^[A-Za-z0-9_]+$/)
      expect(symbol).toBe(text.toUpperCase())
      expect(symbol).toMatch(/^(PF|PI|FI|FF)_/)
    }),
    RUNS,
  )
})

const apiKey = randomBytes(42).toString('base64')
const apiSecret = randomBytes(64).toString('base64')

test('a secret is a key, or an error by name that quotes nothing of it', () => {
  const good = JSON.stringify({ apiKey, apiSecret })
  const cut = fc
    .tuple(fc.nat({ max: good.length }), fc.string({ unit: 'binary', maxLength: 3 }))
    .map(([at, text]) => good.slice(0, at) + text + good.slice(at + 1))
  const fields = fc.record(
    {
      apiKey: fc.oneof(fc.constant(apiKey), anything),
      apiSecret: fc.oneof(fc.constant(apiSecret), anything),
    },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(
      fc.oneof(
        cut,
        fields.map((value) => JSON.stringify(value)),
        fc.string({ unit: 'binary' }),
      ),
      (text) => {
        try {
          expect(Object.values(readSecret(text)).some((key) => key instanceof ApiKey)).toBe(true)
        } catch (error) {
          expect(error).toBeInstanceOf(SecretInvalid)
          const { message, whatToDo, stack, cause } = error as SecretInvalid
          expectNoPieceOf([apiKey, apiSecret], `${message} ${whatToDo} ${stack} ${cause}`)
        }
      },
    ),
    { numRuns: 500 },
  )
})

const order = {} as Order
const answerParts = fc.record(
  {
    result: fc.oneof(fc.constant('success'), anything),
    error: anything,
    errors: fc.oneof(fc.array(anything), anything),
    serverTime: fc.oneof(fc.constant('2026-11-22T20:00:00.000Z'), anything),
    openOrders: fc.oneof(fc.array(anything), anything),
    openPositions: fc.oneof(fc.array(anything), anything),
    status: fc.oneof(
      anything,
      fc.record({ currentTime: anything, triggerTime: fc.oneof(fc.constant('0'), anything) }),
    ),
    permissions: anything,
    allowedCidrBlocks: anything,
    cancelStatus: fc.oneof(
      anything,
      fc.record(
        { status: anything, cancelledOrders: fc.oneof(fc.array(anything), anything), orderEvents: anything },
        { requiredKeys: [] },
      ),
    ),
  },
  { requiredKeys: [] },
)

test('an answer is what was asked for, whole, or an error by name', () => {
  const readers: ((answer: Fields) => unknown)[] = [
    readCancelAck,
    readBook,
    readPositions,
    readApiKeyCheck,
    (answer) => readSingleCancelAck(answer, order),
    ({ status }) => readTimer(status),
  ]
  fc.assert(
    fc.property(answerParts, (answer) => {
      for (const read of readers) {
        try {
          // Every field of every order and position, as a report would ask for them.
          JSON.stringify(read(answer), (_, value) =>
            value instanceof Object && !Array.isArray(value) ? { ...value, ...describe(value) } : value,
          )
        } catch (error) {
          expect(error).toBeInstanceOf(ExchangeError)
        }
      }
      if (Array.isArray(answer.openOrders))
        expect(readBook(answer).orders).toHaveLength(answer.openOrders.length)
    }),
    RUNS,
  )
})

function describe(value: object): object {
  const { orderId, symbol, side, type, size, limitPrice, stopPrice, reduceOnly, placedAt, cliOrdId } =
    value as Partial<Order>
  return { orderId, symbol, side, type, size, limitPrice, stopPrice, reduceOnly, placedAt, cliOrdId }
}

test('a reply is a success by its own word and HTTP 200, or an error by name that quotes nothing strange', () => {
  const body = fc.oneof(
    answerParts.map((answer) => JSON.stringify(answer)),
    fc.string({ unit: 'binary' }),
    fc.json(),
  )
  const headers = fc.record(
    { 'retry-after': fc.string(), 'content-encoding': fc.constantFrom('identity', 'gzip') },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(
      fc.constantFrom(200, 200, 200, 301, 400, 404, 410, 429, 500, 503),
      headers,
      body,
      (status, replied, text) => {
        for (const read of [readSuccess, readJson]) {
          try {
            const answer = read({ status, headers: replied, body: Buffer.from(text) })
            expect(status).toBeLessThan(300)
            if (read === readSuccess) expect(answer.result).toBe('success')
            expect([answer.error, answer.errors].flat().filter((raised) => raised)).toEqual([])
          } catch (error) {
            expect(error).toBeInstanceOf(ExchangeError)
            expect((error as ExchangeError).message).toMatch(/^[\x20-\x7e]{1,160}$/)
          }
        }
      },
    ),
    RUNS,
  )
})

test('settings are settings, or an error that names one and quotes no value', () => {
  const value = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('', '0', '1000', '-1', '1e9', 'https://futures.kraken.com/derivatives/api/v3'),
    fc.webUrl(),
  )
  const env = fc.record(
    Object.fromEntries(
      [...SETTING_NAMES, 'AWS_REGION', 'AWS_ENDPOINT_URL_SECRETS_MANAGER', 'AWS_ENDPOINT_URL_SNS'].map(
        (name) => [name, value],
      ),
    ),
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(env, (changed) => {
      const whole = { KRAKEN_SECRET_ID: 'kill-switch/kraken', AWS_REGION: 'eu-central-1', ...changed }
      try {
        const { quietPeriodMs, futuresUrl } = readFunctionSettings(whole)
        expect(quietPeriodMs).toBeGreaterThanOrEqual(50)
        expect(futuresUrl.pathname).toBe('/derivatives/api/v3')
      } catch (error) {
        expect(error).toBeInstanceOf(SettingInvalid)
        const [name = ''] = /[A-Z_]{8,}/.exec((error as Error).message) ?? []
        expect(whole).toHaveProperty(name)
      }
    }),
    RUNS,
  )
})
