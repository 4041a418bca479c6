import { beforeEach, expect, test } from 'vitest'
import { ExchangeError } from '../../lambda/kraken/exchange-error.ts'
import { RedialPause } from '../../lambda/kraken/redial-pause.ts'

let now: number
let pause: RedialPause

beforeEach(() => {
  now = 1_000
  pause = new RedialPause({ now: () => now })
})

const refused = new ExchangeError('HTTP 503')
const tooMany = new ExchangeError('HTTP 429')

/** How long it is, from now. */
function pauseMs(): number {
  const from = now
  while (pause.error !== null) now += 1
  const ms = now - from
  now = from
  return ms
}

test('nothing is waited for before something failed', () => {
  expect(pause.error).toBeNull()
})

test.each<[string, readonly number[], () => void]>([
  ['end early', [0, 250, 500, 1_000, 2_000, 4_000, 4_000], () => pause.noteEarlyEnd()],
  ['are refused', [50, 250, 500, 1_000, 2_000, 4_000, 4_000], () => pause.noteRefusal(refused)],
  ['are refused as too many', [4_000, 4_000], () => pause.noteRefusal(tooMany)],
])('where connections %s the pause is %j', (_, pauses, fail) => {
  for (const ms of pauses) {
    fail()
    expect(pauseMs()).toBe(ms)
    now += ms
  }
})

test('why the last one failed is told as long as it is too early for the next', () => {
  pause.noteRefusal(refused)
  expect(pause.error).toBe(refused)
  pause.noteEarlyEnd()
  expect(pause.error).toMatchObject({ code: 'broken connection', remedy: 'wait' })
  pause.noteRefusal(tooMany)
  expect(pause.error).toBe(tooMany)
  now += 4_000
  expect(pause.error).toBeNull()
})

test('one may be opened at once where that is allowed, and the pause after it goes on growing', () => {
  for (const _ of [1, 2, 3]) pause.noteEarlyEnd()
  pause.allowOne()
  expect(pauseMs()).toBe(0)
  pause.noteEarlyEnd()
  expect(pauseMs()).toBe(1_000)
})

test('after one that is of use all is as it was at first', () => {
  for (const _ of [1, 2, 3]) pause.noteEarlyEnd()
  pause.forget()
  expect(pauseMs()).toBe(0)
  pause.noteEarlyEnd()
  expect(pauseMs()).toBe(0)
})

test.each([
  [30_000, 1_000],
  [30_001, 0],
])('failures that are %d ms apart: the next pause is %d ms', (apartMs, ms) => {
  for (const _ of [1, 2, 3]) pause.noteEarlyEnd()
  now += apartMs
  pause.noteEarlyEnd()
  expect(pauseMs()).toBe(ms)
})
