import { expect, test } from 'vitest'
import { readCron } from '../../infra/cron.ts'
import { readinessParts } from '../../infra/readiness-parts.ts'

/* When the groups of a fleet are checked. */

const partsOf = (groups: number, readinessMinutes: number) =>
  readinessParts({
    name: 'desk',
    readinessMinutes,
    fleet: {
      groups: Array.from({ length: groups }, (_, g) => ({
        name: `g-${g}`,
        secret: `kill-switch/${g}`,
        accounts: [`a-${g}`],
      })),
    },
  })

/** The minutes of an hour in which a cron is due. */
function minutesOf(expression: string): readonly number[] {
  const cron = /^cron\((.*)\)$/.exec(expression)?.[1] ?? ''
  expect(() => readCron(cron)).not.toThrow()
  return cron.split(' ')[0]?.split(',').map(Number) ?? []
}

test.each([
  [1, 5, 1],
  [2, 5, 2],
  [7, 5, 5],
  [40, 5, 5],
  [40, 1, 1],
  [40, 60, 5],
  [240, 12, 5],
  [40, 4, 4],
])('%i groups that are checked every %i minutes are asked for in %i parts', (groups, minutes, parts) => {
  expect(partsOf(groups, minutes)).toHaveLength(parts)
})

test('one switch, or one part, asks for all there is, at a rate', () => {
  const [whole] = readinessParts({ name: 'desk', readinessMinutes: 5 })
  expect(whole).toMatchObject({ name: 'desk-readiness', groups: undefined, suffix: '' })
  expect(whole?.schedule.expressionString).toBe('rate(5 minutes)')
  expect(partsOf(40, 1)[0]).toMatchObject({ name: 'desk-readiness', groups: undefined })
})

test.each([2, 5, 7, 12, 30, 45, 60])(
  'checked every %i minutes, each group is asked for by one part, as often as that, and parts share no minute',
  (minutes) => {
    const parts = partsOf(40, minutes)
    const asked = parts.flatMap(({ groups }) => groups ?? [])
    expect(asked.toSorted()).toEqual(Array.from({ length: 40 }, (_, g) => `g-${g}`).toSorted())
    const sizes = parts.map(({ groups }) => groups?.length ?? 0)
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThan(2)
    const due = parts.map(({ schedule }) => minutesOf(schedule.expressionString))
    expect(new Set(due.flat()).size).toBe(due.flat().length)
    for (const own of due) {
      const gaps = own.map((minute, i) => (own[i + 1] ?? (own[0] as number) + 60) - minute)
      expect(Math.max(...gaps)).toBeLessThanOrEqual(minutes)
    }
  },
)
