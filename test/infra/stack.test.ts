import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fill, isNamedBy } from '../../drill/book.ts'
import { alarmEvent, httpEvent } from '../../drill/events.ts'
import type { LambdaRuntime } from '../../drill/runtime.ts'
import { Stage } from '../../drill/stage.ts'
import { BUNDLE_FOLDER, WIDGET_FOLDER } from '../../infra/artefact.ts'
import { KillSwitch } from '../../infra/kill-switch.ts'
import { switchesOf } from '../../infra/switch-in-template.ts'
import { refersTo, resourcesOf, type Template, textOf } from '../../infra/template.ts'
import { SETTING_NAMES } from '../../lambda/init/settings.ts'
import type { Report } from '../../lambda/report/report.ts'
import { deadlineOf } from '../../lambda/triggers/deadline.ts'
import { buildApp, cdkJson, synth } from './synth.ts'

const full = {
  secret: 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:kraken-AbCdEf',
  notify: { emails: ['desk@example.com'] },
  schedules: [
    {
      name: 'close',
      cron: '0 22 ? * MON-FRI *',
      timeZone: 'Europe/Berlin',
      symbols: ['pf_ethusd'],
      keep: 'reduceOnly',
      reason: 'end of session',
    },
    { name: 'weekend', cron: '0 23 ? * FRI *', timeZone: 'UTC' },
  ],
  alarms: [
    { kind: 'heartbeat', name: 'beat', namespace: 'Bot', metric: 'Beat' },
    {
      kind: 'metric',
      name: 'drawdown',
      namespace: 'Bot',
      metric: 'Drawdown',
      statistic: 'Maximum',
      comparison: 'GreaterThanThreshold',
      threshold: 5,
      symbols: ['PF_XBTUSD'],
      keep: 'reduceOnly',
      reason: 'XBT drawdown',
    },
    {
      kind: 'expression',
      name: 'ratio',
      expression: 'a / b',
      metrics: {
        a: { namespace: 'Bot', metric: 'A', statistic: 'Sum' },
        b: { namespace: 'Bot', metric: 'B', statistic: 'Sum' },
      },
      comparison: 'GreaterThanThreshold',
      threshold: 1,
    },
  ],
  roads: 'both',
  alarmsElsewhere: {
    prefixes: ['desk-'],
    arns: ['arn:aws:cloudwatch:eu-central-1:123456789012:alarm:vendor'],
  },
}

// biome-ignore lint/suspicious/noExplicitAny: templates are looked into freely here
type Properties = any

let template: Template
beforeAll(() => {
  template = synth(buildApp(full))
})

const of = (type: string) => resourcesOf(template, type)
const theSwitch = (from = template) => switchesOf(from)[0] as ReturnType<typeof switchesOf>[number]
const pulling = (from = template) =>
  resourcesOf(from, 'AWS::CloudWatch::Alarm').filter(({ properties }) =>
    refersTo(properties.AlarmActions, theSwitch(from).aliasId),
  )
const watching = () =>
  of('AWS::CloudWatch::Alarm').filter(
    ({ properties }) => !refersTo(properties.AlarmActions, theSwitch().aliasId),
  )

test('the functions are the very folders that drill and tests run, byte by byte', () => {
  const { app } = buildApp(full)
  const assembly = app.synth()
  const assets = readdirSync(assembly.directory).filter((name) => name.startsWith('asset.'))
  const bytesOf = (folder: string) =>
    Object.fromEntries(readdirSync(folder).map((file) => [file, readFileSync(join(folder, file), 'base64')]))
  const deployed = assets.map((name) => bytesOf(join(assembly.directory, name)))
  const built = [BUNDLE_FOLDER, WIDGET_FOLDER].map(bytesOf)
  const inOrder = (all: typeof built) => all.toSorted((a, b) => Object.keys(b).length - Object.keys(a).length)
  expect(inOrder(deployed)).toEqual(inOrder(built))
})

test('the function runs on Node.js 24, on arm64, and its environment holds only what it reads', () => {
  const { function: made } = theSwitch()
  expect(made).toMatchObject({
    Runtime: 'nodejs24.x',
    Architectures: ['arm64'],
    Handler: 'index.handler',
    Timeout: 120,
    MemorySize: 512,
  })
  expect(SETTING_NAMES).toEqual(expect.arrayContaining(Object.keys(made.Environment.Variables)))
  expect(made.LoggingConfig.LogFormat).toBe('JSON')
})

test('every trigger pulls the same alias, which pages when it fails for good', () => {
  const { aliasId } = theSwitch()
  for (const { properties } of of('AWS::Scheduler::Schedule'))
    expect(refersTo(properties.Target.Arn, aliasId)).toBe(true)
  for (const { properties } of of('AWS::ApiGatewayV2::Integration'))
    expect(refersTo(properties.IntegrationUri, aliasId)).toBe(true)
  expect(pulling()).toHaveLength(3)
  const [invoke] = of('AWS::Lambda::EventInvokeConfig')
  expect(invoke?.properties).toMatchObject({ MaximumEventAgeInSeconds: 300, MaximumRetryAttempts: 2 })
  expect(refersTo(invoke?.properties.DestinationConfig.OnFailure, of('AWS::SNS::Topic')[0]?.id ?? '')).toBe(
    true,
  )
})

test.each([0, 2, 10, 50])('%i alarms: each may pull, with one permission', (count) => {
  const alarms = Array.from({ length: count }, (_, i) => ({
    kind: 'heartbeat',
    name: `bot-${i}`,
    namespace: 'Bot',
    metric: `Beat${i}`,
  }))
  const made = synth(buildApp({ secret: 'x', alarms })) // the rule alarm-not-permitted holds for each
  expect(pulling(made)).toHaveLength(count)
  const permissions = resourcesOf(made, 'AWS::Lambda::Permission').filter(({ properties }) =>
    properties.Principal.includes('alarms'),
  )
  expect(permissions).toHaveLength(count === 0 ? 0 : 1)
})

test('alarms elsewhere may pull by prefix or ARN, those that watch the switch may not', () => {
  const permitted = of('AWS::Lambda::Permission')
    .filter(({ properties }) => properties.Principal.includes('alarms'))
    .map(({ properties }) => textOf(properties.SourceArn).split(':alarm:').at(-1))
  expect(permitted.sort()).toEqual(['desk-*', 'kill-switch-pull-*', 'vendor'])
  for (const { properties } of watching()) expect(properties.AlarmName).toMatch(/^kill-switch-watch-/)
})

test('what watches the switch pages the topic and never pulls', () => {
  const topic = of('AWS::SNS::Topic')[0]?.id ?? ''
  expect(watching().length).toBe(16)
  for (const { properties } of watching()) {
    expect(refersTo(properties.AlarmActions, topic)).toBe(true)
    expect(refersTo(properties.AlarmActions, theSwitch().aliasId)).toBe(false)
  }
  const ready = watching().find(({ properties }) => properties.MetricName === 'Ready')
  expect(ready?.properties).toMatchObject({
    TreatMissingData: 'breaching',
    ComparisonOperator: 'LessThanThreshold',
    Threshold: 1,
  })
})

test('what is wrong pages once: the alarm that sums up the others says nothing', () => {
  const [sum] = of('AWS::CloudWatch::CompositeAlarm')
  expect(sum?.properties.AlarmRule).toBeDefined()
  expect(sum?.properties.AlarmActions).toBeUndefined()
})

test('the end of a page is told where it was measured that all is well, and nowhere else', () => {
  const topic = of('AWS::SNS::Topic')[0]?.id ?? ''
  const ended = watching().filter(({ properties }) => refersTo(properties.OKActions, topic))
  expect(ended.map(({ properties }) => properties.MetricName).toSorted()).toEqual([
    'Ready',
    'RoadReady',
    'RoadReady',
  ])
  for (const { properties } of watching()) expect(properties.OKActions?.length ?? 0).toBeLessThan(2)
})

test.each([1, 5, 60])('what every check would repeat, checked every %i minutes, pages once', (minutes) => {
  const made = synth(buildApp({ secret: 'x', readinessMinutes: minutes }))
  for (const name of ['Errors', 'Throttles', 'AsyncEventsDropped']) {
    const alarm = resourcesOf(made, 'AWS::CloudWatch::Alarm').find(
      ({ properties }) => properties.MetricName === name,
    )
    expect(alarm?.properties).toMatchObject({
      Period: 60,
      DatapointsToAlarm: 1,
      TreatMissingData: 'notBreaching',
    })
    expect(alarm?.properties.EvaluationPeriods).toBeGreaterThan(minutes)
  }
})

test('a trigger that goes blind is told to the topic, and pulls nothing', () => {
  const topic = of('AWS::SNS::Topic')[0]?.id ?? ''
  expect(pulling()).toHaveLength(3)
  for (const { properties } of pulling()) {
    expect(refersTo(properties.InsufficientDataActions, topic)).toBe(true)
    expect(refersTo(properties.InsufficientDataActions, theSwitch().aliasId)).toBe(false)
    expect(properties.AlarmDescription).toContain('INSUFFICIENT_DATA')
  }
})

test('the dead-letter queue holds pulls alone, and each that arrives there pages', () => {
  const queue = of('AWS::SQS::Queue')[0]?.id ?? ''
  const kept = of('AWS::Scheduler::Schedule').filter(({ properties }) =>
    refersTo(properties.Target.DeadLetterConfig, queue),
  )
  expect(kept.map(({ properties }) => properties.Name).toSorted()).toEqual([
    'kill-switch-pull-close',
    'kill-switch-pull-weekend',
  ])
  const alarm = watching().find(({ properties }) => properties.AlarmName === 'kill-switch-watch-dead-letters')
  expect(alarm?.properties).toMatchObject({
    MetricName: 'NumberOfMessagesSent', // the number that lie there would keep it on for fourteen days
    Statistic: 'Sum',
    Period: 60,
    EvaluationPeriods: 30, // SQS may tell it a quarter of an hour late
    DatapointsToAlarm: 1,
  })
})

test('each road that is chosen is watched for itself, so that one that stopped working is paged', () => {
  const roads = watching().filter(({ properties }) => properties.MetricName === 'RoadReady')
  expect(roads.map(({ properties }) => properties.AlarmName).toSorted()).toEqual([
    'kill-switch-watch-rest-not-ready',
    'kill-switch-watch-unified-not-ready',
  ])
  for (const { properties } of roads) {
    expect(properties).toMatchObject({ TreatMissingData: 'breaching', Threshold: 1 })
  }
  const { AlarmRule } = of('AWS::CloudWatch::CompositeAlarm')[0]?.properties ?? {}
  for (const { id } of roads) expect(refersTo(AlarmRule, id)).toBe(true)
  expect(theSwitch().function.Environment.Variables.KRAKEN_ROADS).toBe('both')
})

test('without a choice of roads the secret decides, and the stack watches the whole', () => {
  const { roads: _, ...undecided } = full
  const other = synth(buildApp(undecided))
  expect(theSwitch(other).function.Environment.Variables).not.toHaveProperty('KRAKEN_ROADS')
  const watched = resourcesOf(other, 'AWS::CloudWatch::Alarm').map(({ properties }) => properties.MetricName)
  expect(watched).toContain('Ready')
  expect(watched).not.toContain('RoadReady')
})

test('the metrics that are watched are those that the function writes', async () => {
  const stage = await Stage.open()
  stage.secrets.put(stage.exchange.account.secretFor('both'))
  const running = await stage.startFunction({
    settings: {
      QUIET_PERIOD_MS: '100',
      NOTIFY_TOPIC_ARN: 'arn:aws:sns:eu-central-1:123456789012:t',
      AWS_ENDPOINT_URL_SNS: 'http://127.0.0.1:1',
    },
  })
  fill(stage.exchange.account.book, 5)
  for (const event of [{ readiness: true }, {}, { symbols: [] }]) await running.invoke(event)
  await new Promise((resolve) => setTimeout(resolve, 60))
  const written = running.lines.flatMap((line) => {
    const { _aws, ...values } = JSON.parse(line)
    return _aws === undefined ? [] : [{ namespace: _aws.CloudWatchMetrics[0].Namespace, ...values }]
  })
  await stage.close()
  const namesOf = (road: string | undefined) =>
    new Set(written.filter((values) => values.road === road).flatMap((values) => Object.keys(values)))
  // Written like the others, by their verdict; and by the laps of a hold.
  const elsewhere = ['VerdictNotEmpty', 'VerdictUnverified', 'VerdictFailed', 'HoldLap']
  const watched = [...watching().flatMap(({ properties }) => metricsOf(properties)), ...dashboardMetrics()]
  expect(watched.length).toBeGreaterThan(10)
  for (const { name, dimensions } of watched) {
    const { road, ...common } = dimensions
    if (!elsewhere.includes(name)) expect(namesOf(road)).toContain(name)
    expect(common).toEqual({ service: written[0]?.service, function: written[0]?.function })
  }
})

interface MetricUse {
  readonly name: string
  readonly dimensions: Readonly<Record<string, string>>
}

function metricsOf({ Namespace, MetricName, Dimensions, Metrics = [] }: Properties): MetricUse[] {
  const single = Namespace === 'KillSwitch' ? [{ MetricName, Dimensions }] : []
  const several = Metrics.map((one: Properties) => one.MetricStat?.Metric).filter(
    (one: Properties) => one?.Namespace === 'KillSwitch',
  )
  return [...single, ...several].map(({ MetricName: name, Dimensions: list }) => ({
    name,
    dimensions: Object.fromEntries(list.map(({ Name, Value }: Properties) => [Name, Value])),
  }))
}

function dashboardMetrics(): MetricUse[] {
  const body = textOf(of('AWS::CloudWatch::Dashboard')[0]?.properties.DashboardBody)
  const found = [...body.matchAll(/\["KillSwitch","(\w+)"((?:,"\w+","[\w-]+")+)/g)]
  return found.map(([, name, dimensions = '']) => ({
    name: String(name),
    dimensions: Object.fromEntries(
      [...dimensions.matchAll(/"(\w+)","([\w-]+)"/g)].map(([, key, value]) => [key, value]),
    ),
  }))
}

test('names that the stack uses itself may be used for pulls too', () => {
  const alarm = { kind: 'heartbeat', namespace: 'Bot', metric: 'Beat' }
  const schedule = { cron: '0 22 ? * * *', timeZone: 'UTC' }
  const made = synth(
    buildApp({
      secret: 'x',
      alarms: [
        { ...alarm, name: 'Own' },
        { ...alarm, name: 'watch-errors' },
      ],
      schedules: [
        { ...schedule, name: 'readiness' },
        { ...schedule, name: 'Role' },
      ],
    }),
  )
  const named = (type: string, name: string) =>
    resourcesOf(made, type).map(({ properties }) => properties[name])
  const names = [
    ...named('AWS::Scheduler::Schedule', 'Name'),
    ...named('AWS::CloudWatch::Alarm', 'AlarmName'),
  ]
  expect(new Set(names).size).toBe(names.length)
})

test('no route is anonymous, and the policy that may press holds nothing else', () => {
  expect(
    of('AWS::ApiGatewayV2::Route').map(({ properties }) => [
      properties.RouteKey,
      properties.AuthorizationType,
    ]),
  ).toEqual([['POST /cancel-all', 'AWS_IAM']])
  const [policy] = of('AWS::IAM::ManagedPolicy')
  const statements = policy?.properties.PolicyDocument.Statement as Properties[]
  expect(statements.map(({ Action }) => Action)).toEqual(['lambda:InvokeFunction', 'execute-api:Invoke'])
  expect(refersTo(statements[0].Resource, theSwitch().aliasId)).toBe(true)
  expect(textOf(statements[1].Resource)).toMatch(/\/\$default\/POST\/cancel-all$/)
})

test('the function gets the payload format that it reads', () => {
  const [integration] = of('AWS::ApiGatewayV2::Integration')
  expect(integration?.properties).toMatchObject({ PayloadFormatVersion: '2.0', TimeoutInMillis: 29_000 })
})

test("the log outlives the stack, under a name that stands in nobody's way", () => {
  const logs = Object.values(template.Resources).filter(({ Type }) => Type === 'AWS::Logs::LogGroup')
  for (const log of logs) {
    const { DeletionPolicy, Properties } = log as typeof log & { DeletionPolicy: string }
    expect(DeletionPolicy).toBe(Properties.LogGroupName === undefined ? 'Retain' : 'Delete')
    expect(Properties.RetentionInDays).toBe(365)
  }
  expect(logs).toHaveLength(3) // of the switch, of its widget, of the API
})

test('the stage is throttled and logs who called, with no header in it', () => {
  const [stage] = of('AWS::ApiGatewayV2::Stage')
  expect(stage?.properties.DefaultRouteSettings).toMatchObject({
    ThrottlingRateLimit: 2,
    ThrottlingBurstLimit: 5,
  })
  const { Format } = stage?.properties.AccessLogSettings ?? {}
  expect(JSON.parse(Format)).toMatchObject({ caller: '$context.identity.userArn' })
  expect(Format).not.toMatch(/header/i)
})

test('a JWT in place of SigV4', () => {
  const made = synth(
    buildApp({ secret: 'x', api: { jwt: { issuer: 'https://id.example.com/', audiences: ['kill'] } } }),
  )
  expect(resourcesOf(made, 'AWS::ApiGatewayV2::Route')[0]?.properties.AuthorizationType).toBe('JWT')
  expect(resourcesOf(made, 'AWS::ApiGatewayV2::Authorizer')[0]?.properties.JwtConfiguration).toEqual({
    Issuer: 'https://id.example.com/',
    Audience: ['kill'],
  })
  const { Format } = resourcesOf(made, 'AWS::ApiGatewayV2::Stage')[0]?.properties.AccessLogSettings ?? {}
  expect(JSON.parse(Format)).toMatchObject({ caller: '$context.authorizer.claims.sub' }) // whom the function names too
})

test.each([
  ['aws', 'eu-central-1', 'console.aws.amazon.com'],
  ['aws-cn', 'cn-north-1', 'console.amazonaws.cn'],
  ['aws-us-gov', 'us-gov-west-1', 'console.amazonaws-us-gov.com'],
])('in the partition %s the dashboard is on the console of %s, at %s', (partition, region, host) => {
  for (const made of [
    template,
    synth(buildApp({ secret: 'kill-switch/kraken' }, { account: '123456789012', region })),
  ]) {
    const { Outputs, Conditions } = made as unknown as Record<string, Record<string, Properties>>
    const [, dashboard] = Object.entries(Outputs ?? {}).find(([id]) => id.includes('Dashboard')) ?? []
    const at = { Conditions, pseudo: { 'AWS::Partition': partition, 'AWS::Region': region } }
    const url = String(deploy(dashboard?.Value, at))
    expect(url).toBe(
      `https://${region}.${host}/cloudwatch/home?region=${region}#dashboards/dashboard/kill-switch`,
    )
    expect(deploy(theSwitch(made).function.Environment.Variables.DASHBOARD_URL, at)).toBe(url)
  }
})

interface Deployment {
  readonly Conditions: Properties
  readonly pseudo: Readonly<Record<string, string>>
}

/** What CloudFormation makes of a value. */
function deploy(value: Properties, at: Deployment): unknown {
  if (typeof value !== 'object') return value
  const [[fn, input] = ['', null]] = Object.entries<Properties>(value)
  if (fn === 'Ref') return at.pseudo[input] ?? input
  if (fn === 'Fn::Join') return input[1].map((part: unknown) => deploy(part, at)).join(input[0])
  if (fn === 'Fn::If') return deploy(input[deploy(at.Conditions[input[0]], at) ? 1 : 2], at)
  if (fn === 'Fn::Equals') return deploy(input[0], at) === deploy(input[1], at)
  throw new Error(`${fn} is not needed here`)
}

test('two switches in one stack do not meet', () => {
  const { app, stack } = buildApp({ ...full, name: 'desk' })
  new KillSwitch(stack, 'Other', { secret: 'x', name: 'desk-2' })
  const made = synth({ app, stack })
  expect(switchesOf(made)).toHaveLength(2)
  expect(resourcesOf(made, 'AWS::ApiGatewayV2::Api')).toHaveLength(2)
})

test('an alarm is made once it may pull, a schedule once its role may', () => {
  const made = (type: string) =>
    Object.values(template.Resources).filter(({ Type }) => Type === type) as {
      readonly DependsOn?: readonly string[]
      readonly Properties: Properties
    }[]
  const permission = of('AWS::Lambda::Permission').find(({ properties }) =>
    textOf(properties.SourceArn).endsWith(':kill-switch-pull-*'),
  )
  const pullingOnes = made('AWS::CloudWatch::Alarm').filter(({ Properties }) =>
    refersTo(Properties.AlarmActions, theSwitch().aliasId),
  )
  expect(pullingOnes).toHaveLength(3)
  for (const { DependsOn } of pullingOnes) expect(DependsOn).toContain(permission?.id)
  for (const { DependsOn, Properties } of made('AWS::Scheduler::Schedule')) {
    const role = of('AWS::IAM::Role').find(({ id }) => refersTo(Properties.Target.RoleArn, id))
    const policy = of('AWS::IAM::Policy').find(({ properties }) => refersTo(properties.Roles, role?.id ?? ''))
    expect(DependsOn).toContain(policy?.id)
  }
})

test('without the API there is none', () => {
  const made = synth(buildApp({ secret: 'x', api: { enabled: false } }))
  expect(resourcesOf(made, 'AWS::ApiGatewayV2::Api')).toEqual([])
})

test.each([10, 120, 900])(
  'with %i s, HTTPS is answered in time and a sweep to the end is told as slow',
  (seconds) => {
    const unheld = { persistMinutes: seconds < 25 ? 0 : 15 } // a lap has no room in 10 s
    const made = synth(buildApp({ secret: 'x', hold: unheld, function: { timeoutSeconds: seconds } }))
    const [integration] = resourcesOf(made, 'AWS::ApiGatewayV2::Integration')
    const answeredBy = deadlineOf('http', 0, seconds * 1000)
    expect(integration?.properties.TimeoutInMillis - answeredBy).toBeGreaterThanOrEqual(5_000)
    const [slow] = resourcesOf(made, 'AWS::CloudWatch::Alarm').filter(
      ({ properties }) => properties.AlarmName === 'kill-switch-watch-slow',
    )
    expect(slow?.properties.Threshold).toBeLessThanOrEqual(deadlineOf('alarm', 0, seconds * 1000))
    expect(slow?.properties.Threshold).toBeGreaterThan(seconds * 800)
    const { Outputs } = made as unknown as { Outputs: Record<string, { Value: unknown }> }
    const invoke = Object.values(Outputs).find(({ Value }) => textOf(Value).startsWith('aws lambda invoke'))
    const waits = Number(/--cli-read-timeout (\d+)/.exec(textOf(invoke?.Value))?.[1])
    expect(waits).toBeGreaterThan(seconds)
  },
)

test('the chat has a topic of its own, over TLS alone, to which the function may publish', () => {
  const made = synth(buildApp({ ...full, notify: { chat: true, runbookUrl: 'https://wiki.example.com/r' } }))
  const chat = resourcesOf(made, 'AWS::SNS::Topic').find(
    ({ properties }) => properties.TopicName === 'kill-switch-chat',
  )
  const { CHAT_TOPIC_ARN: arn, RUNBOOK_URL: runbook } = theSwitch(made).function.Environment.Variables
  expect(textOf(arn)).toMatch(/:sns:.*:kill-switch-chat$/)
  expect(runbook).toBe('https://wiki.example.com/r')
  const statementsOf = (type: string) =>
    resourcesOf(made, type).flatMap(({ properties }) => properties.PolicyDocument.Statement as Properties[])
  const publishing = statementsOf('AWS::IAM::Policy').filter(({ Action }) => Action === 'sns:Publish')
  expect(publishing.some(({ Resource }) => refersTo(Resource, String(chat?.id)))).toBe(true)
  const guarding = statementsOf('AWS::SNS::TopicPolicy').filter(({ Resource }) =>
    refersTo(Resource, String(chat?.id)),
  )
  expect(guarding).toMatchObject([
    { Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } },
  ])
  expect(resourcesOf(made, 'AWS::SNS::Topic')).toHaveLength(2)
  expect(of('AWS::SNS::Topic')).toHaveLength(1) // not where nobody asks for it
  expect(theSwitch().function.Environment.Variables).not.toHaveProperty('CHAT_TOPIC_ARN')
})

test('an existing topic, fixed egress, reserved concurrency, a boundary, a key of your own', () => {
  const made = synth(
    buildApp({
      secret: 'x',
      secretKeyArn: 'arn:aws:kms:eu-central-1:123456789012:key/0a1b2c3d-0a1b-2c3d-4e5f-0a1b2c3d4e5f',
      notify: { topicArn: 'arn:aws:sns:eu-central-1:123456789012:pager' },
      function: {
        fixedEgress: true,
        reservedConcurrency: 5,
        permissionsBoundaryArn: 'arn:aws:iam::123456789012:policy/edge',
      },
    }),
  )
  expect(resourcesOf(made, 'AWS::SNS::Topic')).toEqual([])
  expect(theSwitch(made).function.Environment.Variables.NOTIFY_TOPIC_ARN).toContain(':pager')
  expect(theSwitch(made).function.ReservedConcurrentExecutions).toBe(5)
  expect(resourcesOf(made, 'AWS::EC2::EIP')).toHaveLength(1)
  const statements = resourcesOf(made, 'AWS::IAM::Policy').flatMap(
    ({ properties }) => properties.PolicyDocument.Statement as Properties[],
  )
  // The actions of EC2 in AWS's managed policy AWSLambdaVPCAccessExecutionRole.
  expect(
    statements.map(({ Action }) => Action).find((actions) => [actions].flat().join().includes('ec2:')),
  ).toEqual([
    'ec2:AssignPrivateIpAddresses',
    'ec2:CreateNetworkInterface',
    'ec2:DeleteNetworkInterface',
    'ec2:DescribeNetworkInterfaces',
    'ec2:DescribeSubnets',
    'ec2:UnassignPrivateIpAddresses',
  ])
  const roles = resourcesOf(made, 'AWS::IAM::Role').map(({ properties }) => properties.PermissionsBoundary)
  expect(new Set(roles)).toEqual(new Set(['arn:aws:iam::123456789012:policy/edge']))
  expect(JSON.stringify(made.Resources)).toContain('kms:Decrypt')
})

let stage: Stage
let running: LambdaRuntime

/** The built bundle with the environment that the template gives it. */
beforeAll(async () => {
  stage = await Stage.open()
  const { ALARM_SCOPES } = theSwitch().function.Environment.Variables
  running = await stage.startFunction({ settings: { ALARM_SCOPES, QUIET_PERIOD_MS: '100' } })
})
afterAll(() => stage.close())

async function pull(event: unknown): Promise<Report> {
  fill(stage.exchange.account.book, 25)
  const answer = await running.invoke(event)
  if ('error' in answer) throw new Error(answer.error.errorMessage)
  const result = answer.result as Report | { readonly body: string }
  return 'body' in result ? JSON.parse(result.body) : result
}

test('each schedule of the template fires with its scope', async () => {
  const inputs = of('AWS::Scheduler::Schedule').map(({ properties }) => String(properties.Target.Input))
  expect(inputs).toHaveLength(3)
  const filled = (name: string) =>
    JSON.parse(
      String(inputs.find((input) => input.includes(`"name":"${name}"`))).replace(
        '<aws.scheduler.scheduled-time>',
        new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
      ),
    )
  expect(await pull(filled('close'))).toMatchObject({
    verdict: 'EMPTY',
    scope: { symbols: ['PF_ETHUSD'], keep: 'reduceOnly' },
    trigger: { kind: 'schedule', by: 'close', reason: 'end of session' },
  })
  const left = stage.exchange.account.book.orders.filter((order) => isNamedBy('PF_ETHUSD', order))
  expect(new Set(left.map(({ reduceOnly }) => reduceOnly))).toEqual(new Set([true]))
  expect(await pull(filled('weekend'))).toMatchObject({ verdict: 'EMPTY', scope: 'all' })
  const readiness = filled('kill-switch-readiness')
  expect(readiness.readiness).toBe(true)
  expect(await running.invoke(readiness)).toMatchObject({ result: { ready: true } })
  stage.exchange.account.general = 'READ_ONLY'
  expect(await running.invoke(readiness)).toMatchObject({ result: { ready: false } }) // not thrown: it asked by schedule
  stage.exchange.account.general = 'FULL_ACCESS'
})

test('each alarm of the template fires with its scope', async () => {
  const scopes: Readonly<Record<string, unknown>> = {
    beat: 'all',
    drawdown: { symbols: ['PF_XBTUSD'], keep: 'reduceOnly' },
    ratio: 'all',
  }
  for (const [name, scope] of Object.entries(scopes)) {
    const alarm = pulling().find(({ properties }) => String(properties.AlarmName).endsWith(`-${name}`))
    const event = alarmEvent()
    const alarmData = { ...event.alarmData, alarmName: alarm?.properties.AlarmName }
    expect(await pull({ ...event, alarmData })).toMatchObject({
      verdict: 'EMPTY',
      scope,
      trigger: { kind: 'alarm' },
    })
  }
})

test('the route of the template fires', async () => {
  const routeKey = of('AWS::ApiGatewayV2::Route')[0]?.properties.RouteKey as string
  const [method = '', path = ''] = routeKey.split(' ')
  const event = httpEvent('{"reason":"by hand"}')
  const requestContext = { ...event.requestContext, http: { ...event.requestContext.http, method, path } }
  expect(await pull({ ...event, rawPath: path, requestContext })).toMatchObject({
    verdict: 'EMPTY',
    trigger: { kind: 'http' },
  })
})

test('the commands in the outputs are whole, and their payload is one that fires', async () => {
  const outputs = Object.values(
    (template as unknown as { Outputs: Record<string, { Value: unknown }> }).Outputs,
  ).map(({ Value }) => textOf(Value))
  const invoke = outputs.find((value) => value.startsWith('aws lambda invoke'))
  const curl = outputs.find((value) => value.startsWith('curl'))
  expect(curl).toContain('--aws-sigv4')
  for (const command of [invoke, curl]) {
    const payload = /'(\{.*?\})'/.exec(String(command))?.[1]
    expect(await pull(JSON.parse(String(payload)))).toMatchObject({
      verdict: 'EMPTY',
      trigger: { reason: 'by hand' },
    })
  }
})

test('deployed as it is, cdk.json pulls nothing by itself', () => {
  const made = synth(buildApp())
  const sessions = resourcesOf(made, 'AWS::Scheduler::Schedule').filter(
    ({ properties }) => !String(properties.Target.Input).includes('readiness'),
  )
  expect(sessions).toEqual([])
  for (const { properties } of pulling(made)) expect(properties.TreatMissingData).toBe('missing')
  expect(pulling(made)).toHaveLength(1)
})

test('the block in cdk.json needs no account', () => {
  expect(JSON.stringify(cdkJson.context.killSwitch)).not.toMatch(/\d{12}/)
})
