import { isObject } from '../lambda/json.ts'
import { readArn } from './arn.ts'
import type { Home } from './config.ts'
import { isToken } from './field.ts'

/** Something that the settings name, and where it is. */
interface Placed {
  readonly path: string
  readonly region: string | undefined
  /** Where it matters; an alarm may be of another account. */
  readonly account?: string | undefined
}

/**
 * What is of another region than the stack's, or a topic of another account. The function asks for its secret, publishes
 * to its topic and is invoked by alarms in its own region alone.
 *
 * @param config as it was written, right or not
 * @param home of the stack; its region unknown, all have to be of the same one
 * @param root what every path begins with
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html (an action of another
 * region is refused with "Invalid region … specified. Only … is supported")
 */
export function foreign(config: unknown, home: Home, root: string): string[] {
  const placed = [...byArn(config), ...byConstruct(config)].filter(({ region }) => region !== undefined)
  const [first] = placed
  const region = home.region ?? first?.region
  const where =
    home.region === undefined ? `${root}.${first?.path} is in ${region}` : `the stack is in ${region}`
  const away = placed
    .filter((one) => one.region !== region)
    .map((one) => `${root}.${one.path} is in ${one.region}, but ${where}. Use one of the stack's own region`)
  return [...away, ...ofOtherAccount([...placed], home.account, root)]
}

function ofOtherAccount(placed: readonly Placed[], home: string | undefined, root: string): string[] {
  return placed
    .filter(({ account }) => home !== undefined && account !== undefined && account !== home)
    .map(
      ({ path, account }) =>
        `${root}.${path} is of account ${account}, but the stack of ${home}: only that account could let it publish. Use a topic of the stack's own account, and subscribe the other to it`,
    )
}

function byArn(config: unknown): Placed[] {
  // biome-ignore lint/suspicious/noExplicitAny: it may be anything at all that a person writes
  const { secret, secretKeyArn, notify, alarmsElsewhere } = config as any
  const alarms = Array.isArray(alarmsElsewhere?.arns) ? (alarmsElsewhere.arns as unknown[]) : []
  const named: [string, unknown][] = [
    ['secret', secret],
    ['secretKeyArn', secretKeyArn],
    ['notify.topicArn', notify?.topicArn],
    ...alarms.map((arn, i): [string, unknown] => [`alarmsElsewhere.arns.${i}`, arn]),
  ]
  return named.flatMap(([path, value]) => {
    const arn = typeof value === 'string' && !isToken(value) ? readArn(value) : null
    return arn === null || arn.region === '' ? [] : [{ path, region: arn.region }]
  })
}

function byConstruct(config: unknown): Placed[] {
  const given = config as Readonly<Record<string, unknown>>
  return ['secret', 'secretKey', 'topic', 'topicKey', 'vpc'].flatMap((path) => {
    const one = given[path]
    if (!isObject(one) || !isObject(one.env)) return []
    const { region, account } = one.env
    return [{ path, region: known(region), ...(path === 'topic' ? { account: known(account) } : {}) }]
  })
}

/** In plain text; undefined for what only the deployment knows. */
function known(value: unknown): string | undefined {
  return typeof value === 'string' && !isToken(value) ? value : undefined
}
