import { fleetDefinition } from '../infra/fleet-definition.ts'
import type { WholeAnswer } from '../lambda/fleet/groups/respond-whole.ts'
import { type Group, groupsSetting } from '../lambda/init/fleet/roster.ts'
import { isObject } from '../lambda/json.ts'
import { type Outcome, startExecution } from './hold-engine.ts'
import type { InvocationResult, LambdaRuntime } from './runtime.ts'
import { fleetSecret, Stage } from './stage.ts'

/** What one execution of the fleet's machine came to. */
export interface FleetRun {
  readonly outcome: Outcome
  /** What the last task answered; null where it did not. */
  readonly told: WholeAnswer | null
  /** From the start of the execution to the last account's first cancel at the exchange; null where one has none. */
  readonly lastCancelMs: number | null
  /** From the start of the execution to its end. */
  readonly ms: number
}

export interface FleetMachineInputs {
  readonly groups: readonly Group[]
  /** Of the function. */
  readonly timeoutMs?: number
  readonly settings?: Readonly<Record<string, string>>
}

const ALIAS_ARN = 'arn:aws:lambda:eu-central-1:123456789012:function:kill-switch:live'
/** As many processes begin at once as there are CPUs to begin them: Lambda gives each sandbox its own. */
const BEGIN_AT_ONCE = 2

/**
 * A fleet of groups on this machine: the state machine that the stack deploys, on an engine of this machine, with the
 * bundle in a process for each group, as Lambda has a sandbox for each. Kraken's budget is counted by key, since those
 * sandboxes share no address.
 */
export class FleetMachine {
  readonly stage: Stage
  readonly #groups: readonly Group[]
  readonly #timeoutMs: number
  readonly #processes = new Map<string, LambdaRuntime>()

  private constructor(stage: Stage, groups: readonly Group[], timeoutMs: number) {
    this.stage = stage
    this.#groups = groups
    this.#timeoutMs = timeoutMs
  }

  static async open({
    groups,
    timeoutMs = 20_000,
    settings = {},
  }: FleetMachineInputs): Promise<FleetMachine> {
    const names = groups.flatMap(({ accounts }) => accounts)
    const stage = await Stage.open({ names, countsBy: 'key' })
    const machine = new FleetMachine(stage, groups, timeoutMs)
    for (const { secret, accounts } of groups) {
      const own = new Map([...stage.exchange.accounts].filter(([name]) => accounts.includes(name)))
      stage.secrets.putAs(secret, fleetSecret(own))
    }
    const environment = { KRAKEN_SECRET_ID: '', FLEET_GROUPS: groupsSetting(groups), KRAKEN_ROADS: 'rest' }
    for (let i = 0; i < groups.length; i += BEGIN_AT_ONCE) {
      await Promise.all(
        groups.slice(i, i + BEGIN_AT_ONCE).map(async ({ name }) => {
          const running = await stage.startFunction({ timeoutMs, settings: { ...environment, ...settings } })
          machine.#processes.set(name, running)
          await running.initialised
        }),
      )
    }
    return machine
  }

  /** The process of one group. */
  processOf(group: string): LambdaRuntime {
    const found = this.#processes.get(group)
    if (found === undefined) throw new Error(`there is no group ${group}`)
    return found
  }

  /** Starts an execution with that event. @param secondMs what a second of the definition takes here */
  async pull(event: unknown, secondMs = 1_000): Promise<FleetRun> {
    const definition = fleetDefinition({
      partition: 'aws',
      aliasArn: ALIAS_ARN,
      groups: this.#groups,
      timeoutSeconds: this.#timeoutMs / 1_000,
    })
    let told: WholeAnswer | null = null
    const invoke = async (payload: unknown) => {
      const { group } = payload as { readonly group?: Group }
      const answer = answerOf(await this.#free(group).invoke(payload))
      if (group === undefined && isObject(answer)) told = answer as unknown as WholeAnswer
      return answer
    }
    const callsBefore = this.stage.exchange.calls.length
    const startedAt = performance.now()
    const outcome = await startExecution({ definition, input: event, secondMs, invoke }).outcome
    const ms = Math.round(performance.now() - startedAt)
    return { outcome, told, ms, lastCancelMs: this.#lastCancelMs(callsBefore, startedAt) }
  }

  close(): Promise<void> {
    return this.stage.close()
  }

  /** The group's own; for the last task any that still runs. */
  #free(group: Group | undefined): LambdaRuntime {
    if (group !== undefined) return this.processOf(group.name)
    const [first] = [...this.#processes.values()].filter(({ isGone }) => !isGone)
    if (first === undefined) throw new Error('no process is left')
    return first
  }

  #lastCancelMs(callsBefore: number, startedAt: number): number | null {
    const firsts = new Map<string, number>()
    for (const call of this.stage.exchange.calls.slice(callsBefore)) {
      if (call.endpoint !== 'cancelallorders') continue
      const { apikey } = call.credentials
      if (!firsts.has(apikey)) firsts.set(apikey, call.at)
    }
    return firsts.size === 0 ? null : Math.round(Math.max(...firsts.values()) - startedAt)
  }
}

/** As Step Functions has it: an error by its name, with its message as the cause. */
function answerOf(result: InvocationResult): unknown {
  if ('result' in result) return result.result
  const { errorType, errorMessage } = result.error
  throw Object.assign(new Error(errorMessage), { name: errorType })
}
