import { expect, onTestFinished, test } from 'vitest'
import { LatencyProxy } from '../../drill/latency-proxy.ts'
import { Stage } from '../../drill/stage.ts'

/* Twelve accounts, counted by address, at an exchange that takes longer than a connection may be silent. */

const NAMES = Array.from({ length: 12 }, (_, i) => `mm-${i + 1}`)
const ROUND_TRIP_MS = 300

test('twelve accounts are proven empty within a few answers of a slow exchange, not when the budget is new', async () => {
  const stage = await Stage.open({ names: NAMES, countsBy: 'address' })
  const far = await LatencyProxy.start(new URL(stage.exchange.url).origin, ROUND_TRIP_MS)
  onTestFinished(async () => void (await Promise.all([stage.close(), far.close()])))
  stage.rest(5)
  const running = await stage.startFunction({
    timeoutMs: 25_000,
    settings: {
      ACCOUNTS: JSON.stringify(NAMES),
      KRAKEN_FUTURES_URL: `${far.url}/derivatives/api/v3`,
      QUIET_PERIOD_MS: '200',
    },
  })
  await running.initialised
  const { result } = (await running.invoke({})) as {
    result: { sentence: string; timing: { totalMs: number } }
  }
  expect(result.sentence).toMatch(/^EMPTY \(verified\): all 12 accounts, 60 orders cancelled/)
  expect(result.timing.totalMs).toBeLessThan(9_000) // a budget is new after ten seconds
})
