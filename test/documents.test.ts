import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { readOptions } from '../break-glass/options.ts'
import { resourcesOf, type Template, textOf } from '../infra/template.ts'
import { SETTING_NAMES } from '../lambda/init/settings.ts'
import { readTrigger } from '../lambda/triggers/trigger.ts'
import { buildApp, cdkJson, synth } from './infra/synth.ts'

const readme = readFileSync('README.md', 'utf8')
const runbook = readFileSync('docs/runbook.md', 'utf8')
const scripts = JSON.parse(readFileSync('package.json', 'utf8')).scripts as Readonly<Record<string, string>>
/** As `cdk.json` has it, with both roads. */
const template: Template = synth(buildApp({ ...cdkJson.context.killSwitch, roads: 'both' }))

/** The commands that stand on lines of their own, comments cut off. */
const commands = [...readme.matchAll(/^ {4,}(npm (?:run )?[^#\n]+)/gm)].map((match) =>
  String(match[1]).trim(),
)

test('every command names a script that exists', () => {
  const named = commands.flatMap((command) =>
    [...command.matchAll(/npm run (?:-s )?([\w-]+)/g)].map((match) => String(match[1])),
  )
  expect(named.length).toBeGreaterThan(5)
  for (const name of named) expect(scripts).toHaveProperty(name)
})

// `npm ci`, `npm cit`, `npm run check` and the whole drill are what CI and the drill's own test run; deploying needs AWS.
const runnable = commands
  .filter((command) => /^npm run (-s )?((?:drill|break-glass) --|synth|siege -- --seed )/.test(command))
  .concat('npm run synth')

test('there are commands to run', () => {
  expect(runnable.length).toBeGreaterThanOrEqual(5)
})

test.concurrent.each(runnable)(
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

test('alarms, function and policy that the documents name are those of the template', () => {
  const names = ['AWS::CloudWatch::Alarm', 'AWS::CloudWatch::CompositeAlarm'].flatMap((type) =>
    resourcesOf(template, type).map(({ properties }) => String(properties.AlarmName)),
  )
  for (const [, name] of (readme + runbook).matchAll(/--alarm-name (\S+)/g)) expect(names).toContain(name)
  const pages = [...runbook.matchAll(/`…-(watch-[\w-]+)`/g)].map((match) => `kill-switch-${match[1]}`)
  expect(pages.sort()).toEqual(names.filter((name) => name.includes('-watch-')).sort())
  const [made] = resourcesOf(template, 'AWS::Lambda::Function')
  expect(made?.properties.FunctionName).toBe('kill-switch')
  const [policy] = resourcesOf(template, 'AWS::IAM::ManagedPolicy')
  expect(readme).toContain(`\`${textOf(policy?.properties.ManagedPolicyName).replace('*', '<region>')}\``)
})

test('the cost list counts the metrics that the alarms are billed by, and the composite alarm', () => {
  const asItIs = synth(buildApp())
  const metrics = resourcesOf(asItIs, 'AWS::CloudWatch::Alarm').flatMap(({ properties }) =>
    (properties.Metrics ?? [{ MetricStat: properties.MetricName }]).filter(
      ({ MetricStat }: { MetricStat?: unknown }) => MetricStat !== undefined,
    ),
  )
  expect(readme).toContain(`${metrics.length} metrics, and $0.50 for the composite alarm`)
  const [composite] = resourcesOf(asItIs, 'AWS::CloudWatch::CompositeAlarm')
  expect(readme).toContain(String(composite?.properties.AlarmName).replace('kill-switch', '`…'))
})

test('every payload in the documents fires', () => {
  const payloads = [...(readme + runbook).matchAll(/--payload '([^']+)'/g)].map((match) =>
    JSON.parse(String(match[1])),
  )
  expect(payloads.length).toBeGreaterThanOrEqual(2)
  for (const payload of payloads) expect(readTrigger(payload, 'r').action.do).toBe('fire')
})

test('the AWS CLI waits for as long as the function may take, or it would hang up and press again', () => {
  const invocations = [...(readme + runbook).matchAll(/aws lambda invoke --[^\n]*/g)].map(
    ([command]) => command,
  )
  expect(invocations.length).toBeGreaterThanOrEqual(2)
  const [made] = resourcesOf(template, 'AWS::Lambda::Function')
  for (const command of invocations) {
    const waits = Number(/--cli-read-timeout (\d+)/.exec(command)?.[1])
    expect(waits).toBeGreaterThan(made?.properties.Timeout)
  }
})

test('every command without AWS in the documents is understood', () => {
  const commands = [...(readme + runbook).matchAll(/^ {4}.*?kill-switch\.mjs (-[^#\n]+)/gm)]
  expect(commands.length).toBeGreaterThanOrEqual(6)
  for (const [, args = ''] of commands) {
    const words = [...args.matchAll(/'([^']*)'|\S+/g)].map(([word, quoted]) => quoted ?? word)
    expect(readOptions(words).mode).toMatch(/^(press|check)$/)
  }
})

test('the settings in the README are those that the function reads', () => {
  const listed = [...readme.matchAll(/^\| `([A-Z_]+)` \|/gm)].map((match) => String(match[1]))
  expect(listed.sort()).toEqual([...SETTING_NAMES].sort())
})

test('every file that the README names exists', () => {
  const linked = [...readme.matchAll(/\]\(((?!http|#)[^)]+)\)/g)].map((match) => String(match[1]))
  expect(linked.length).toBeGreaterThan(3)
  expect(linked.filter((file) => !existsSync(file))).toEqual([])
})
