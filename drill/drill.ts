import { styleText } from 'node:util'
import { drawTimeline, LEGEND } from '../break-glass/timeline.ts'
import type { Report } from '../lambda/report/report.ts'
import { ALARM_NAME } from './events.ts'
import { FAULTS, NAMED_BY_PATTERN } from './faults.ts'
import { fleetRounds, type PlayedFleet, playFleet } from './fleet-round.ts'
import { type PlayedGroups, playGroups } from './groups-round.ts'
import { type PlayedHold, playHold } from './hold-round.ts'
import { KEEP_FAULTS } from './keep-faults.ts'
import { Laptop } from './laptop.ts'
import { type Options, readOptions, USAGE } from './options.ts'
import { refuseOtherFile, writePage } from './page.ts'
import type { Played } from './played.ts'
import { allRounds, faultRound, type Round } from './rounds.ts'
import type { InvocationResult, LambdaRuntime } from './runtime.ts'
import { Stage } from './stage.ts'
import { TIMER_FAULTS } from './timer-faults.ts'
import { UNIFIED_FAULTS } from './unified-faults.ts'

/** Of the hold's round, where nothing else is asked for. */
const USUAL_BOT_SECONDS = 2

const options = await optionsOrStop()
if (options.help) console.log(USAGE)
else if (options.list) list()
else if (options.fleet !== undefined) process.exitCode = await drillGroups(options.fleet)
else process.exitCode = options.accounts === undefined ? await drill() : await drillFleet(options.accounts)

async function optionsOrStop(): Promise<Options> {
  try {
    const options = readOptions(process.argv.slice(2))
    if (options.page !== undefined) await refuseOtherFile(options.page)
    return options
  } catch (error) {
    console.error(`${(error as Error).message}.\n\n${USAGE}`)
    return process.exit(2)
  }
}

function list(): void {
  const faults = [...FAULTS, ...NAMED_BY_PATTERN, ...UNIFIED_FAULTS, ...TIMER_FAULTS, ...KEEP_FAULTS]
  if (options.json) {
    console.log(JSON.stringify(faults, ['name', 'about', 'verdicts', 'roads'], 2))
    return
  }
  const width = Math.max(...faults.map(({ name }) => name.length))
  for (const { name, about, verdicts } of faults) {
    console.log(`${name.padEnd(width)}  ${verdicts.join(' or ').padEnd(23)}  ${about}`)
  }
}

async function drill(): Promise<number> {
  const rounds = roundsAskedFor()
  if (!options.json) console.log(`${paint('dim', LEGEND)}\n`)
  const stage = await Stage.open()
  const played: Played[] = []
  try {
    let running: LambdaRuntime | undefined
    for (const [index, round] of rounds.entries()) {
      if (running === undefined || round.isCold) running = await start(round, stage)
      const done = await play(round, running, stage)
      played.push(done)
      if (!options.json) show(index + 1, done)
    }
    if (options.fault === undefined) played.push(await holdAgainstBot(stage, rounds.length + 1))
  } finally {
    await stage.close()
  }
  const isAsItShouldBe = played.every((done) => done.isAsItShouldBe)
  if (options.json) console.log(JSON.stringify({ isAsItShouldBe, rounds: played }, null, 2))
  else showVerdicts(played, isAsItShouldBe)
  if (options.page !== undefined) {
    await writePage(options.page, played, isAsItShouldBe)
    if (!options.json) console.log(`The page: ${options.page}`)
  }
  return isAsItShouldBe ? 0 : 1
}

/** The rounds of a switch for many accounts. */
async function drillFleet(accounts: number): Promise<number> {
  const played: PlayedFleet[] = []
  for (const [index, round] of fleetRounds(options.fault ?? null).entries()) {
    const done = await playFleet(round, accounts, options.orders)
    played.push(done)
    if (!options.json) showFleet(index + 1, done)
  }
  const isAsItShouldBe = played.every((done) => done.isAsItShouldBe)
  if (options.json) console.log(JSON.stringify({ isAsItShouldBe, rounds: played }, null, 2))
  else showVerdicts(played, isAsItShouldBe)
  return isAsItShouldBe ? 0 : 1
}

/** The rounds of a fleet of groups. */
async function drillGroups(accounts: number): Promise<number> {
  const played = await playGroups(accounts, options.orders, options.json ? undefined : showGroups)
  const isAsItShouldBe = played.every((done) => done.isAsItShouldBe)
  if (options.json) console.log(JSON.stringify({ isAsItShouldBe, rounds: played }, null, 2))
  else console.log(isAsItShouldBe ? 'Each as it should be.' : paint('red', 'Not each is as it should be.'))
  return isAsItShouldBe ? 0 : 1
}

function showGroups({ title, sentence, lastCancelMs, ms, ordersLeft, isAsItShouldBe }: PlayedGroups): void {
  console.log(paint('bold', title))
  console.log(`   ${paint(isAsItShouldBe ? 'green' : 'red', sentence)}`)
  const cancelled = lastCancelMs === null ? '' : `last account's first cancel after ${lastCancelMs} ms, `
  console.log(`   ${cancelled}told after ${ms} ms, ${ordersLeft} orders on the books\n`)
}

function showFleet(number: number, { title, sentence, accounts, timing, ...done }: PlayedFleet): void {
  console.log(paint('bold', `${number}  ${title}`))
  console.log(`   ${paint(done.isAsItShouldBe ? 'green' : 'red', sentence)}`)
  for (const { name, verdict, ordersLeft } of accounts)
    console.log(`   ${paint('dim', `${name}  ${verdict.padEnd(10)}  ${ordersLeft} on the book`)}`)
  if (timing !== null && timing.lastSentMs !== null)
    console.log(`   first cancels sent ${timing.firstSentMs} to ${timing.lastSentMs} ms after the trigger`)
  if (!done.isAsItShouldBe)
    console.log(`   ${paint('red', `should be ${done.expected.join(' or ')}, is ${done.answer}`)}`)
  console.log()
}

function roundsAskedFor(): Round[] {
  if (options.hold !== undefined) return []
  return options.fault === undefined ? allRounds() : [faultRound(options.fault)]
}

async function holdAgainstBot(stage: Stage, number: number): Promise<Played> {
  const botSeconds = options.hold ?? USUAL_BOT_SECONDS
  const played = await playHold(stage, { orders: options.orders, botSeconds })
  const { outcome, sentence, report } = played
  const ordersLeft = stage.exchange.account.book.orders.length
  const answer = outcome.status === 'SUCCEEDED' ? 'HELD' : 'HOLD_LOST'
  const done: Played = {
    title: `a bot that places 5 orders a second outlasts the alarm's pull; the hold outlasts the bot`,
    expected: ['HELD'],
    answer,
    sentence,
    report,
    ordersLeft,
    isAsItShouldBe: answer === 'HELD' && ordersLeft === 0 && report?.verdict !== 'EMPTY',
    hold: played,
  }
  if (!options.json) showHold(number, done, played)
  return done
}

function showHold(number: number, done: Played, { laps, report, placed, longestRestMs }: PlayedHold): void {
  console.log(`${paint('bold', `${number}  ${done.title}`)} (cold start)`)
  console.log(`   ${report?.sentence ?? 'The function wrote no report.'}`)
  for (const { atMs, ms, sentence } of laps) {
    console.log(
      `   ${paint('dim', `${String(atMs).padStart(6)} ms  lap of ${String(ms).padStart(4)} ms`)}  ${sentence}`,
    )
  }
  console.log(`   ${paint(done.isAsItShouldBe ? 'green' : 'red', done.sentence)}`)
  console.log(
    `   ${placed} orders placed; once the hold had begun, none rested for longer than ${longestRestMs} ms.`,
  )
  if (!done.isAsItShouldBe) console.log(`   ${paint('red', `should be HELD, is ${done.answer}`)}`)
  console.log()
}

/** A function that takes the round's roads, and finds their keys, if it finds AWS. */
function start({ roads, timeoutMs, isAwsDown, keeps }: Round, stage: Stage): Promise<LambdaRuntime> {
  stage.secrets.put(stage.exchange.account.secretFor(roads))
  const down = isAwsDown ? { AWS_ENDPOINT_URL_SECRETS_MANAGER: 'https://127.0.0.1:1' } : {} // nobody listens there
  const scopes = keeps ? { ALARM_SCOPES: JSON.stringify({ [ALARM_NAME]: { keep: 'reduceOnly' } }) } : {}
  return stage.startFunction({ timeoutMs, settings: { KRAKEN_ROADS: roads, ...scopes, ...down } })
}

async function play(round: Round, running: LambdaRuntime, stage: Stage): Promise<Played> {
  const { exchange } = stage
  const { book } = exchange.account
  stage.rest(options.orders)
  const guards = book.orders.filter(({ reduceOnly }) => reduceOnly)
  exchange.misbehave(round.fault)
  const told =
    round.event === null
      ? await pressFromLaptop(round, stage)
      : await read(await running.invoke(round.event()), running)
  const ordersLeft = book.orders.filter(round.isInScope).length
  const left = new Set(book.orders.map(({ order_id }) => order_id))
  const stillGuarding = guards.filter(({ order_id }) => left.has(order_id)).length
  exchange.misbehave(null)
  const { answer, sentence, report } = told
  const isGuarded = !round.keeps || stillGuarding >= guards.length - (round.fault?.guardsLost ?? 0)
  const isTrue = (answer !== 'EMPTY' || ordersLeft === 0) && isGuarded
  const isAsItShouldBe = round.expected.some((expected) => expected === answer) && isTrue
  return {
    title: round.title,
    expected: round.expected,
    answer,
    sentence,
    report,
    ordersLeft,
    ...(round.keeps ? { kept: { before: guards.length, after: stillGuarding } } : {}),
    isAsItShouldBe,
  }
}

type Told = Pick<Played, 'answer' | 'sentence' | 'report'>

async function pressFromLaptop({ roads }: Round, stage: Stage): Promise<Told> {
  const secret = stage.exchange.account.secretFor(roads)
  const laptop = await Laptop.press(stage, { args: ['--yes', '--json'], secret })
  await laptop.ended
  if (laptop.stdout === '') return { answer: 'NO ANSWER', sentence: laptop.stderr.trimEnd(), report: null }
  const report: Report = JSON.parse(laptop.stdout)
  return { answer: report.verdict, sentence: report.sentence, report }
}

/** What the caller was told, and the report behind it: returned, or with a thrown error in the log alone. */
async function read(result: InvocationResult, running: LambdaRuntime): Promise<Told> {
  const { report, readiness } = await running.lastReport()
  if (report !== undefined) {
    const sentence = 'error' in result ? result.error.errorMessage : report.sentence
    return { answer: report.verdict, sentence, report }
  }
  if (readiness !== undefined) {
    return {
      answer: readiness.ready ? 'READY' : 'NOT_READY',
      sentence: readiness.sentence,
      report: readiness,
    }
  }
  const sentence = 'error' in result ? result.error.errorMessage : 'The function wrote no report.'
  return { answer: 'NO ANSWER', sentence, report: null }
}

function show(
  number: number,
  { title, expected, answer, sentence, report, ordersLeft, kept, isAsItShouldBe }: Played,
): void {
  const start = report !== null && 'timing' in report && report.timing.coldStart ? ' (cold start)' : ''
  console.log(`${paint('bold', `${number}  ${title}`)}${start}`)
  console.log(`   ${paint(isAsItShouldBe ? 'green' : 'red', sentence)}`)
  for (const warning of report?.warnings ?? []) console.log(`   ${paint('yellow', warning)}`)
  for (const line of drawTimeline(report?.attempts ?? [])) console.log(`   ${paint('dim', line)}`)
  if (kept !== undefined)
    console.log(`   ${kept.after} of ${kept.before} reduce-only orders guard the position as before.`)
  if (answer === 'EMPTY' && ordersLeft > 0)
    console.log(`   ${paint('red', `UNTRUE: ${ordersLeft} orders rest there`)}`)
  if (!isAsItShouldBe) console.log(`   ${paint('red', `should be ${expected.join(' or ')}, is ${answer}`)}`)
  console.log()
}

function showVerdicts(
  played: readonly Pick<PlayedFleet | Played, 'answer'>[],
  isAsItShouldBe: boolean,
): void {
  const verdicts = played.map(({ answer }) => answer).join(', ')
  const outcome = isAsItShouldBe ? 'each as it should be' : 'NOT as it should be'
  console.log(paint(isAsItShouldBe ? 'green' : 'red', `${verdicts}: ${outcome}.`))
}

/** Colour on a terminal, plain text elsewhere. */
function paint(style: 'bold' | 'dim' | 'green' | 'red' | 'yellow', text: string): string {
  return styleText(style, text, { stream: process.stdout })
}
