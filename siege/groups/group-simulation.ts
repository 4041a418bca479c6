import { fleetSentence } from '../../lambda/fleet/fleet-sentence.ts'
import { decideFleet, type Named } from '../../lambda/fleet/fleet-verdict.ts'
import { answerOfGroup, type GroupAnswer } from '../../lambda/fleet/groups/group-answer.ts'
import { hear } from '../../lambda/fleet/groups/heard.ts'
import { makeWholeReport, type WholeReport } from '../../lambda/fleet/groups/whole-report.ts'
import { decideWhole, type Whole } from '../../lambda/fleet/groups/whole-verdict.ts'
import type { Group } from '../../lambda/init/fleet/roster.ts'
import { withinRoster } from '../../lambda/triggers/accounts.ts'
import { readTrigger, standDownIfStale, type Trigger } from '../../lambda/triggers/trigger.ts'
import { type AccountRun, simulateFleet } from '../fleet-simulation.ts'
import type { GroupsPlan, PlannedGroup } from './group-plans.ts'
import { comesOf } from './mishaps.ts'

/** One group's part in a run. */
export interface GroupRun {
  readonly planned: PlannedGroup
  /** As the machine knows it. */
  readonly group: Group
  /** Every account that it swept, and how it ended; none where it did not fire. */
  readonly accounts: readonly AccountRun[]
  readonly ends: readonly Named[]
  /** Null where it never began. */
  readonly answer: GroupAnswer | null
  /** What came of it to the last task. */
  readonly came: readonly unknown[]
}

export interface GroupsRun {
  readonly plan: GroupsPlan
  readonly groups: readonly GroupRun[]
  /** By name, those that the event is about, whoever can read it. */
  readonly asked: readonly string[]
  readonly whole: Whole
  readonly report: WholeReport
  /** The verdict, had only these answers come. */
  readonly decide: (answers: readonly unknown[]) => Whole
}

const NOW = Date.parse('2026-12-01T12:00:00Z')
const STALE_SCHEDULE_MS = 900_000
const HOUR_MS = 3_600_000
const ROOM = 12_000

/** Runs every group's real sweeps in virtual time, and makes one verdict of what comes through as the last task does. */
export async function simulateGroups(plan: GroupsPlan): Promise<GroupsRun> {
  const groups = plan.groups.map(({ fleet }, g) => ({
    name: `g${g}`,
    secret: `kill-switch/g${g}`,
    accounts: fleet.accounts.map((_, a) => `g${g}-a${a}`),
  }))
  const names = groups.flatMap(({ accounts }) => accounts)
  const event = eventOf(plan, groups)
  const runs: GroupRun[] = []
  for (const [g, planned] of plan.groups.entries()) {
    const group = groups[g]
    if (group !== undefined) runs.push(await runGroup(planned, group, groups, event))
  }
  const own = groups.map(({ name }) => name)
  // As the last task does: each group has looked at the clock, when it mattered.
  const trigger = withinRoster(readTrigger(event, 'siege'), {
    own: names,
    fleet: names,
    groups: { own, fleet: own },
  })
  const heardOf = (answers: readonly unknown[]) => hear(groups, JSON.parse(JSON.stringify(answers)))
  const decide = (answers: readonly unknown[]) =>
    decideWhole(groups, trigger, heardOf(answers), plan.isDeployed)
  const answers = runs.flatMap(({ came }) => came)
  const whole = decide(answers)
  const heard = heardOf(answers)
  const report = makeWholeReport({ whole, heard, groups, trigger, ...TIMES, holdMachineArn: null })
  return { plan, groups: runs, asked: askedOf(plan, groups), whole, report, decide }
}

const TIMES = { startedAt: NOW, endedAt: NOW + 2_000 }

/** As a group does. */
function readAs(event: unknown, rosters: Parameters<typeof withinRoster>[1]): Trigger {
  return withinRoster(standDownIfStale(readTrigger(event, 'siege'), NOW, STALE_SCHEDULE_MS), rosters)
}

/** By the plan, not by what the function makes of the event. */
function askedOf({ asked }: GroupsPlan, groups: readonly Group[]): readonly string[] {
  const names = groups.flatMap(({ accounts }) => accounts)
  if (asked === 'all') return names
  if ('group' in asked) return groups[asked.group % groups.length]?.accounts ?? []
  const named = new Set(asked.accounts.map((i) => names[i % names.length]))
  return names.filter((name) => named.has(name))
}

function eventOf(plan: GroupsPlan, groups: readonly Group[]): object {
  const { asked, event } = plan
  if (event === 'a name that is not there') return { accounts: ['typo'] }
  const wanted =
    asked === 'all'
      ? {}
      : 'group' in asked
        ? { group: groups[asked.group % groups.length]?.name }
        : { accounts: askedOf(plan, groups) }
  if (event === 'a pull') return wanted
  return { schedule: { name: 'close', scheduledTime: new Date(NOW - HOUR_MS).toISOString() }, ...wanted }
}

async function runGroup(
  planned: PlannedGroup,
  group: Group,
  groups: readonly Group[],
  event: object,
): Promise<GroupRun> {
  const { mishap } = planned
  const others = groups.map(({ name }) => name).filter((name) => name !== group.name)
  const idle = { planned, group, accounts: [], ends: [] }
  if (mishap?.do === 'be throttled')
    return { ...idle, answer: null, came: comesOf(group.name, null, mishap, others) }
  const { fleet, roster } = deployed(planned, group)
  const { action } = readAs(event, {
    own: roster,
    fleet: groups.flatMap(({ accounts }) => accounts),
    groups: { own: [group.name], fleet: groups.map(({ name }) => name) },
  })
  const asked =
    mishap?.do === 'fire unasked' ? roster : action.do === 'fire' ? (action.accounts ?? roster) : []
  const isFiring = asked.length > 0 && mishap?.do !== 'not fire'
  const run = isFiring ? await simulateFleet(fleet, roster, asked) : null
  const ends = run?.ends ?? []
  const strangers =
    isFiring && mishap?.do === 'have a stranger in its secret' ? [`${group.name}-stranger`] : []
  const differences = { missing: [], strangers, unnamed: 0, twins: [] }
  const verdict = isFiring
    ? decideFleet(asked, ends, differences, asked.length === roster.length)
    : notFired(planned, action)
  const answers = ends
  const sentence = fleetSentence({ verdict, roster, asked, answers, differences, scope: null })
  const keys = isFiring ? keysOf(planned, roster, groups[groups.indexOf(group) - 1]) : []
  const mostBytes = mishap?.do === 'have little room' ? mishap.mostBytes : ROOM
  const answer = answerOfGroup({ group: group.name, sentence, verdict, ends, differences, keys }, mostBytes)
  const accounts = (run?.accounts ?? []).filter(({ name }) => asked.includes(name))
  return { planned, group, accounts, ends, answer, came: comesOf(group.name, answer, mishap, others) }
}

/** The roster that the function sweeps, with its accounts. */
function deployed({ fleet, mishap }: PlannedGroup, { name, accounts }: Group) {
  const [first] = fleet.accounts
  if (mishap?.do !== 'have another roster' || first === undefined) return { fleet, roster: accounts }
  if (mishap.how === 'one account more')
    return {
      fleet: { ...fleet, accounts: [...fleet.accounts, first] },
      roster: [...accounts, `${name}-more`],
    }
  return { fleet: { ...fleet, accounts: fleet.accounts.slice(0, -1) }, roster: accounts.slice(0, -1) }
}

function notFired({ mishap }: PlannedGroup, action: Trigger['action']) {
  const why = 'why' in action ? action.why : 'of a reason of its own'
  const isRefusal = mishap?.do === 'not fire' ? mishap.isRefused : action.do === 'refuse'
  return { kind: 'NOT_FIRED', why, isRefusal } as const
}

function keysOf({ mishap }: PlannedGroup, roster: readonly string[], before: Group | undefined) {
  const [first] = before?.accounts ?? []
  const isShared = mishap?.do === 'share a key' && first !== undefined
  return roster.map((name, i) => [`key-of-${i === 0 && isShared ? first : name}`])
}
