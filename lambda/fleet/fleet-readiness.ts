import { check } from '../check.ts'
import type { ArmedFleet } from '../init/fleet/arm-fleet.ts'
import { type Environment, environment, type Settings } from '../init/settings.ts'
import type { ReadinessReport } from '../readiness/readiness.ts'
import type { Invocation } from '../report/report.ts'
import { orders } from '../report/sentence.ts'
import { type ShownAttempt, showAttempts } from '../report/shown.ts'
import { differenceSentences, underNames } from './fleet-sentence.ts'

/** Could this very function fire now, on every account of its roster? */
export interface FleetReadiness {
  /** Every account is, and the secret holds what the roster names and no more. */
  readonly ready: boolean
  readonly sentence: string
  /** Under the name of the account that each is of. */
  readonly problems: readonly string[]
  readonly warnings: readonly string[]
  readonly group: string | null
  readonly accounts: Readonly<Record<string, ReadinessReport>>
  /** Of what they share: the secret. */
  readonly attempts: readonly ShownAttempt[]
}

/**
 * Checks every account at once, each for itself. Cancels nothing, never throws.
 *
 * @param warningsOf as `check` takes it
 */
export async function checkFleet(
  fleet: ArmedFleet,
  group: string | null,
  invocation: Invocation,
  deadlineAt: number,
  warningsOf: (env: Environment, settings: Settings) => readonly string[],
): Promise<FleetReadiness> {
  const checked = await Promise.all(
    [...fleet.accounts].map(async ([account, armed]) => {
      const report = await check(armed, invocation, deadlineAt, () => [])
      return [account, report] as const
    }),
  )
  const { differences } = fleet.secret
  const problems = [
    ...differenceSentences(differences),
    ...underNames(
      fleet.roster,
      checked.map(([account, { problems }]) => [account, problems]),
    ),
    ...sameAccount(checked),
  ]
  const warnings = [
    ...warningsOf(environment(), fleet.settings),
    ...underNames(
      fleet.roster,
      checked.map(([account, { warnings }]) => [account, warnings]),
    ),
  ]
  return {
    ready: problems.length === 0,
    sentence: sentenceOf(checked, problems),
    problems,
    warnings,
    group,
    accounts: Object.fromEntries(checked),
    attempts: showAttempts(fleet.takeAttempts(), invocation.startedAt),
  }
}

type Checked = readonly (readonly [account: string, report: ReadinessReport])[]

function sentenceOf(checked: Checked, problems: readonly string[]): string {
  const ready = checked.filter(([, report]) => report.ready).length
  if (problems.length > 0) {
    return `NOT READY: ${ready} of ${checked.length} accounts are ready. ${problems[0]}`
  }
  const open = checked.map(([, { roads }]) => Math.max(...roads.map(({ openOrders }) => Number(openOrders))))
  const total = open.reduce((sum, count) => sum + count, 0)
  return `READY: on all ${checked.length} accounts the keys may cancel, and the books can be read (${orders(total)} open).`
}

/** Two keys of one account would both empty its book, and none another's. */
function sameAccount(checked: Checked): readonly string[] {
  const byUid = new Map<string, string[]>()
  for (const [account, { roads }] of checked) {
    for (const uid of new Set(roads.flatMap(({ key }) => key?.accountUid ?? [])))
      byUid.set(uid, [...(byUid.get(uid) ?? []), account])
  }
  return [...byUid.values()]
    .filter((names) => names.length > 1)
    .map(
      (names) =>
        `SAME ACCOUNT: the keys of ${names.join(' and ')} are of one account of Kraken's, so that the others are not swept. Make each key in its own subaccount.`,
    )
}
