import * as v from 'valibot'
import { pullFields } from '../lambda/pull.ts'
import { readCron } from './cron.ts'
import { localTimeIn, skippedTime } from './daylight-saving.ts'

/*
 * The block `killSwitch` of cdk.json. Every mistake is named with its path and its mend; unknown words are mistakes.
 */

const text = (what: string, pattern: RegExp, mend: string) =>
  v.pipe(v.string(`${what}. ${mend}`), v.regex(pattern, `${what}. ${mend}`))

const whole = (from: number, to: number) => {
  const mend = `takes a whole number from ${from} to ${to}`
  return v.pipe(v.number(mend), v.integer(mend), v.minValue(from, mend), v.maxValue(to, mend))
}

const oneOf = <const T extends readonly string[]>(values: T) =>
  v.picklist(values, `takes one of ${values.join(', ')}`)

const name = text(
  'is no name',
  /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/,
  'Use letters, digits, - and _, 64 at most',
)
const arn = (service: string) =>
  text(
    `is no ARN of ${service}`,
    new RegExp(`^arn:[\\w-]+:${service}:`),
    `Copy it from the console: arn:aws:${service}:…`,
  )

const scope = { symbols: pullFields.symbols, reason: pullFields.reason }

const schedule = v.pipe(
  v.strictObject({
    name,
    /** Without the word `cron` around it: `0 22 ? * MON-FRI *`. */
    cron: v.pipe(v.string('takes six fields, such as 0 22 ? * MON-FRI *'), v.rawCheck(checkCron)),
    timeZone: v.pipe(
      v.string('takes a name such as Europe/Berlin'),
      v.check(isTimeZone, 'is no time zone. Use a name such as Europe/Berlin or UTC'),
    ),
    ...scope,
  }),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed || dataset.issues !== undefined) return
    const skipped = skippedTime(readCron(dataset.value.cron), dataset.value.timeZone, Date.now())
    if (skipped === null) return
    const message = `is due at ${skipped} in ${dataset.value.timeZone}, which daylight saving skips: it would not fire. Choose an hour that always exists`
    addIssue({ message })
  }),
)

const period = v.pipe(
  v.number('takes seconds'),
  v.check(
    (seconds) => [10, 20, 30].includes(seconds) || (seconds >= 60 && seconds <= 86_400 && seconds % 60 === 0),
    'takes 10, 20, 30 or a multiple of 60 seconds',
  ),
)
const dimensions = v.optional(v.record(v.string(), v.string('takes text')), {})
const metric = {
  namespace: text('is no namespace', /^[^:]{1,255}$/, 'Copy it from CloudWatch'),
  metric: v.pipe(v.string('takes the name of a metric'), v.minLength(1, 'is empty')),
  dimensions,
}
const statistic = oneOf(['Average', 'Maximum', 'Minimum', 'SampleCount', 'Sum'])
const rule = {
  name,
  periodSeconds: v.optional(period, 60),
  threshold: v.number('takes a number'),
  comparison: oneOf([
    'GreaterThanOrEqualToThreshold',
    'GreaterThanThreshold',
    'LessThanThreshold',
    'LessThanOrEqualToThreshold',
  ]),
  datapointsToAlarm: v.optional(whole(1, 100), 1),
  evaluationPeriods: v.optional(whole(1, 100), 1),
  missingData: v.optional(oneOf(['missing', 'breaching', 'notBreaching', 'ignore']), 'missing'),
  ...scope,
}

const alarm = v.pipe(
  v.variant(
    'kind',
    [
      v.strictObject({ kind: v.literal('metric'), ...metric, statistic, ...rule }),
      v.strictObject({
        kind: v.literal('expression'),
        expression: v.pipe(v.string('takes metric math'), v.minLength(1, 'is empty')),
        metrics: v.record(
          text('is no id of a metric', /^[a-z][A-Za-z0-9_]*$/, 'Begin with a small letter'),
          v.strictObject({ ...metric, statistic }),
        ),
        ...rule,
      }),
      // Safe by construction: no data counts as 0, and 0 is below 1.
      v.strictObject({
        kind: v.literal('heartbeat'),
        ...metric,
        name,
        periodSeconds: v.optional(period, 10),
        missedPeriods: v.optional(whole(1, 100), 3),
        ...scope,
      }),
    ],
    'takes a kind: metric, expression or heartbeat',
  ),
  v.check(
    (one) => !('evaluationPeriods' in one) || one.datapointsToAlarm <= one.evaluationPeriods,
    'wants more datapointsToAlarm than evaluationPeriods',
  ),
)

/** The scopes of alarms travel in the function's environment, which holds 4 KB in all. */
const MOST_SCOPES = 3_000

function scopesLength(
  alarms: readonly { name: string; symbols?: string[] | undefined; reason?: string | undefined }[],
): number {
  return JSON.stringify(
    alarms.map(({ name, symbols, reason }) => (symbols || reason ? [name, symbols, reason] : null)),
  ).length
}

/** EventBridge Scheduler takes no longer ones. */
const MOST_SCHEDULE_NAME = 64

const config = v.pipe(
  v.strictObject({
    /**
     * The stack's name, and the prefix of every name that it gives. Without a part `pull`: the alarm `x` of a switch
     * `a-pull` would have the name that the alarm `pull-x` of a switch `a` has.
     */
    name: v.optional(
      text(
        'is no name',
        /^(?!.*-pull(-|$))[a-z][a-z0-9-]{1,30}$/,
        'Use small letters, digits and -, 31 at most, and no part pull',
      ),
      'kill-switch',
    ),
    /** Name or ARN of the secret, which is made out of band. */
    secret: text(
      'is no name or ARN of a secret',
      /^[\w/+=.@!:-]{1,512}$/,
      'Use the name that you gave it in Secrets Manager',
    ),
    /** Only for a secret that is encrypted with a key of your own. */
    secretKeyArn: v.optional(arn('kms')),
    /** Which roads to Kraken it takes; by default, those that the secret has a key for. */
    roads: v.optional(oneOf(['rest', 'unified', 'both'])),
    notify: v.optional(
      v.pipe(
        v.strictObject({
          emails: v.optional(
            v.array(v.pipe(v.string('takes an address'), v.email('is no e-mail address')), 'takes a list'),
            [],
          ),
          topicArn: v.optional(arn('sns')),
        }),
        v.check(
          ({ emails, topicArn }) => topicArn === undefined || emails.length === 0,
          'has both emails and a topicArn. Subscribe the addresses to that topic instead',
        ),
      ),
      {},
    ),
    schedules: v.optional(unique(v.array(schedule, 'takes a list')), []),
    alarms: v.optional(
      unique(
        v.pipe(
          v.array(alarm, 'takes a list'),
          v.maxLength(50, 'holds more than 50'),
          v.check(
            (all) => scopesLength(all) <= MOST_SCOPES,
            "holds more symbols and reasons than the function's environment has room for. Shorten the reasons",
          ),
        ),
      ),
      [],
    ),
    alarmsElsewhere: v.optional(
      v.strictObject({
        prefixes: v.optional(
          v.array(
            text('is no prefix of alarm names', /^[\w.-]{3,100}$/, 'Use 3 to 100 letters, digits, . - and _'),
            'takes a list',
          ),
          [],
        ),
        arns: v.optional(v.array(arn('cloudwatch'), 'takes a list'), []),
      }),
      {},
    ),
    api: v.optional(
      v.strictObject({
        enabled: v.optional(v.boolean('takes true or false'), true),
        jwt: v.optional(
          v.strictObject({
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
      v.strictObject({
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
        reservedConcurrency: v.optional(whole(2, 100)),
        permissionsBoundaryArn: v.optional(arn('iam')),
        /** A VPC with a NAT gateway and an Elastic IP, for a key with an IP allow-list: about $36 a month. */
        fixedEgress: v.optional(v.boolean('takes true or false'), false),
        settings: v.optional(
          v.strictObject({
            QUIET_PERIOD_MS: v.optional(whole(50, 10_000)),
            ATTEMPT_TIMEOUT_MS: v.optional(whole(100, 20_000)),
            SPARE_AFTER_MS: v.optional(whole(10, 20_000)),
            STALE_SCHEDULE_MS: v.optional(whole(60_000, 86_400_000)),
            KRAKEN_FUTURES_URL: v.optional(
              text(
                'is no address',
                /^https:\/\/\S+\/derivatives\/api\/v3$/,
                'End it with /derivatives/api/v3',
              ),
            ),
            KRAKEN_UNIFIED_URL: v.optional(
              text('is no address', /^wss:\/\/\S+\/v2\/private$/, 'End it with /v2/private'),
            ),
            KRAKEN_API_URL: v.optional(
              text('is no address', /^https:\/\/[^/\s]+\/?$/, 'Give the origin alone'),
            ),
          }),
          {},
        ),
      }),
      {},
    ),
  }),
  v.check(
    (all) => all.schedules.every(({ name }) => pullName(all, name).length <= MOST_SCHEDULE_NAME),
    `has a schedule whose name, with its prefix, is longer than the ${MOST_SCHEDULE_NAME} characters that AWS takes. Shorten it`,
  ),
)

/** What a person writes; what has a default may be left out. */
export type ConfigInput = v.InferInput<typeof config>
export type Config = v.InferOutput<typeof config>
export type ScheduleConfig = Config['schedules'][number]
export type AlarmConfig = Config['alarms'][number]

/**
 * The name that an alarm or schedule of the stack has in AWS. An alarm's event carries it, `*` for the last part permits
 * all of them, and nothing that watches the switch or checks it has such a name.
 */
export function pullName({ name }: { readonly name: string }, pull: string): string {
  return `${name}-pull-${pull}`
}

/** The configuration is not one to deploy. One line for each mistake: path, what is wrong, how to mend it. */
export class ConfigInvalid extends Error {
  override readonly name = 'ConfigInvalid'

  constructor(mistakes: readonly string[]) {
    super(`cdk.json is not right:\n${mistakes.map((mistake) => `  ${mistake}`).join('\n')}`)
  }
}

/** @throws ConfigInvalid naming every mistake */
export function readConfig(input: unknown): Config {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw new ConfigInvalid([
      'killSwitch is missing. Put the block "killSwitch": {"secret": "…"} into the context',
    ])
  }
  const read = v.safeParse(config, input)
  if (read.success) return read.output
  throw new ConfigInvalid(read.issues.map((issue) => describe(issue)))
}

function describe(issue: v.BaseIssue<unknown>): string {
  const path = ['killSwitch', v.getDotPath(issue)].filter((part) => part !== null).join('.')
  if (issue.expected === 'never')
    return `${path} is not a word that is known. Look at the README's list of settings`
  if (issue.received === 'undefined') return `${path} is missing`
  if (issue.message.startsWith('Invalid'))
    return `${path} is of the wrong type: ${issue.message.replace(/^Invalid \w+: /, '')}`
  return `${path} ${issue.message}`
}

function checkCron({ dataset, addIssue }: Parameters<Parameters<typeof v.rawCheck<string>>[0]>[0]): void {
  if (!dataset.typed) return
  try {
    readCron(dataset.value)
  } catch (error) {
    addIssue({ message: `"${dataset.value}" ${(error as Error).message}` })
  }
}

function isTimeZone(zone: string): boolean {
  try {
    localTimeIn(zone)
    return true
  } catch {
    return false
  }
}

function unique<T extends v.GenericSchema<unknown, { readonly name: string }[]>>(schema: T) {
  return v.pipe(
    schema,
    v.check((all) => new Set(all.map((one) => one.name)).size === all.length, 'holds a name twice'),
  )
}
