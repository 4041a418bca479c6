import { expect, test } from 'vitest'
import { resourcesOf, type Template, textOf } from '../infra/template.ts'
import { readSecret } from '../lambda/init/secret.ts'
import { SETTING_NAMES } from '../lambda/init/settings.ts'
import { readTrigger } from '../lambda/triggers/trigger.ts'
import { commands, optionOf } from './documents/commands.ts'
import { pageOf, pages } from './documents/pages.ts'
import { buildApp, cdkJson, synth } from './infra/synth.ts'

const runbook = pageOf('docs/runbook.md').text
/** As `cdk.json` has it, with both roads. */
const template: Template = synth(buildApp({ ...cdkJson.context.killSwitch, roads: 'both' }))

test('alarms, function and policy that the documents name are those of the template', () => {
  const names = ['AWS::CloudWatch::Alarm', 'AWS::CloudWatch::CompositeAlarm'].flatMap((type) =>
    resourcesOf(template, type).map(({ properties }) => String(properties.AlarmName)),
  )
  const pages = [...runbook.matchAll(/`…-(watch-[\w-]+)`/g)].map((match) => `kill-switch-${match[1]}`)
  expect(pages.sort()).toEqual(names.filter((name) => name.includes('-watch-')).sort())
  const [made] = resourcesOf(template, 'AWS::Lambda::Function')
  expect(made?.properties.FunctionName).toBe('kill-switch')
  const [policy] = resourcesOf(template, 'AWS::IAM::ManagedPolicy')
  const told = textOf(policy?.properties.ManagedPolicyName).replace('*', '<region>')
  for (const file of ['README.md', 'docs/deploy.md', 'docs/troubleshooting.md']) {
    expect(pageOf(file).text).toContain(`\`${told}\``)
  }
})

test('the cost list counts the metrics that the alarms are billed by, and the composite alarm', () => {
  const asItIs = synth(buildApp())
  const metrics = resourcesOf(asItIs, 'AWS::CloudWatch::Alarm').flatMap(({ properties }) =>
    (properties.Metrics ?? [{ MetricStat: properties.MetricName }]).filter(
      ({ MetricStat }: { MetricStat?: unknown }) => MetricStat !== undefined,
    ),
  )
  const costs = pageOf('docs/operate.md').text.replaceAll(/\s+/g, ' ')
  expect(costs).toContain(`${metrics.length} metrics, and $0.50 for the composite alarm`)
  const [composite] = resourcesOf(asItIs, 'AWS::CloudWatch::CompositeAlarm')
  expect(costs).toContain(String(composite?.properties.AlarmName).replace('kill-switch', '`…'))
})

const invocations = commands.filter(({ words }) => words.slice(0, 3).join(' ') === 'aws lambda invoke')

test('every payload in the documents fires, or looks', () => {
  const done = invocations.map((command) => {
    const payload = JSON.parse(String(optionOf(command, '--payload')))
    const { action } = readTrigger(payload, 'r')
    expect(action.do).toBe('readiness' in payload ? 'check' : 'fire')
    return `${command.page} ${action.do}`
  })
  expect(done).toEqual(
    expect.arrayContaining(['README.md fire', 'docs/runbook.md fire', 'docs/operate.md check']),
  )
})

test('the AWS CLI waits for as long as the function may take, or it would hang up and press again', () => {
  expect(invocations.length).toBeGreaterThanOrEqual(4)
  const [made] = resourcesOf(template, 'AWS::Lambda::Function')
  for (const command of invocations) {
    expect(Number(optionOf(command, '--cli-read-timeout'))).toBeGreaterThan(made?.properties.Timeout)
  }
})

test('the documents tell of pressing without AWS, with each option that a desk needs at night', () => {
  const told = commands.filter(({ words }) => words.some((word) => word.endsWith('kill-switch.mjs')))
  expect(told.length).toBeGreaterThanOrEqual(8)
  const options = new Set(told.flatMap(({ words }) => words.filter((word) => /^--?/.test(word))))
  expect([...options]).toEqual(
    expect.arrayContaining(['--secret-file', '--symbol', '--yes', '--hold', '--check']),
  )
})

test('the settings in the documents are those that the function reads', () => {
  const { text } = pageOf('docs/configuration.md')
  const listed = [...text.matchAll(/^\| `([A-Z_]+)` \|/gm)].map((match) => String(match[1]))
  expect(listed.sort()).toEqual([...SETTING_NAMES].sort())
})

test('a secret as the documents have it holds the keys of both roads', () => {
  const secrets = pages
    .flatMap(({ text }) => [...text.matchAll(/\{"(?:apiKey|unified)[^`\n]*\}/g)])
    .map(([written]) => readSecret(written.replaceAll('...', 'a2V5a2V5a2V5a2V5')))
  expect(secrets.length).toBeGreaterThanOrEqual(3)
  for (const { rest, unified } of secrets) {
    for (const key of [rest, unified]) expect(key).not.toBeInstanceOf(Error)
  }
  expect(secrets.filter(({ rest, unified }) => rest !== null && unified !== null).length).toBeGreaterThan(0)
})
