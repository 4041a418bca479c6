import * as v from 'valibot'
import { isObject } from '../lambda/json.ts'
import { alarms } from './alarm-config.ts'
import { foreignRegions, keyArn, policyArn, topicArn } from './arn.ts'
import { environmentFault } from './environment.ts'
import { block, cross, eachOnce, oneOf, text, whole } from './field.ts'
import { functionSettings, httpProofFault, link, proofFault } from './function-settings.ts'
import { concurrencyFault, hold, keepShutFault, lapFault, nextSessionFault } from './hold-config.ts'
import { mistakesIn } from './mistake.ts'
import { alarmsElsewhere, policyFault } from './permissions.ts'
import { scheduleNamesFault, schedules } from './schedule-config.ts'
import { secretFault } from './secret-id.ts'

export { pullName } from './pull-name.ts'

/*
 * The block `killSwitch` of cdk.json. Every mistake is named with its path and its fix; unknown settings are mistakes.
 */

/** What the size of the environment depends on. */
const ENVIRONMENT_READS = [
  ...['name', 'secret', 'roads', 'hold', 'function.settings'],
  ...['topicArn', 'chat', 'runbookUrl'].map((field) => `notify.${field}`),
  ...['kind', 'name', 'symbols', 'reason'].map((field) => `alarms.$.${field}`),
]

/** What the end of a hold, and the beginning of the next session, depend on. */
const NEXT_SESSION_READS = [
  ...['hold', 'function.settings.STALE_SCHEDULE_MS'],
  ...['name', 'cron', 'keepShut'].map((field) => `schedules.$.${field}`),
]

const config = v.pipe(
  block({
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
    secret: v.pipe(
      v.string(String(secretFault(''))),
      cross([], (secret) => secretFault(secret)),
    ),
    /** Only for a secret that is encrypted with a key of your own. */
    secretKeyArn: v.optional(keyArn),
    /** Which roads to Kraken it takes; by default, those that the secret has a key for. */
    roads: v.optional(oneOf(['rest', 'unified', 'both'])),
    notify: v.optional(
      v.pipe(
        block({
          emails: eachOnce(v.pipe(v.string('takes an address'), v.email('is no e-mail address'))),
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
        reservedConcurrency: v.optional(whole(2, 100)),
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
  cross(['hold', 'function.reservedConcurrency'], (all) => concurrencyFault(all), 'function'),
  cross(ENVIRONMENT_READS, (all) => environmentFault(all)),
  cross(['function.timeoutSeconds', 'function.settings'], (all) => proofFault(all), 'function'),
  cross(['api.enabled', 'function.settings'], (all) => httpProofFault(all), 'function'),
  cross(
    ['name', 'alarms.length', 'alarmsElsewhere', 'api.enabled'],
    (all) => policyFault(all),
    'alarmsElsewhere',
  ),
)

/** What a person writes; what has a default may be left out. */
export type ConfigInput = v.InferInput<typeof config>
export type Config = v.InferOutput<typeof config>
export type ScheduleConfig = Config['schedules'][number]
export type AlarmConfig = Config['alarms'][number]

/** The configuration is not one to deploy. One line for each mistake: path, what is wrong, how to fix it. */
export class ConfigInvalid extends Error {
  override readonly name = 'ConfigInvalid'

  constructor(mistakes: readonly string[]) {
    super(`cdk.json is not right:\n${mistakes.map((mistake) => `  ${mistake}`).join('\n')}`)
  }
}

/**
 * @param region of the stack, where it is known: then nothing may name another
 * @throws ConfigInvalid naming every mistake
 */
export function readConfig(input: unknown, region?: string): Config {
  if (!isObject(input)) {
    throw new ConfigInvalid([
      'killSwitch is missing. Put the block "killSwitch": {"secret": "…"} into the context',
    ])
  }
  const read = v.safeParse(config, input)
  const elsewhere = foreignRegions(input, region)
  if (read.success && elsewhere.length === 0) return read.output
  throw new ConfigInvalid([...mistakesIn(read.issues ?? []), ...elsewhere])
}
