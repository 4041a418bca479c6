import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { systemClock, within } from '../lambda/clock.ts'
import { VirtualClock } from '../siege/virtual-time.ts'

const never = new Promise<never>(() => {})
const late = () => 'late'

test('what is there in time is given, and else what is said of its being late', async () => {
  expect(await within(systemClock, 60_000, Promise.resolve('work'), late)).toBe('work')
  expect(await within(systemClock, 1, never, late)).toBe('late')
  await expect(within(systemClock, 60_000, Promise.reject(new Error('broken')), late)).rejects.toThrow(
    'broken',
  )
  const fail = () => {
    throw new Error('too late')
  }
  await expect(within(systemClock, 1, never, fail)).rejects.toThrow('too late')
})

test('nobody hears that what was in time is late', async () => {
  let heard = 0
  await within(systemClock, 10, Promise.resolve(), () => {
    heard += 1
  })
  await systemClock.sleep(30)
  expect(heard).toBe(0)
})

test.each([
  ['of the system', systemClock],
  ['of the siege', new VirtualClock()],
])('what is taken back does not happen, before its time or after: the clock %s', async (_, clock) => {
  const happened: string[] = []
  const takeBack = clock.after(10, () => happened.push('taken back'))
  const takeBackLate = clock.after(10, () => happened.push('left'))
  takeBack()
  const passed = clock.sleep(30)
  await (clock instanceof VirtualClock ? clock.passUntil(passed) : passed)
  for (const again of [takeBack, takeBackLate]) again()
  expect(happened).toEqual(['left'])
})

/** How long a program of its own lives on once it has nothing more to do; milliseconds. */
async function livesOnMs(program: string): Promise<number> {
  const source = `${program}
    const endedAt = performance.now()
    process.on('exit', () => console.log(performance.now() - endedAt))`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', source], {
    cwd: new URL('..', import.meta.url),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  child.stdout.on('data', (chunk) => {
    said += chunk
  })
  await once(child, 'close')
  return Number(said || Number.NaN)
}

// Everything it waits for has ten seconds and more.
const PULL = `
  import { systemClock } from './lambda/clock.ts'
  import { sweepRoads } from './lambda/sweep/roads.ts'
  import { openVenue } from './test/venue.ts'
  const venue = await openVenue(3)
  const deadlineAt = performance.now() + 60_000
  const patient = { deadlineAt, attemptTimeoutMs: 30_000, spareAfterMs: 30_000 }
  await Promise.all([venue.unified(patient).openOrders(), venue.client(patient).openPositions()])
  const roads = venue.roads('both', patient)
  const inputs = { roads, clock: systemClock, scope: 'all', deadlineAt, quietPeriodMs: 50, onStillSweeping: () => {} }
  await sweepRoads(inputs)
  await venue.close()`

test.each([
  [
    'waits no longer than so many milliseconds',
    `import { systemClock, within } from './lambda/clock.ts'
     await within(systemClock, 30_000, Promise.resolve(), () => {})`,
  ],
  ['pulls the switch', PULL],
])(
  'a program that %s ends when that is done',
  async (_, program) => {
    expect(await livesOnMs(program)).toBeLessThan(5_000)
  },
  60_000,
)

test('a time that is over, or never comes, writes no warning among the lines of the log', async () => {
  const warnings: string[] = []
  const note = ({ name }: Error) => warnings.push(name)
  process.on('warning', note)
  await systemClock.sleep(-3)
  systemClock.after(-3, () => {})
  systemClock.after(Infinity, () => {})()
  await systemClock.sleep(20)
  process.off('warning', note)
  expect(warnings).toEqual([])
})
