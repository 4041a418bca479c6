import type { Group } from '../../init/fleet/roster.ts'
import type { Heard } from './heard.ts'

/** Could a fleet of groups fire now? */
export interface WholeReadiness {
  /** Every group that was asked for is, and every other one could be invoked. */
  readonly ready: boolean
  readonly sentence: string
  /** How many were asked for. */
  readonly groups: number
  /** Under the name of the group that each is of. */
  readonly problems: readonly string[]
}

/** So many problems stand in the sentence; the log has all. */
const MOST_TOLD = 12

/**
 * One answer of those of all groups. Ready when every group that was asked for says so in full, and none is lost: a pull
 * would lose it, too. Pure.
 *
 * @param named of them, by name; undefined for all
 * @param isDeployed function and machine know the same groups
 */
export function wholeReadiness(
  groups: readonly Group[],
  { readiness, lost, doubts }: Heard,
  named: readonly string[] | undefined,
  isDeployed: boolean,
): WholeReadiness {
  const asked = groups.map(({ name }) => name).filter((name) => named?.includes(name) ?? true)
  const problemsOf = (name: string): readonly string[] => {
    const why = lost.get(name)
    if (why !== undefined) return [`it is lost (${why}).`]
    if (!asked.includes(name)) return []
    const own = readiness.filter(({ group }) => group === name)
    if (!own.some(({ ready }) => ready !== null)) return ['it was asked, and did not check.']
    return own.filter(({ ready }) => ready === false).map(({ sentence }) => sentence)
  }
  const ofGroups = groups.map(({ name }) => problemsOf(name).map((problem) => `${name}: ${problem}`))
  const others = isDeployed ? doubts : [NOT_DEPLOYED, ...doubts]
  const problems = [...ofGroups.flat(), ...others.map((doubt) => `${doubt}.`)]
  const notReady = groups.filter(({ name }, i) => asked.includes(name) && ofGroups[i]?.length !== 0).length
  const ready = problems.length === 0
  const sentence = ready
    ? `READY: ${asked.length < groups.length ? `${asked.length} of ${groups.length} groups, as asked, are.` : `all ${groups.length} groups are.`}`
    : `NOT READY: ${asked.length - notReady} of ${asked.length} groups are ready. ${problems.slice(0, MOST_TOLD).join(' ')}`
  return { ready, sentence, groups: asked.length, problems }
}

const NOT_DEPLOYED = 'function and state machine do not know the same groups: deploy the stack again'
