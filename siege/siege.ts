import { huntFleets } from './fleet-hunt.ts'
import { FLEET_ORACLES, type FleetOracle } from './fleet-oracles.ts'
import { huntGroups } from './groups/group-hunt.ts'
import { GROUP_ORACLES, type GroupOracle } from './groups/group-oracles.ts'
import { type Found, hunt, tryPlanOf } from './hunt.ts'
import { type Options, readOptions, USAGE } from './options.ts'
import { ORACLES, type Oracle } from './oracles.ts'
import { tell } from './story.ts'

const options = optionsOrStop()
if (options.help) console.log(USAGE)
else process.exitCode = await run()

function run(): Promise<number> {
  if (options.fleets !== undefined) return besiegeFleets(options.fleets)
  if (options.groups !== undefined) return besiegeGroups(options.groups)
  return options.seed === undefined ? besiege() : replay(options.seed)
}

function optionsOrStop(): Options {
  try {
    return readOptions(process.argv.slice(2))
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`)
    return process.exit(2)
  }
}

async function besiege(): Promise<number> {
  Error.stackTraceLimit = 0 // a tenth of the time, and nobody reads them; `--seed` has them
  const { from, seeds } = options
  const startedAt = performance.now()
  const hunted = await hunt(from, seeds)
  const seconds = (performance.now() - startedAt) / 1_000
  if (hunted.found !== null) {
    showCounterexample(hunted.found)
    return 1
  }
  console.log(
    `${count(seeds)} plans in ${seconds.toFixed(1)} s (${count(Math.round(seeds / seconds))} a second): no counterexample.\n`,
  )
  console.log(`Verdicts: ${list(hunted.verdicts)}.`)
  console.log(`Holds: ${count(hunted.holds)}, of ${count(hunted.laps)} laps.\n`)
  console.log('So often each promise could have been broken:')
  for (const [oracle, what] of Object.entries(ORACLES)) {
    console.log(
      `  ${oracle.padEnd(4)} ${count(hunted.exercised.get(oracle as Oracle) ?? 0).padStart(9)}  ${what}`,
    )
  }
  console.log('\nSo many plans had each fault:')
  for (const [fault, plans] of [...hunted.faults].toSorted())
    console.log(`  ${count(plans).padStart(9)}  ${fault}`)
  const idle = Object.keys(ORACLES).filter((oracle) => !hunted.exercised.has(oracle as Oracle))
  if (idle.length > 0) console.log(`\nNot tested with so few plans: ${idle.join(', ')}.`)
  return 0
}

async function besiegeFleets(fleets: number): Promise<number> {
  const { found, verdicts, exercised, accounts } = await huntFleets(options.from, fleets)
  if (found !== null) {
    for (const { oracle, what } of found.violations)
      console.log(`${oracle} IS BROKEN: ${what}. (${FLEET_ORACLES[oracle]})`)
    for (const { name, fate, run } of found.run.accounts)
      console.log(`\n${name} (${fate})\n${run.pulls.length === 0 ? 'no pull' : tell(run)}`)
    console.log(`\nnpm run siege -- --fleets 1 --from ${found.seed}   runs it again.`)
    return 1
  }
  console.log(`${count(fleets)} fleets of ${count(accounts)} accounts: no counterexample.\n`)
  console.log(`Verdicts: ${list(verdicts)}.\n\nSo often each promise could have been broken:`)
  for (const [oracle, what] of Object.entries(FLEET_ORACLES))
    console.log(`  ${oracle}  ${count(exercised.get(oracle as FleetOracle) ?? 0).padStart(9)}  ${what}`)
  return 0
}

async function besiegeGroups(fleets: number): Promise<number> {
  const { found, verdicts, exercised, mishaps, groups, accounts } = await huntGroups(options.from, fleets)
  if (found !== null) {
    const { seed, run, violations } = found
    for (const { oracle, what } of violations)
      console.log(`${oracle} IS BROKEN: ${what}. (${GROUP_ORACLES[oracle]})`)
    console.log(`\n${JSON.stringify(run.plan.event)}, of ${run.asked.join(', ')}`)
    for (const { group, planned, came } of run.groups) {
      const { name, accounts: roster } = group
      console.log(`\n${name}, ${roster.join(', ')}: ${JSON.stringify(planned.mishap)}`)
      for (const one of came) console.log(`  ${JSON.stringify(one)}`)
    }
    console.log(`\n${[run.report.sentence, ...run.report.warnings].join('\n')}`)
    console.log(`\nnpm run siege -- --groups 1 --from ${seed}   runs it again.`)
    return 1
  }
  console.log(
    `${count(fleets)} fleets of ${count(groups)} groups and ${count(accounts)} accounts: no counterexample.\n`,
  )
  console.log(`Verdicts: ${list(verdicts)}.\n\nSo often each promise could have been broken:`)
  for (const [oracle, what] of Object.entries(GROUP_ORACLES))
    console.log(`  ${oracle}  ${count(exercised.get(oracle as GroupOracle) ?? 0).padStart(9)}  ${what}`)
  console.log('\nSo many groups had each mishap:')
  for (const [mishap, n] of [...mishaps].toSorted()) console.log(`  ${count(n).padStart(9)}  ${mishap}`)
  return 0
}

async function replay(seed: number): Promise<number> {
  const { run, violations } = await tryPlanOf(seed)
  console.log(tell(run))
  for (const { oracle, what } of violations)
    console.log(`\n${oracle} IS BROKEN: ${what}. (${ORACLES[oracle]})`)
  return violations.length === 0 ? 0 : 1
}

function showCounterexample({ seed, run, violations }: Found): void {
  for (const { oracle, what } of violations) console.log(`${oracle} IS BROKEN: ${what}. (${ORACLES[oracle]})`)
  console.log(
    `\n${tell(run)}\n\nnpm run siege -- --seed ${seed}   tells the plan as it was before it was made smaller.`,
  )
}

function list(counts: ReadonlyMap<string, number>): string {
  return [...counts]
    .toSorted(([, a], [, b]) => b - a)
    .map(([name, n]) => `${name} ${count(n)}`)
    .join(', ')
}

function count(n: number): string {
  return n.toLocaleString('en')
}
