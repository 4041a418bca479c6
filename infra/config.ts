import * as v from 'valibot'
import { isObject } from '../lambda/json.ts'
import { alarms } from './alarm-config.ts'
import { keyArn, policyArn, topicArn } from './arn.ts'
import { ConfigInvalid, IN_CDK_JSON, type Written } from './config-invalid.ts'
import { constructs, secret, twiceNamedFault } from './construct-config.ts'
import { environmentFault } from './environment.ts'
import { block, cross, eachOnce, isToken, oneOf, plainText, text, whole } from './field.ts'
import {
  accounts,
  fleet,
  fleetAlarmsFault,
  fleetFunctionFault,
  fleetSizeFault,
  secretsFault,
} from './fleet-config.ts'
import { foreign } from './foreign.ts'
import { functionSettings, httpProofFault, link, proofFault } from './function-settings.ts'
import { concurrencyFault, hold, keepShutFault, lapFault, nextSessionFault } from './hold-config.ts'
import { mistakesIn } from './mistake.ts'
import { alarmsElsewhere, policyFault } from './permissions.ts'
import { pulledFault } from './pulled-accounts.ts'
import { scheduleNamesFault, schedules } from './schedule-config.ts'

export { ConfigInvalid } from './config-invalid.ts'
export { pullName } from './pull-name.ts'

/*
 * The settings of a switch: the props of the construct, and the block `killSwitch` of cdk.json, which is the same in JSON.
 * Every mistake is named with its path and its fix; unknown settings are mistakes.
 */

/** What the size of the environment depends on. */
const ENVIRONMENT_READS = [
  ...['name', 'secret', 'accounts', 'fleet', 'roads', 'hold', 'function.settings'],
  ...['topicArn', 'chat', 'runbookUrl'].map((field) => `notify.${field}`),
  ...['kind', 'name', 'symbols', 'accounts', 'group', 'reason'].map((field) => `alarms.$.${field}`),
]

/** CloudFormation's own limits. */
const tags = v.record(
  text(
    'is no name of a tag',
    /^(?!aws:)[\w .:/=+@-]{1,128}$/,
    'Use 1 to 128 letters, digits and _.:/=+-@, not aws: first',
  ),
  text('takes text', /^[\w .:/=+@-]{0,256}$/, 'Use up to 256 letters, digits and _.:/=+-@'),
  'takes names and values, such as {"desk": "one"}',
)

const address = v.pipe(
  v.string('takes an address'),
  v.check((value) => isToken(value) || v.is(v.pipe(v.string(), v.email()), value), 'is no e-mail address'),
)

/** What the end of a hold, and the beginning of the next session, depend on. */
const NEXT_SESSION_READS = [
  ...['hold', 'function.settings.STALE_SCHEDULE_MS'],
  ...['name', 'cron', 'keepShut'].map((field) => `schedules.$.${field}`),
]

/** What is named by a construct, by words, or by both, which is one too many. */
const GIVEN_READS = [
  ...['secretKey', 'secretKeyArn', 'topic', 'topicKey', 'notify.emails', 'notify.topicArn'],
  ...['vpc', 'vpcSubnets', 'securityGroups', 'function.fixedEgress'],
]

/** Whom a schedule, or an alarm, pulls. */
const pulledReads = (pulls: string) => [
  ...['accounts', 'fleet'],
  ...['name', 'accounts', 'group'].map((field) => `${pulls}.$.${field}`),
]

/** What a function that serves groups needs. */
const FLEET_READS = ['fleet', 'function.fixedEgress', 'function.reservedConcurrency']

const config = v.pipe(
  block({
    /**
     * The stack's name, and the prefix of every name that it gives. Without a part `pull`: the alarm `x` of a switch
     * `a-pull` would have the name that the alarm `pull-x` of a switch `a` has.
     */
    name: v.optional(
      plainText(
        'is no name',
        /^(?!.*-pull(-|$))[a-z][a-z0-9-]{1,30}$/,
        'Use small letters, digits and -, 31 at most, and no part pull',
      ),
      'kill-switch',
    ),
    /** Name or ARN of the secret, which is made out of band; none where groups have one each. */
    secret: v.optional(secret),
    /** Names of the accounts, where the secret holds the keys of several. */
    accounts: v.optional(accounts),
    /** More accounts than one function sweeps. */
    fleet: v.optional(fleet),
    /** Only for a secret that is encrypted with a key of your own. */
    secretKeyArn: v.optional(keyArn),
    ...constructs,
    tags: v.optional(tags, {}),
    /** Of the stack that the switch is in. */
    terminationProtection: v.optional(v.boolean('takes true or false')),
    /** Which roads to Kraken it takes; by default, those that the secret has a key for. */
    roads: v.optional(oneOf(['rest', 'unified', 'both'])),
    notify: v.optional(
      v.pipe(
        block({
          emails: eachOnce(address),
          topicArn: v.optional(topicArn),
          /** A topic of its own for Amazon Q Developer in chat applications. */
          chat: v.optional(v.boolean('takes true or false'), false),
          /** Where messages lead for what to do now; the mark of a line is set behind it. */
          runbookUrl: v.optional(link),
        }),
        cross(['emails', 'topicArn'], ({ emails, topicArn }) =>
          topicArn === undefined || emails.length === 0
            ? null
            : 'has both emails and a topicArn. Subscribe the addresses to that topic instead',
        ),
      ),
      {},
    ),
    schedules: v.optional(schedules, []),
    /** What goes on after a pull, until there is proof and beyond. */
    hold: v.optional(hold, {}),
    alarms: v.optional(alarms, []),
    alarmsElsewhere: v.optional(alarmsElsewhere, {}),
    api: v.optional(
      block({
        enabled: v.optional(v.boolean('takes true or false'), true),
        jwt: v.optional(
          block({
            issuer: text('is no issuer', /^https:\/\/[^\s]+$/, 'Use its https address'),
            audiences: v.pipe(
              v.array(v.pipe(v.string('takes text'), v.minLength(1, 'is empty')), 'takes a list'),
              v.minLength(1, 'is empty'),
            ),
          }),
        ),
        ratePerSecond: v.optional(whole(1, 100), 2),
        burst: v.optional(whole(1, 100), 5),
      }),
      {},
    ),
    readinessMinutes: v.optional(whole(1, 60), 5),
    function: v.optional(
      block({
        memoryMb: v.optional(whole(256, 10_240), 512),
        /** For alarms, schedules and the CLI; HTTPS is answered within 25 s whatever it is. */
        timeoutSeconds: v.optional(whole(10, 900), 120),
        logRetentionDays: v.optional(
          v.picklist(
            [30, 60, 90, 180, 365, 731, 1827, 3653],
            'takes 30, 60, 90, 180, 365, 731, 1827 or 3653',
          ),
          365,
        ),
        logRemovalPolicy: v.optional(oneOf(['retain', 'destroy']), 'retain'),
        reservedConcurrency: v.optional(whole(2, 100)),
        provisionedConcurrency: v.optional(whole(1, 100)),
        permissionsBoundaryArn: v.optional(policyArn),
        /** A VPC with a NAT gateway and an Elastic IP, for a key with an IP allow-list: about $36 a month. */
        fixedEgress: v.optional(v.boolean('takes true or false'), false),
        settings: v.optional(functionSettings, {}),
      }),
      {},
    ),
  }),
  cross(['name', 'schedules.length'], (all) => scheduleNamesFault(all), 'schedules'),
  cross(['hold', 'schedules.$.name', 'schedules.$.keepShut'], (all) => keepShutFault(all), 'schedules'),
  cross(NEXT_SESSION_READS, (all) => nextSessionFault(all), 'schedules'),
  cross(['hold', 'function.timeoutSeconds'], (all) => lapFault(all), 'function'),
  cross(['hold', 'fleet', 'function.reservedConcurrency'], (all) => concurrencyFault(all), 'function'),
  cross(
    ['function.reservedConcurrency', 'function.provisionedConcurrency'],
    (all) => provisionedFault(all),
    'function',
  ),
  cross(['secret', 'accounts', 'fleet'], (all) => secretsFault(all), 'secret'),
  cross(FLEET_READS, (all) => fleetFunctionFault(all), 'function'),
  cross(['fleet', 'function.timeoutSeconds'], (all) => fleetSizeFault(all), 'fleet'),
  cross(pulledReads('schedules'), (all) => pulledFault(all, all.schedules), 'schedules'),
  cross(pulledReads('alarms'), (all) => pulledFault(all, all.alarms), 'alarms'),
  cross(['fleet', 'alarmsElsewhere'], (all) => fleetAlarmsFault(all), 'alarmsElsewhere'),
  cross(GIVEN_READS, (all) => twiceNamedFault(all)),
  cross(ENVIRONMENT_READS, (all) => environmentFault(all)),
  cross(['function.timeoutSeconds', 'function.settings'], (all) => proofFault(all), 'function'),
  cross(['api.enabled', 'function.settings'], (all) => httpProofFault(all), 'function'),
  cross(
    ['name', 'alarms.length', 'alarmsElsewhere', 'api.enabled'],
    (all) => policyFault(all),
    'alarmsElsewhere',
  ),
)

/** What is wrong with more sandboxes kept ready than there may be; null when nothing is. */
function provisionedFault({
  function: { reservedConcurrency, provisionedConcurrency = 0 },
}: {
  readonly function: {
    readonly reservedConcurrency?: number | undefined
    readonly provisionedConcurrency?: number | undefined
  }
}): string | null {
  if (reservedConcurrency === undefined || provisionedConcurrency <= reservedConcurrency) return null
  return `keeps ${provisionedConcurrency} sandboxes ready, and reserves a concurrency of ${reservedConcurrency}. Lower provisionedConcurrency to ${reservedConcurrency}, or reserve more`
}

/** What a person writes; what has a default may be left out. */
export type ConfigInput = v.InferInput<typeof config>
export type Config = v.InferOutput<typeof config>
export type ScheduleConfig = Config['schedules'][number]
export type AlarmConfig = Config['alarms'][number]

/** Where the switch will be, as far as that is known: then nothing may be in another region, nor a topic in another account. */
export interface Home {
  readonly region?: string | undefined
  readonly account?: string | undefined
}

/**
 * @param home of the stack
 * @throws ConfigInvalid naming every mistake
 */
export function readConfig(input: unknown, home: Home = {}, written: Written = IN_CDK_JSON): Config {
  const read = readBlock(input, home, written)
  if (Array.isArray(read)) throw new ConfigInvalid(read, written.where)
  return read as Config
}

const MISSING = 'Put the block "killSwitch": {"secret": "…"} into the context'

/** The settings, or a line for each mistake in them. */
function readBlock(input: unknown, home: Home, { root }: Written): Config | string[] {
  if (!isObject(input)) {
    return [`${root} is missing. ${root === 'props' ? 'Give it its props: {secret: "…"}' : MISSING}`]
  }
  const read = v.safeParse(config, input)
  const elsewhere = foreign(input, home, root)
  if (read.success && elsewhere.length === 0) return read.output
  return [...mistakesIn(read.issues ?? [], root), ...elsewhere]
}

/**
 * One block, or a list of them: a switch for each.
 *
 * @returns what each holds, as it is written
 * @throws ConfigInvalid naming every mistake in any of them, and two of one name
 */
export function readConfigs(input: unknown, home: Home = {}): ConfigInput[] {
  const blocks: unknown[] = Array.isArray(input) ? input : [input]
  const roots = blocks.map((_, i) => (Array.isArray(input) ? `killSwitch.${i}` : 'killSwitch'))
  const read = blocks.map((block, i) => readBlock(block, home, { where: '', root: roots[i] as string }))
  const names = read.map((one) => (Array.isArray(one) ? null : one.name))
  const taken = names.flatMap((name, i) => {
    const first = names.indexOf(name)
    return name === null || first === i
      ? []
      : [`${roots[i]}.name is ${name}, as that of ${roots[first]}. Give one of them another name`]
  })
  const mistakes = [...read.flatMap((one) => (Array.isArray(one) ? one : [])), ...taken]
  if (blocks.length === 0) mistakes.push('killSwitch is an empty list. Put a block {"secret": "…"} into it')
  if (mistakes.length > 0) throw new ConfigInvalid(mistakes)
  return blocks as ConfigInput[]
}
