import { execFile } from 'node:child_process'
import { accessSync, constants, existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { readOptions as readBench } from '../../bench/options.ts'
import { readOptions as readBreakGlass } from '../../break-glass/options.ts'
import { readOptions as readDrill } from '../../drill/options.ts'
import { resourcesOf } from '../../infra/template.ts'
import { readOptions as readSiege } from '../../siege/options.ts'
import { buildApp, cdkJson, synth } from '../infra/synth.ts'
import { type Command, commands, optionOf } from './commands.ts'

const scripts = JSON.parse(readFileSync('package.json', 'utf8')).scripts as Readonly<Record<string, string>>

/** By script, who reads what stands behind `--`. */
const READERS: Readonly<Record<string, (args: readonly string[]) => unknown>> = {
  drill: readDrill,
  siege: readSiege,
  bench: readBench,
  'break-glass': readBreakGlass,
}

/**
 * What the AWS CLI takes, of what the documents use.
 *
 * @see https://docs.aws.amazon.com/cli/latest/reference/
 */
const AWS: Readonly<Record<string, string>> = {
  'cloudwatch describe-alarms': '--alarm-name-prefix --query --output',
  'cloudwatch disable-alarm-actions': '--alarm-names',
  'cloudwatch enable-alarm-actions': '--alarm-names',
  'cloudwatch set-alarm-state': '--alarm-name --state-value --state-reason',
  'events disable-rule': '--name',
  'events enable-rule': '--name',
  'lambda invoke': '--function-name --cli-read-timeout --cli-binary-format --payload',
  'logs delete-log-group': '--log-group-name',
  'logs describe-log-groups': '--log-group-name-prefix',
  'scheduler get-schedule': '--name',
  'scheduler update-schedule': '--cli-input-json',
  'secretsmanager create-secret': '--name --secret-string',
  'secretsmanager delete-secret': '--secret-id',
  'secretsmanager put-secret-value': '--secret-id --secret-string',
  'stepfunctions start-sync-execution': '--state-machine-arn --input',
  'stepfunctions stop-execution': '--execution-arn',
}

/** Programs that are none of ours, with the words that have to follow. */
const OTHERS = /^(chmod 600|git (checkout|pull)|jq |op read|rm |sha256sum )/

test('there are commands to look at', () => {
  expect(commands.length).toBeGreaterThan(40)
  expect(new Set(commands.map(({ words: [program] }) => program)).size).toBeGreaterThan(6)
})

test.each(commands)('$page: $line', (command) => {
  const [program = '', ...args] = command.words
  if (program === 'npm') readNpm(args)
  else if (program === 'aws') readAws(command)
  else if (program.endsWith('kill-switch.mjs')) pressOrCheck(args)
  else if (program === 'node' && args[0]?.endsWith('kill-switch.mjs')) pressOrCheck(args.slice(1))
  else if (program === 'node') expect(args.map((file) => [file, existsSync(file)])).toEqual([[args[0], true]])
  else if (program === 'npx') expect(args.join(' ')).toMatch(/^cdk (diff|destroy)$/)
  else expect(command.words.join(' ')).toMatch(OTHERS)
})

function readNpm([verb = '', ...rest]: readonly string[]): void {
  if (verb !== 'run') {
    expect(['ci', 'cit', 'install', 'pack', 'test']).toContain(verb)
    return
  }
  const [name = '', dashes, ...args] = rest.filter((word) => word !== '-s')
  expect(Object.keys(scripts)).toContain(name)
  if (dashes === undefined) return
  expect(dashes).toBe('--')
  READERS[name]?.(args)
  expect(Object.keys(READERS)).toContain(name)
}

function readAws({ words: [, service, operation, ...args] }: Command): void {
  const taken = AWS[`${service} ${operation}`]
  expect(taken, `${service} ${operation}`).toBeDefined()
  for (const option of args.filter((word) => word.startsWith('--')))
    expect(taken?.split(' ')).toContain(option)
}

function pressOrCheck(args: readonly string[]): void {
  expect(readBreakGlass(args).mode).toMatch(/^(press|check)$/)
}

/** A word in capitals stands for what the reader has to put there. */
const isPlaceholder = (value: string) => /^[A-Z]+$/.test(value)

test('names in commands to AWS are those that the stack makes', () => {
  const template = synth(
    buildApp({
      ...cdkJson.context.killSwitch,
      schedules: [{ name: 'session-end', cron: '0 22 ? * MON-FRI *', timeZone: 'Europe/Vienna' }],
    }),
  )
  const namesOf = (type: string, field: string) =>
    resourcesOf(template, type).map(({ properties }) => String(properties[field]))
  const alarms = namesOf('AWS::CloudWatch::Alarm', 'AlarmName')
  const known = {
    '--alarm-name': alarms,
    '--alarm-names': alarms,
    '--function-name': namesOf('AWS::Lambda::Function', 'FunctionName').map((name) => `${name}:live`),
    '--secret-id': [cdkJson.context.killSwitch.secret],
    '--name': [cdkJson.context.killSwitch.secret, ...namesOf('AWS::Scheduler::Schedule', 'Name')],
  }
  const told = commands.flatMap((command) =>
    command.words[0] !== 'aws'
      ? []
      : Object.entries(known).flatMap(([option, names]) => {
          const value = optionOf(command, option)
          return value === undefined || isPlaceholder(value) ? [] : [{ value, names }]
        }),
  )
  expect(told.length).toBeGreaterThan(10)
  for (const { value, names } of told) expect(names).toContain(value)
}, 60_000)

// The whole drill is what the drill's own test runs, over 5,000 orders it takes half a minute, and tests, types and lint what CI does; deploying needs AWS.
const runnable = [
  ...new Set(
    commands
      .filter(({ words }) => words[0] === 'npm')
      .map(({ words }) => words.join(' '))
      .filter((line) => !line.includes('--orders'))
      .filter((line) => /^npm run (-s )?((?:drill|break-glass) --|synth|siege -- --seed )/.test(line)),
  ),
]
const quick = [...runnable, ...['diff', 'destroy'].map((verb) => `npx cdk ${verb} --help`)]

test('there are commands to run', () => {
  expect(runnable.length).toBeGreaterThanOrEqual(7)
})

// One after the other: a drill is timed, and each of them fills a core.
test.each(quick)(
  '%s',
  async (command) => {
    const [program = '', ...args] = command.split(' ')
    const ran = await new Promise<{ status: number; output: string }>((resolve) => {
      execFile(program, args, { maxBuffer: 50_000_000 }, (error, stdout, stderr) => {
        resolve({ status: error === null ? 0 : Number(error.code), output: stdout + stderr })
      })
    })
    expect(ran, ran.output.slice(-2_000)).toMatchObject({ status: 0 })
  },
  120_000,
)

test('on GitHub runs what CI runs everywhere', () => {
  expect(readFileSync('.github/workflows/ci.yml', 'utf8')).toMatch(/^ +- run: \.ci\/run$/m)
  accessSync('.ci/run', constants.X_OK)
})
