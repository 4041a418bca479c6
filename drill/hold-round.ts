import { setTimeout as sleep } from 'node:timers/promises'
import { holdDefinition } from '../infra/hold-definition.ts'
import type { Report } from '../lambda/report/report.ts'
import type { Hold } from '../lambda/triggers/hold-event.ts'
import { Bot } from './bot.ts'
import { alarmEvent } from './events.ts'
import { type Outcome, startExecution } from './hold-engine.ts'
import type { InvocationResult, LambdaRuntime } from './runtime.ts'
import type { Stage } from './stage.ts'
import { EmbeddedStepFunctions, type Execution } from './step-functions.ts'

/** One invocation of the function by the state machine. */
export interface PlayedLap {
  /** After the pull's event; milliseconds. */
  readonly atMs: number
  readonly ms: number
  readonly sentence: string
}

export interface PlayedHold {
  /** The pull that the bot outlasted. */
  readonly report: Report | null
  readonly laps: readonly PlayedLap[]
  readonly outcome: Outcome
  /** The last thing that was said. */
  readonly sentence: string
  /** How many orders the bot placed in all, and how long one of them rested at most after the pull. */
  readonly placed: number
  readonly longestRestMs: number
}

export interface HoldInputs {
  readonly orders: number
  /** So long the bot goes on after the pull has given up; seconds. */
  readonly botSeconds: number
}

const BOT_EVERY_MS = 200
/** Before the bot runs away. */
const CALM_MS = 500
const MINUTES = { persistMinutes: 5, keepShutMinutes: 1 }
/** The minutes for which the book is kept shut are cut to so much. */
const KEPT_SHUT_MS = 3_000
/** Of the function: a pull that ends while the bot goes on, and laps that are shorter than those on AWS. */
const TIMEOUT_MS = 3_500
const MACHINE_ARN = 'arn:aws:states:eu-central-1:123456789012:stateMachine:kill-switch-hold'
const ALIAS_ARN = 'arn:aws:lambda:eu-central-1:123456789012:function:kill-switch:live'

/**
 * A bot runs away, a pull is outlasted by it, and the hold that the function starts goes on: the state machine that the
 * stack deploys, on an engine of this machine, with the bundle in a process of its own.
 */
export async function playHold(stage: Stage, { orders, botSeconds }: HoldInputs): Promise<PlayedHold> {
  const { account } = stage.exchange
  stage.secrets.put(account.secretFor('both'))
  stage.rest(orders)
  const states = await EmbeddedStepFunctions.start()
  const bot = new Bot(account.book, { prefix: 'mm7-', everyMs: BOT_EVERY_MS })
  try {
    const running = await stage.startFunction({
      timeoutMs: TIMEOUT_MS,
      settings: {
        KRAKEN_ROADS: 'both',
        HOLD_MACHINE_ARN: MACHINE_ARN,
        HOLD_PERSIST_MINUTES: String(MINUTES.persistMinutes),
        HOLD_KEEP_SHUT_MINUTES: String(MINUTES.keepShutMinutes),
        AWS_ENDPOINT_URL_SFN: states.url,
      },
    })
    await running.initialised
    const startedAt = performance.now()
    const pulled = running.invoke(alarmEvent())
    await sleep(CALM_MS)
    bot.start()
    await pulled
    const { report = null } = await running.lastReport()
    const heldFrom = performance.now()
    const [execution] = states.executions
    if (execution === undefined) throw new Error('The function started no hold.')
    const stopping = sleep(botSeconds * 1_000).then(() => bot.stop())
    const held = await runHold(execution, running, startedAt)
    await stopping
    return { ...held, report, placed: bot.placed, longestRestMs: longestRest(stage, heldFrom) }
  } finally {
    bot.stop()
    await states.close()
  }
}

async function runHold(
  { input }: Execution,
  running: LambdaRuntime,
  startedAt: number,
): Promise<Pick<PlayedHold, 'laps' | 'outcome' | 'sentence'>> {
  const laps: PlayedLap[] = []
  const invoke = async (payload: unknown) => {
    const lapAt = performance.now()
    const answer = answerOf(await running.invoke(shortened(payload as { readonly hold: Hold })))
    laps.push({
      atMs: Math.round(lapAt - startedAt),
      ms: Math.round(performance.now() - lapAt),
      sentence: answer.sentence,
    })
    return answer
  }
  const definition = holdDefinition({ partition: 'aws', aliasArn: ALIAS_ARN, ...MINUTES })
  const outcome = await startExecution({ definition, input, invoke }).outcome
  return { laps, outcome, sentence: laps.at(-1)?.sentence ?? 'No lap ended.' }
}

/** As Lambda answers: what was returned, or an error by its name. */
function answerOf(result: InvocationResult): { readonly sentence: string } {
  if ('result' in result) return result.result as { readonly sentence: string }
  const { errorType, errorMessage } = result.error
  throw Object.assign(new Error(errorMessage), { name: errorType })
}

/** The same lap, of a hold that keeps the book shut for seconds instead of minutes. */
function shortened({ hold }: { readonly hold: Hold }): { readonly hold: Hold } {
  const { shutUntil, emptySince } = hold.known
  if (shutUntil === null || emptySince === null) return { hold }
  const sooner = Math.min(Date.parse(shutUntil), Date.parse(emptySince) + KEPT_SHUT_MS)
  return { hold: { ...hold, known: { ...hold.known, shutUntil: new Date(sooner).toISOString() } } }
}

/** How long an order that rested or was placed after that time was left. */
function longestRest({ exchange }: Stage, since: number): number {
  const placedAt = new Map<string, number>()
  let longest = 0
  for (const { at, kind, order } of exchange.account.book.changes) {
    if (kind === 'placed') placedAt.set(order.order_id, at)
    else if (at > since) longest = Math.max(longest, at - Math.max(placedAt.get(order.order_id) ?? at, since))
  }
  for (const { order_id } of exchange.account.book.orders) {
    longest = Math.max(longest, performance.now() - Math.max(placedAt.get(order_id) ?? since, since))
  }
  return Math.round(longest)
}
