import { execFile } from 'node:child_process'
import { expect, test } from 'vitest'

const DRILL = new URL('../../drill/drill.ts', import.meta.url).pathname

interface Ran {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

function drill(...args: string[]): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(process.execPath, [DRILL, ...args], (error, stdout, stderr) => {
      resolve({ status: error === null ? 0 : Number(error.code), stdout, stderr })
    })
  })
}

test('pulls the switch by every trigger, and every verdict is what it should be', async () => {
  const { status, stdout, stderr } = await drill()
  expect(stdout.trimEnd().split('\n').at(-1)).toMatch(
    /^READY, EMPTY, EMPTY, EMPTY, EMPTY, NOT_FIRED, (NOT_EMPTY|UNVERIFIED), READY, EMPTY, NOT_READY, EMPTY, EMPTY, FAILED: each as it should be\.$/,
  )
  expect(stderr).toBe('')
  expect(status).toBe(0)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: no colours into a pipe
  expect(stdout).not.toMatch(/\u001b/)
}, 60_000)

test('shows one fault, for machines', async () => {
  const { status, stdout } = await drill('--fault', 'executed-but-502', '--orders', '5', '--json')
  const { isAsItShouldBe, rounds } = JSON.parse(stdout)
  expect(status).toBe(0)
  expect(isAsItShouldBe).toBe(true)
  expect(rounds).toHaveLength(1)
  expect(rounds[0]).toMatchObject({ answer: 'EMPTY', ordersLeft: 0 })
  expect(rounds[0].report.warnings).toEqual([expect.stringContaining('got no usable answer')])
  expect(rounds[0].report.cancelled).toMatchObject({ count: 0, isLowerBound: true })
  expect(rounds[0].sentence).toMatch(
    /^EMPTY \(verified\): an unknown number of orders cancelled, 0 open, \d+ ms after the trigger was received; an unanswered cancel may have cancelled orders\.$/,
  )
})

test('lists the faults', async () => {
  const { status, stdout } = await drill('--list')
  expect(status).toBe(0)
  expect(stdout).toMatch(/^late-order +EMPTY +an order/)
  expect(stdout).toContain('error:CODE@STATUS')
  expect(stdout).toContain('both:retired')
})

test.each([
  [['--fault', 'gremlins'], /There is no fault gremlins/],
  [['--orders', 'many'], /--orders takes a whole number/],
  [['--colour'], /npm run drill/],
])('answers %j with what it takes', async (args, message) => {
  const { status, stderr } = await drill(...args)
  expect(status).toBe(2)
  expect(stderr).toMatch(message)
})
