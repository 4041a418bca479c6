import { expect, test } from 'vitest'
import { ExchangeError } from '../../lambda/kraken/exchange-error.ts'
import { KeyPatience, KeyRecord } from '../../lambda/sweep/key-patience.ts'

const REFUSED = new ExchangeError('authenticationError', 'Kraken answered authenticationError')

/** When it may be tried again, after each refusal, for as long as it may. */
function triesOf(patience: KeyPatience, from: number): number[] {
  const tries: number[] = []
  for (let now: number | null = from; now !== null; now = patience.nextAt) {
    tries.push(now)
    patience.noteRefusal(now, REFUSED)
  }
  return tries
}

test('a key that is refused is tried again after 1, 3, 7 and 15 seconds, and then no more', () => {
  const patience = new KeyPatience()
  expect(triesOf(patience, 100)).toEqual([100, 1_100, 3_100, 7_100, 15_100])
  expect(patience.mayTry(1e6)).toBe(false)
})

test('who goes on tries a key that was refused too often once more, 15 seconds later', () => {
  const patience = new KeyPatience()
  triesOf(patience, 0)
  patience.resume()
  expect(patience.isWaiting(29_999)).toBe(true)
  expect(triesOf(patience, 30_000)).toEqual([30_000])
  patience.resume()
  expect(patience.nextAt).toBe(45_000)
})

test('who goes on before it was refused too often waits no longer and no shorter', () => {
  const patience = new KeyPatience()
  patience.noteRefusal(0, REFUSED)
  patience.resume()
  expect(patience.nextAt).toBe(1_000)
})

test('a key that is taken again is a good one, and what it was refused with is forgotten', () => {
  const patience = new KeyPatience()
  triesOf(patience, 0)
  expect(patience.trouble).toBe(REFUSED)
  patience.noteSuccess()
  expect(patience.trouble).toBeNull()
  patience.resume()
  expect(patience.isWaiting(1)).toBe(false)
})

test('a record knows cancels and reads of each road apart', () => {
  const record = new KeyRecord()
  triesOf(record.of('rest').cancels, 0)
  record.resume()
  expect(record.of('rest').cancels.nextAt).toBe(30_000)
  expect(record.of('rest').reads.nextAt).toBeNull()
  expect(record.of('unified').cancels.nextAt).toBeNull()
})
