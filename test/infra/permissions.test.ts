import { App, Stack } from 'aws-cdk-lib'
import { expect, test } from 'vitest'
import { type ConfigInput, readConfig } from '../../infra/config.ts'
import { KillSwitch } from '../../infra/kill-switch.ts'
import { ANYWHERE, alarmPermissions, policyBytes } from '../../infra/permissions.ts'
import { resourcesOf, type Template, textOf } from '../../infra/template.ts'
import { buildApp, cdkJson, synth } from './synth.ts'

const OTHER = '210987654321'
const alarmArn = (name: string, account = '123456789012') =>
  `arn:aws:cloudwatch:eu-central-1:${account}:alarm:${name}`

const permissionsOf = (template: Template) =>
  resourcesOf(template, 'AWS::Lambda::Permission').map(({ properties }) => properties)

const alarmPermissionsOf = (template: Template) =>
  permissionsOf(template).filter(({ Principal }) => Principal === 'lambda.alarms.cloudwatch.amazonaws.com')

test("another account's alarm is permitted by its own account", () => {
  const arns = [alarmArn('desk: drawdown/1', OTHER), alarmArn('risk-*', OTHER), alarmArn('vendor')]
  const permitted = alarmPermissionsOf(synth(buildApp({ secret: 'x', alarmsElsewhere: { arns } })))
  expect(permitted.map(({ SourceAccount, SourceArn }) => [SourceAccount, SourceArn])).toEqual([
    [OTHER, arns[0]],
    [OTHER, arns[1]],
    ['123456789012', arns[2]],
  ])
})

test('prefixes and ARNs that differ in a sign each get a permission', () => {
  const prefixes = ['desk.', 'desk-', 'desk_']
  const arns = [alarmArn('a:b'), alarmArn('a-b'), alarmArn('a/b'), alarmArn('a b'), alarmArn('a%b')]
  const made = synth(buildApp({ secret: 'x', alarmsElsewhere: { prefixes, arns } }))
  const permitted = alarmPermissionsOf(made).map(({ SourceArn }) => textOf(SourceArn).split(':alarm:').at(-1))
  expect(permitted.toSorted()).toEqual(
    ['desk.*', 'desk-*', 'desk_*', 'a:b', 'a-b', 'a/b', 'a b', 'a%b'].toSorted(),
  )
})

/** The resource policy that Lambda makes of the template's permissions, with statement ids as long as AWS takes them. */
function realPolicy(template: Template): string {
  const real = (value: unknown) =>
    JSON.stringify(value) === JSON.stringify({ Ref: 'AWS::AccountId' }) ? '123456789012' : textOf(value)
  const statements = permissionsOf(template).map(({ Principal, Action, SourceAccount, SourceArn }, i) => ({
    Sid: `Test-Permission${i}-`.padEnd(100, '0A1B2C3D4E5F'),
    Effect: 'Allow',
    Principal: { Service: Principal },
    Action,
    Resource: 'arn:aws:lambda:eu-central-1:123456789012:function:kill-switch:live',
    Condition: {
      ...(SourceAccount === undefined ? {} : { StringEquals: { 'AWS:SourceAccount': real(SourceAccount) } }),
      ArnLike: { 'AWS:SourceArn': real(SourceArn) },
    },
  }))
  return JSON.stringify({ Version: '2012-10-17', Id: 'default', Statement: statements })
}

test.each([true, false])(
  'counts every permission of the template, and none too small (API: %s)',
  (enabled) => {
    const config = {
      secret: 'x',
      api: { enabled },
      alarms: [{ kind: 'heartbeat', name: 'beat', namespace: 'Bot', metric: 'Beat' }],
      alarmsElsewhere: {
        prefixes: ['desk-', 'risk-'],
        arns: [alarmArn('a'), alarmArn('€'.repeat(200), OTHER)],
      },
    }
    const template = synth(buildApp(config))
    const real = Buffer.byteLength(realPolicy(template))
    const count = permissionsOf(template).length
    expect(count).toBe(enabled ? 6 : 5)
    const read = readConfig(config)
    const bytes = policyBytes(read, alarmPermissions(read, ANYWHERE))
    expect(bytes).toBeGreaterThanOrEqual(real)
    expect(bytes).toBeLessThan(real + 40 * count) // longer names of regions than here, nothing more
  },
)

const prefixes = (count: number) => Array.from({ length: count }, (_, i) => `desk-${i}-`)

test('more prefixes than the resource policy holds are refused by their bytes', () => {
  const config = (count: number) => ({ secret: 'x', alarmsElsewhere: { prefixes: prefixes(count) } })
  expect(() => readConfig(config(30))).not.toThrow()
  expect(() => readConfig(config(60))).toThrow(
    /killSwitch\.alarmsElsewhere may need (2[1-9]|3\d)\d{3} bytes of the function's resource policy, and Lambda gives 20480\. Replace ARNs and prefixes by fewer/,
  )
})

test('long ARNs are refused sooner', () => {
  const arns = Array.from({ length: 30 }, (_, i) => alarmArn(`${'x'.repeat(250)}${i}`))
  expect(() => readConfig({ secret: 'x', alarmsElsewhere: { arns } })).toThrow(/resource policy/)
})

test('a stack that knows its region refuses an alarm of another', () => {
  const stackIn = (region?: string) => {
    const app = new App({ context: cdkJson.context, analyticsReporting: false })
    return new Stack(app, 'Test', region === undefined ? {} : { env: { region, account: OTHER } })
  }
  const config = { secret: 'x', alarmsElsewhere: { arns: [alarmArn('a')] } } as ConfigInput
  expect(() => new KillSwitch(stackIn('us-east-1'), 'KillSwitch', config)).toThrow(
    /alarmsElsewhere\.arns\.0 is in eu-central-1, but the stack is in us-east-1/,
  )
  expect(() => new KillSwitch(stackIn('eu-central-1'), 'KillSwitch', config)).not.toThrow()
  expect(() => new KillSwitch(stackIn(), 'KillSwitch', config)).not.toThrow()
})
