import { execFileSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { type Conditions, type Lives, measureArrivals, measureRoads, type RoadsSetting } from './arrivals.ts'
import { buildContestants } from './contestants.ts'
import { CpuShare, LAMBDA_SHARE } from './cpu-share.ts'
import { FATES, type Fate, measureDeadConnection } from './dead-connections.ts'
import { measureFleet } from './fleet/fleet.ts'
import { fleetPage } from './fleet/page.ts'
import { HELD_OVER, type Held, type HeldOver, measureHold } from './hold.ts'
import { type KeepRun, measureKeep } from './keeps.ts'
import { measureLaptop } from './laptop.ts'
import type { Measured } from './measured.ts'
import { type Options, readOptions, USAGE } from './options.ts'
import { drawArrivals } from './picture.ts'
import { measureReplies } from './replies.ts'
import { holdSection, keepSection, laptopSection, resultsPage } from './results.ts'
import { measureSymbols, type SymbolArrivals } from './symbols.ts'
import { UpstreamProcess } from './upstream-process.ts'
import { measureVerdicts } from './verdicts.ts'

const HERE = new URL('.', import.meta.url).pathname

const { quick, only } = optionsOrStop()
const times = quick
  ? {
      cold: 4,
      roads: 2,
      laptop: 5,
      laps: 2,
      keeps: 1,
      warm: 2,
      verdicts: 4,
      replies: 3,
      dead: 1,
      symbols: [1, 5, 19],
      symbolRuns: 1,
    }
  : {
      cold: 25,
      roads: 60,
      laptop: 25,
      laps: 5,
      keeps: 7,
      warm: 3,
      verdicts: 8,
      replies: 15,
      dead: 7,
      symbols: [1, 2, 5, 9, 10, 15, 19, 20],
      symbolRuns: 5,
    }

installPeers()
await buildContestants()
const upstreams = new UpstreamProcess()
const share = CpuShare.make(LAMBDA_SHARE)
try {
  if (only === 'laptop') console.log(laptopSection({ laptop: await measureLaptops() }).join('\n\n'))
  else if (only === 'hold') console.log(holdSection({ hold: await measureHolds() }).join('\n\n'))
  else if (only === 'keeps') console.log(keepSection({ keeps: await measureKeeps() }).join('\n\n'))
  else if (only === 'fleet') await measureFleetAndWrite()
  else await measureAndWrite()
} finally {
  upstreams.close()
  share?.remove()
}

async function measureAndWrite(): Promise<void> {
  const measured = await measureAll()
  const page = resultsPage(measured)
  console.log(page)
  if (!quick) {
    writeFileSync(`${HERE}RESULTS.md`, page)
    writeFileSync(`${HERE}arrivals.svg`, drawArrivals(measured))
  }
}

async function measureFleetAndWrite(): Promise<void> {
  const page = fleetPage(await measureFleet(share, quick))
  console.log(page)
  if (!quick) writeFileSync(`${HERE}fleet/RESULTS.md`, page)
}

function optionsOrStop(): Options {
  try {
    const options = readOptions(process.argv.slice(2))
    if (!options.help) return options
    console.log(USAGE)
    return process.exit(0)
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`)
    return process.exit(2)
  }
}

/** What is measured against is no dependency of the project. */
function installPeers(): void {
  if (existsSync(`${HERE}node_modules/ccxt`)) return
  console.error('Installing what is measured against ...')
  execFileSync('npm', ['ci', '--prefix', HERE, '--ignore-scripts', '--no-audit', '--no-fund'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}

async function measureHolds(): Promise<Measured['hold']> {
  const held: [HeldOver, Held][] = []
  for (const road of HELD_OVER) {
    console.error(`a hold over ${road} ...`)
    held.push([road, await measureHold(upstreams, road, times.laps)])
  }
  return Object.fromEntries(held) as Measured['hold']
}

async function measureLaptops(): Promise<Measured['laptop']> {
  const laptops: { title: string; arrivals: Measured['laptop'][number]['arrivals'] }[] = []
  for (const roundTripMs of [0, 20]) {
    console.error(`from a laptop, ${roundTripMs} ms ...`)
    const arrivals = await measureLaptop(upstreams, roundTripMs, times.laptop)
    laptops.push({ title: `${roundTripMs} ms`, arrivals })
  }
  return laptops
}

async function measureKeeps(): Promise<Measured['keeps']> {
  const measured: { run: KeepRun; arrivals: Measured['keeps'][number]['arrivals'][number][] }[] = []
  for (const orders of quick ? [37, 500] : [37, 500, 5_000]) {
    for (const roads of ['rest', 'unified', 'both'] as const) {
      for (const isKept of [false, true]) {
        const run = { orders, roads, keeps: isKept }
        console.error(`keep the stops, ${JSON.stringify(run)} ...`)
        const arrivals = []
        // What waits for budgets of ten seconds is told by one run.
        const runs = isKept && roads === 'rest' && orders > 37 ? 1 : times.keeps
        for (let i = 0; i < runs; i++) arrivals.push(await measureKeep(upstreams, run))
        measured.push({ run, arrivals })
      }
    }
  }
  return measured
}

async function measureAll(): Promise<Measured> {
  const near = { krakenRoundTripMs: 0, secretsRoundTripMs: 0 }
  const usual = { krakenRoundTripMs: 20, secretsRoundTripMs: 10 }
  if (share === null)
    console.error('Control groups cannot be used here: nothing is measured at a share of a CPU.')
  const conditions: [string, Conditions][] = [
    ['0/0 ms, full CPU', { ...near, share: null }],
    ['20/10 ms, full CPU', { ...usual, share: null }],
  ]
  if (share !== null) conditions.push([`20/10 ms, ${LAMBDA_SHARE} CPU after init`, { ...usual, share }])
  const arrivals: { title: string; lives: Lives }[] = []
  const roads: { title: string; lives: Lives<RoadsSetting> }[] = []
  for (const [title, condition] of conditions) {
    console.error(`${title} ...`)
    arrivals.push({ title, lives: await measureArrivals(upstreams, condition, times.cold, times.warm) })
  }
  for (const [title, condition] of conditions.slice(1)) {
    console.error(`${title}, either road and both ...`)
    roads.push({ title, lives: await measureRoads(upstreams, condition, times.roads, times.warm) })
  }
  const laptop = await measureLaptops()
  const hold = await measureHolds()
  const keeps = await measureKeeps()
  console.error('verdicts ...')
  const verdicts = await measureVerdicts(upstreams, times.verdicts)
  console.error('replies ...')
  const replies = await measureReplies([0, 100, 1_000, 10_000, 50_000], times.replies)
  console.error('dead connections ...')
  const dead = new Map<Fate, { one: number[]; several: number[] }>()
  for (let i = 0; i < times.dead; i++) {
    for (const fate of FATES) {
      const of = dead.get(fate) ?? { one: [], several: [] }
      of.one.push(await measureDeadConnection(upstreams, fate, false))
      of.several.push(await measureDeadConnection(upstreams, fate, true))
      dead.set(fate, of)
    }
  }
  console.error('symbols ...')
  const symbols = new Map<number, SymbolArrivals[]>()
  for (const count of times.symbols) {
    const runs: SymbolArrivals[] = []
    for (let i = 0; i < times.symbolRuns; i++) runs.push(await measureSymbols(upstreams, count))
    symbols.set(count, runs)
  }
  return { quick, arrivals, roads, hold, laptop, keeps, verdicts, replies, dead, symbols }
}
