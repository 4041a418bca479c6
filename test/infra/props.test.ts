import { readFileSync } from 'node:fs'
import { App, CfnParameter, type Environment, RemovalPolicy, Stack } from 'aws-cdk-lib'
import { SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2'
import { Key } from 'aws-cdk-lib/aws-kms'
import { Bucket } from 'aws-cdk-lib/aws-s3'
import { Secret } from 'aws-cdk-lib/aws-secretsmanager'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { expect, test } from 'vitest'
import { type ConfigInput, readConfigs } from '../../infra/config.ts'
import { KillSwitch, type KillSwitchProps } from '../../infra/kill-switch.ts'
import { switchesOf } from '../../infra/switch-in-template.ts'
import { resourcesOf, type Template } from '../../infra/template.ts'
import { cdkJson } from './synth.ts'

const HERE = { account: '123456789012', region: 'eu-central-1' }

function stackIn(env: Environment = HERE): Stack {
  return new Stack(new App({ context: cdkJson.context, analyticsReporting: false }), 'Desk', { env })
}

/** Synthesizes a switch with props that are made in its stack. */
function templateWith(props: (stack: Stack) => KillSwitchProps): Template {
  const stack = stackIn()
  new KillSwitch(stack, 'KillSwitch', props(stack))
  return (stack.node.root as App).synth().getStackArtifact(stack.artifactId).template as Template
}

const secretStatement = (template: Template) =>
  resourcesOf(template, 'AWS::IAM::Policy')
    .flatMap(({ properties }) => properties.PolicyDocument.Statement)
    .find(({ Action }) => Action === 'secretsmanager:GetSecretValue')
const environment = (template: Template) => switchesOf(template)[0]?.function.Environment.Variables

const arn = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:kraken'

test.each<[string, (stack: Stack) => KillSwitchProps['secret'], unknown, unknown]>([
  ['by its name', () => 'kraken', 'kraken', `${arn}-??????`],
  ['by its ARN', () => `${arn}-AbCdEf`, `${arn}-AbCdEf`, `${arn}-AbCdEf`],
  [
    'imported by its name',
    (stack) => Secret.fromSecretNameV2(stack, 'S', 'kraken'),
    'kraken',
    `${arn}-??????`,
  ],
  [
    'of another account, by the ARN that another account may know',
    (stack) => Secret.fromSecretPartialArn(stack, 'S', arn.replace('123456789012', '210987654321')),
    arn.replace('123456789012', '210987654321'),
    `${arn.replace('123456789012', '210987654321')}-??????`,
  ],
  [
    'imported by its ARN',
    (stack) => Secret.fromSecretCompleteArn(stack, 'S', `${arn}-AbCdEf`),
    `${arn}-AbCdEf`,
    `${arn}-AbCdEf`,
  ],
])('a secret %s is asked for, and may be read', (_, secret, id, resource) => {
  const template = templateWith((stack) => ({ secret: secret(stack) }))
  const plain = (value: unknown) =>
    JSON.stringify(value).replace(
      /\{"Fn::Join":\["",\["arn:",\{"Ref":"AWS::Partition"\},"([^"]*)"\]\]\}/,
      '"arn:aws$1"',
    )
  expect(plain(environment(template).KRAKEN_SECRET_ID)).toBe(JSON.stringify(id))
  expect(plain(secretStatement(template).Resource)).toBe(JSON.stringify(resource))
})

/** What CloudFormation makes of `Fn::Select` of `Fn::Split` and of `Fn::Join`, with a value for the parameter. */
function deployed(value: unknown, parameter: string): unknown {
  if (typeof value !== 'object' || value === null) return value
  const {
    Ref: ref,
    'Fn::Join': join,
    'Fn::Select': select,
    'Fn::Split': split,
  } = value as Record<string, never>
  if (ref !== undefined) return ref === 'Kraken' ? parameter : 'aws'
  const at = (one: unknown) => deployed(one, parameter) as string
  if (join !== undefined) return (join[1] as unknown[]).map(at).join(join[0])
  if (split !== undefined) return at(split[1]).split(split[0])
  return (deployed(select?.[1], parameter) as unknown as string[])[Number(select?.[0])]
}

test.each([
  ['kraken', 'kraken'],
  [`${arn}-AbCdEf`, 'kraken-AbCdEf'],
])('a secret that only the deployment knows, %s, may be read by name and by ARN', (value, name) => {
  const template = templateWith((stack) => ({ secret: new CfnParameter(stack, 'Kraken').valueAsString }))
  expect(environment(template).KRAKEN_SECRET_ID).toEqual({ Ref: 'Kraken' })
  const resources = secretStatement(template).Resource as unknown[]
  const prefix = arn.replace(/kraken$/, '')
  expect(resources.map((one) => deployed(one, value)).toSorted()).toEqual([
    `${prefix}${name}`,
    `${prefix}${name}-??????`,
  ])
})

test('tokens are taken where words are', () => {
  const token = (stack: Stack, id: string) => new CfnParameter(stack, id).valueAsString
  const template = templateWith((stack) => ({
    secret: 'x',
    secretKeyArn: token(stack, 'KeyArn'),
    notify: { topicArn: token(stack, 'TopicArn') },
    alarms: [{ kind: 'heartbeat', name: 'beat', namespace: token(stack, 'Namespace'), metric: 'Beat' }],
    schedules: [{ name: 'close', cron: token(stack, 'Cron'), timeZone: token(stack, 'Zone') }],
    alarmsElsewhere: { arns: [token(stack, 'AlarmArn')] },
    api: { jwt: { issuer: token(stack, 'Issuer'), audiences: [token(stack, 'Audience')] } },
  }))
  expect(environment(template).NOTIFY_TOPIC_ARN).toEqual({ Ref: 'TopicArn' })
})

test('a key, an encrypted topic and a VPC of the desk’s own', () => {
  const template = templateWith((stack) => ({
    secret: new Secret(stack, 'Secret', { encryptionKey: new Key(stack, 'SecretKey') }),
    topic: new Topic(stack, 'Pager', { masterKey: new Key(stack, 'TopicKey'), enforceSSL: true }),
    vpc: new Vpc(stack, 'Vpc', { restrictDefaultSecurityGroup: false }),
    vpcSubnets: { subnetType: SubnetType.PRIVATE_WITH_EGRESS },
  }))
  expect(switchesOf(template)[0]?.function.VpcConfig.SubnetIds).toHaveLength(3)
  const topicKey = resourcesOf(template, 'AWS::KMS::Key').find(({ id }) => id.startsWith('TopicKey'))
  expect(JSON.stringify(topicKey?.properties.KeyPolicy)).toContain('cloudwatch.amazonaws.com')
  const role = JSON.stringify(resourcesOf(template, 'AWS::IAM::Policy').map(({ properties }) => properties))
  expect(role).toMatch(/kms:GenerateDataKey\*/)
  expect(role).toMatch(/SecretKey/)
})

test('tags, termination protection, a log that goes, and sandboxes that are kept ready', () => {
  const stack = stackIn()
  new KillSwitch(stack, 'KillSwitch', {
    secret: 'x',
    tags: { desk: 'one' },
    terminationProtection: true,
    function: { logRemovalPolicy: RemovalPolicy.DESTROY, provisionedConcurrency: 2, reservedConcurrency: 10 },
  })
  const made = (stack.node.root as App).synth().getStackArtifact(stack.artifactId)
  const template = made.template as Template
  expect(made.terminationProtection).toBe(true)
  const [fn] = resourcesOf(template, 'AWS::Lambda::Function')
  expect(fn?.properties.Tags).toContainEqual({ Key: 'desk', Value: 'one' })
  const [alias] = resourcesOf(template, 'AWS::Lambda::Alias')
  expect(alias?.properties.ProvisionedConcurrencyConfig).toEqual({ ProvisionedConcurrentExecutions: 2 })
  const log = Object.entries(template.Resources).find(([id]) => id.startsWith('KillSwitchLog'))
  expect(log?.[1]).toMatchObject({ DeletionPolicy: 'Delete' })
})

/** The lines of the error. */
function refusalOf(props: (stack: Stack) => unknown): string[] {
  const stack = stackIn()
  try {
    new KillSwitch(stack, 'KillSwitch', props(stack) as KillSwitchProps)
    return []
  } catch (error) {
    return (error as Error).message.split('\n')
  }
}

// A new user's mistakes, each in one place.
test.each<[string, (stack: Stack) => unknown, string]>([
  ['no props at all', () => undefined, 'props is missing. Give it its props: {secret: "…"}'],
  [
    'the props in a block config',
    () => ({ config: { secret: 'x' } }),
    'props.config is not a known setting. Write what is in it directly: {secret: "…"}',
  ],
  [
    'a misspelt prop',
    () => ({ secret: 'x', scheduls: [] }),
    'props.scheduls is not a known setting. Did you mean schedules?',
  ],
  [
    'the value of the secret',
    () => ({ secret: '{"apiKey":"hunter2"}' }),
    'props.secret is no name or ARN of a secret. Use the name that you gave it in Secrets Manager',
  ],
  [
    'another construct for the secret',
    (stack) => ({ secret: new Bucket(stack, 'Bucket') }),
    'props.secret takes a secret of Secrets Manager, its name or its ARN, such as Secret.fromSecretNameV2(',
  ],
  [
    'an ARN for the topic',
    () => ({ secret: 'x', topic: 'arn:aws:sns:eu-central-1:123456789012:pager' }),
    'props.topic takes an SNS topic of the CDK, such as new Topic(…). For its ARN there is notify.topicArn',
  ],
  [
    'addresses beside a topic',
    (stack) => ({ secret: 'x', topic: new Topic(stack, 'T'), notify: { emails: ['a@example.com'] } }),
    'props has both topic and notify.emails. Subscribe the addresses to that topic instead',
  ],
  [
    'a token for the name',
    (stack) => ({ secret: 'x', name: new CfnParameter(stack, 'P').valueAsString }),
    'props.name is a token, which only the deployment knows. Write it in plain text',
  ],
  [
    'a token for a number',
    (stack) => ({
      secret: 'x',
      readinessMinutes: new CfnParameter(stack, 'P', { type: 'Number' }).valueAsNumber,
    }),
    'props.readinessMinutes takes a whole number from 1 to 60, in figures: a token is known to the deployment alone',
  ],
  [
    'subnets without a VPC',
    () => ({ secret: 'x', vpcSubnets: { subnetType: SubnetType.PRIVATE_WITH_EGRESS } }),
    'props has vpcSubnets or securityGroups without a vpc. Give the vpc that they are of',
  ],
  [
    'a secret of another region',
    (stack) => ({
      secret: Secret.fromSecretCompleteArn(stack, 'S', `${arn.replace('central', 'west')}-AbCdEf`),
    }),
    "props.secret is in eu-west-1, but the stack is in eu-central-1. Use one of the stack's own region",
  ],
  [
    'a topic of another account',
    (stack) => ({
      secret: 'x',
      topic: Topic.fromTopicArn(stack, 'T', 'arn:aws:sns:eu-central-1:210987654321:pager'),
    }),
    'props.topic is of account 210987654321, but the stack of 123456789012',
  ],
  [
    'more sandboxes ready than reserved',
    () => ({ secret: 'x', function: { provisionedConcurrency: 5, reservedConcurrency: 3 } }),
    'props.function keeps 5 sandboxes ready, and reserves a concurrency of 3. Lower provisionedConcurrency to 3, or reserve more',
  ],
  [
    'a removal policy that a log cannot have',
    () => ({ secret: 'x', function: { logRemovalPolicy: RemovalPolicy.SNAPSHOT } }),
    'props.function.logRemovalPolicy takes one of retain, destroy',
  ],
])('%s is answered with what to do', (_, props, sentence) => {
  const [header, ...mistakes] = refusalOf(props)
  expect(header).toBe('KillSwitch Desk/KillSwitch is not right:')
  expect(mistakes).toContainEqual(expect.stringContaining(sentence))
  expect(mistakes.join()).not.toContain('hunter2')
})

test('a list in cdk.json names every mistake in any of its blocks, and two of one name', () => {
  const blocks = [
    { secret: 'x' },
    { secret: 'y', nam: 'two' },
    { secret: 'y', name: 'three' },
    { secret: 'z' },
  ]
  expect(() => readConfigs(blocks)).toThrow(
    [
      'cdk.json is not right:',
      '  killSwitch.1.nam is not a known setting. Did you mean name?',
      '  killSwitch.3.name is kill-switch, as that of killSwitch.0. Give one of them another name',
    ].join('\n'),
  )
  expect(() => readConfigs([])).toThrow('killSwitch is an empty list. Put a block {"secret": "…"} into it')
  expect(readConfigs([{ secret: 'x' }, { secret: 'y', name: 'two' }])).toHaveLength(2)
})

type Unlike<A, B> = Exclude<keyof A, keyof B> | Exclude<keyof B, keyof A>
type Same<A, B> = [Unlike<NonNullable<A>, NonNullable<B>>] extends [never] ? true : false

test('the props are the settings, by their names', () => {
  // The compiler compares them: one that is missing makes a `true` that it refuses.
  const same: [
    Same<KillSwitchProps, ConfigInput>,
    Same<KillSwitchProps['function'], ConfigInput['function']>,
    Same<KillSwitchProps['notify'], ConfigInput['notify']>,
    Same<KillSwitchProps['hold'], ConfigInput['hold']>,
    Same<KillSwitchProps['api'], ConfigInput['api']>,
  ] = [true, true, true, true, true]
  expect(same).not.toContain(false)
})

test('every prop says what it is where an editor shows it', () => {
  for (const file of ['props', 'function-props', 'alarm-props']) {
    const lines = readFileSync(`infra/${file}.ts`, 'utf8').split('\n')
    const bare = lines.filter(
      (line, i) => /^\s+readonly (?!kind)\w+\??:/.test(line) && !/\*\/$/.test(lines[i - 1] ?? ''),
    )
    expect(bare).toEqual([])
  }
})
