import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { elementsOf } from '../page/elements.ts'

const DRILL = new URL('../../drill/drill.ts', import.meta.url).pathname

interface Ran {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

const drill = (...args: string[]) => run(process.execPath, DRILL, ...args)

function run(program: string, ...args: string[]): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(program, args, { maxBuffer: 50_000_000 }, (error, stdout, stderr) => {
      resolve({ status: error === null ? 0 : Number(error.code), stdout, stderr })
    })
  })
}

test('pulls the switch by every trigger, and every verdict is what it should be', async () => {
  const { status, stdout, stderr } = await drill()
  expect(stdout.trimEnd().split('\n').at(-1)).toMatch(
    /^READY, EMPTY, EMPTY, EMPTY, EMPTY, NOT_FIRED, (NOT_EMPTY|UNVERIFIED), READY, EMPTY, EMPTY, NOT_READY, EMPTY, EMPTY, EMPTY, FAILED, FAILED, EMPTY, HELD: each as it should be\.$/,
  )
  expect(stdout.match(/14 of 14 reduce-only orders guard the position as before/g)).toHaveLength(2)
  expect(stderr).toBe('')
  expect(status).toBe(0)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: no colours into a pipe
  expect(stdout).not.toMatch(/\u001b/)
}, 120_000)

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

test('plays the rounds of a fleet of groups, for machines', async () => {
  const { status, stdout } = await drill('--fleet', '12', '--orders', '5', '--json')
  const { isAsItShouldBe, rounds } = JSON.parse(stdout)
  expect(rounds).toMatchObject([
    { status: 'SUCCEEDED', ordersLeft: 60 },
    { status: 'SUCCEEDED', ordersLeft: 60 },
    { status: 'SUCCEEDED', ordersLeft: 0 },
    { status: 'SUCCEEDED', ordersLeft: 50 },
    { status: 'FAILED', ordersLeft: 60 },
    { status: 'FAILED', ordersLeft: 10 },
  ])
  expect(isAsItShouldBe).toBe(true)
  expect(status).toBe(0)
}, 120_000)

test('lists the faults', async () => {
  const { status, stdout } = await drill('--list')
  expect(status).toBe(0)
  expect(stdout).toMatch(/^late-order +EMPTY +an order/)
  expect(stdout).toContain('error:CODE@STATUS')
  expect(stdout).toContain('both:retired')
  expect(stdout).toContain('timer:shared')
})

test('lists them for machines too', async () => {
  const { stdout } = await drill('--list', '--json')
  expect(JSON.parse(stdout)).toContainEqual(
    expect.objectContaining({ name: 'both:retired', verdicts: ['EMPTY'], roads: 'both' }),
  )
})

test('as the documents run it, there is JSON and nothing else on standard output', async () => {
  const { status, stdout } = await run('npm', 'run', '-s', 'drill', '--', '--json', '--fault', 'late-order')
  expect(status).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({ isAsItShouldBe: true })
}, 30_000)

test('says what the columns and signs of its timelines mean, once, and heads each', async () => {
  const { stdout } = await drill('--fault', 'late-order')
  for (const sign of ['█', '·']) expect(stdout).toMatch(new RegExp(`^${sign} a `, 'm'))
  expect(stdout.match(/before 0 is the init phase/g)).toHaveLength(1)
  const [, header = '', first = ''] =
    /^( +began +took {2}when +call, connection, outcome)\n(.*)$/m.exec(stdout) ?? []
  expect(header.indexOf('call, connection')).toBe(/(connect|GetSecretValue) ok$/.exec(first)?.index)
  expect(header.indexOf('when')).toBe(first.search(/ms {2}[ █·]*█/) + 4)
})

test('--page: a picture of every round, over that of an earlier drill and over no other file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'page-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const file = join(folder, 'drill.html')
  const again = ['--fault', 'late-order', '--orders', '5', '--page', file]
  expect((await drill(...again)).stdout).toContain(`The page: ${file}\n`)
  const { stdout } = await drill(...again, '--json')
  const page = await readFile(file, 'utf8')
  const verdict = elementsOf(page).find(({ attributes }) => attributes.class === 'verdict')
  expect(verdict?.text.trim()).toBe(JSON.parse(stdout).rounds[0].sentence)
  await writeFile(file, 'something else')
  const refused = await drill(...again)
  expect(refused.status).toBe(2)
  expect(refused.stderr).toContain('--page takes a new file, or the page of an earlier drill')
  expect(await readFile(file, 'utf8')).toBe('something else')
})

const ORDERS = /^--orders takes a whole number from 1 to 999999/

test.each([
  [['--fault', 'gremlins'], /^There is no fault gremlins; npm run drill -- --list names them\./],
  [['--fault'], /^--fault takes the name of a fault/],
  [['--fault', '--json'], /^--fault takes the name of a fault/],
  [['--orders', 'many'], ORDERS],
  [['--orders', '-1'], /, not -1\./],
  [['--orders', '0'], ORDERS],
  [['--orders', '1e3'], /, not 1e3\./],
  [['--orders='], /, not nothing\./],
  [['--orders'], ORDERS],
  [['--hold'], /^--hold takes whole seconds from 1 to 240/],
  [['--hold', '0'], /^--hold takes .*, not 0\./],
  [['--hold', '9', '--fault', 'late-order'], /^--fault and --hold are a round each/],
  [['--colour'], /^Unknown option '--colour'[\s\S]*npm run drill/],
  [['fault'], /^Unexpected argument 'fault'/],
])('answers %j with what it takes', async (args, message) => {
  const { status, stdout, stderr } = await drill(...args)
  expect(status).toBe(2)
  expect(stderr).toMatch(message)
  expect(stdout).toBe('')
})

test('npm run break-glass -- --drill: pressed without AWS against an exchange of its own, EMPTY and 0', async () => {
  const startedAt = performance.now()
  const { status, stdout, stderr } = await run('npm', 'run', 'break-glass', '--', '--drill')
  expect(stdout).toMatch(/^EMPTY \(verified\): 37 orders cancelled, 0 open/m)
  expect(stderr).toMatch(/Exit code 0; 0 orders rest on that book\.\n$/)
  expect(status).toBe(0)
  expect(performance.now() - startedAt).toBeLessThan(20_000)
})

test('npm run break-glass hands everything else to the file', async () => {
  const { status, stdout } = await run('npm', 'run', '-s', 'break-glass', '--', '--help')
  expect(stdout).toMatch(/^Empties the order book of a Kraken Futures account/)
  expect(status).toBe(0)
  expect((await run('npm', 'run', '-s', 'break-glass')).status).toBe(64)
})
