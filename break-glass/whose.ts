import { systemClock } from '../lambda/clock.ts'
import { AccountInvalid, asKnown, InputRefused } from '../lambda/errors.ts'
import { Credentials, roadsWithKeys } from '../lambda/init/credentials.ts'
import { accountNames, accountPart, FleetSecret, readAccountKeys } from '../lambda/init/fleet/fleet-secret.ts'
import { MOST_ACCOUNTS } from '../lambda/init/fleet/roster.ts'
import { fieldsIn } from '../lambda/init/secret-shape.ts'
import type { Settings } from '../lambda/init/settings.ts'
import type { RoadName } from '../lambda/kraken/exchange.ts'

/** The keys of one account. */
interface OneAccount {
  /** As a secret of its own. */
  readonly text: string
  /** The roads to take. */
  readonly roads: readonly RoadName[]
}

/** The keys of several accounts, each for itself. */
export interface SomeAccounts {
  /** Of the whole file. */
  readonly text: string
  /** All that the file names. */
  readonly roster: readonly string[]
  /** Those that are pressed for. */
  readonly asked: readonly string[]
  /** Null where each takes the roads that there are keys for. */
  readonly roads: readonly RoadName[] | null
  /** Of the whole file: its text has been read. */
  readonly secret: FleetSecret
  /** Of which there are no keys to press with: why, a sentence each. */
  readonly unreadable: readonly string[]
}

/**
 * The keys in a text: of one account, where it holds no more or one of them is named; of several otherwise.
 *
 * @param named accounts, each once; none for all
 * @throws SecretInvalid or AccountInvalid where nobody's keys can be read, or an account is not there; InputRefused where
 * there are too many accounts
 */
export async function whoseKeys(
  text: string,
  named: readonly string[],
  settings: Settings,
): Promise<OneAccount | SomeAccounts> {
  const [only, ...others] = named
  const isFleet = Object.hasOwn(fieldsIn(text) ?? {}, 'accounts')
  if (others.length > 0 || (only === undefined && isFleet)) return someOf(text, named, settings)
  const own = only === undefined ? text : accountPart(text, only)
  return { text: own, roads: await roadsOf(new Credentials(async () => own), settings) }
}

async function someOf(text: string, named: readonly string[], settings: Settings): Promise<SomeAccounts> {
  const roster = accountNames(text)
  const unknown = named.filter((name) => !roster.includes(name))
  if (unknown.length > 0) throw new AccountInvalid(`it has no account ${unknown.join(', ')}`)
  const asked = named.length === 0 ? roster : roster.filter((name) => named.includes(name))
  refuseUnlessFew(asked)
  const reads = await Promise.allSettled(
    asked.map((name) => {
      const read = (all: string) => readAccountKeys(all, name)
      return roadsOf(new Credentials(async () => text, systemClock, read), settings)
    }),
  )
  const roads = reads.flatMap((read) => (read.status === 'fulfilled' ? [read.value] : []))
  const reasons = reads.flatMap((read, i) =>
    read.status === 'rejected' ? [{ name: asked[i], error: asKnown(read.reason) }] : [],
  )
  if (roads.length === 0) throw reasons[0]?.error
  const unreadable = reasons.map(
    ({ name, error }) => `NO KEYS of ${name}, which will be FAILED: ${error.message}.`,
  )
  const secret = new FleetSecret(async () => text, roster)
  await secret.text()
  return { text, roster, asked, roads: sameOf(roads), secret, unreadable }
}

function refuseUnlessFew(asked: readonly string[]): void {
  if (asked.length === 0) {
    throw new AccountInvalid('accounts has no name of an account: lower-case letters, digits and hyphens')
  }
  if (asked.length <= MOST_ACCOUNTS) return
  throw new InputRefused(
    `these are ${asked.length} accounts, and Kraken allows ${MOST_ACCOUNTS} at once. Name so many by --account, and press for the others after 10 s`,
  )
}

/** What all of them have; null where they differ. */
function sameOf(all: readonly (readonly RoadName[])[]): readonly RoadName[] | null {
  const [first = null] = all
  return all.every((roads) => roads.join() === first?.join()) ? first : null
}

/** The roads to take. @throws SecretInvalid when there is no key for any of them */
async function roadsOf(credentials: Credentials, { roads }: Settings): Promise<readonly RoadName[]> {
  const wanted = roads ?? roadsWithKeys(await credentials.current())
  const keys = wanted.map((road) => credentials.of(road).current())
  await Promise.any(keys).catch(({ errors: [first] }: AggregateError) => {
    throw first
  })
  return wanted
}
