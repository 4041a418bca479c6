import {
  ExecutionAbortedError,
  ExecutionError,
  ExecutionTimeoutError,
  StateMachine,
  type StateMachineDefinition,
} from 'aws-local-stepfunctions'

/** What the task of a machine does with its payload: gives the function's answer, or throws what has a name and a message. */
export type Invoke = (payload: unknown) => Promise<unknown>

/** How an execution ended, as AWS Step Functions has it. */
export type Outcome =
  | { readonly status: 'SUCCEEDED'; readonly output: unknown }
  | { readonly status: 'FAILED'; readonly error: string; readonly cause: string }
  | { readonly status: 'TIMED_OUT' }
  | { readonly status: 'ABORTED' }

export interface Execution {
  /** Never rejects. */
  readonly outcome: Promise<Outcome>
  /** As StopExecution does: nothing is invoked any more, and an invocation that is running ends by itself. */
  stop(): void
}

export interface EngineInputs {
  /** As the stack deploys it. It stays as it is. */
  readonly definition: object
  readonly input: unknown
  readonly invoke: Invoke
  /** What a second of the definition takes here: of pauses before retries, and of timeouts. 1000 by default. */
  readonly secondMs?: number
}

/** Runs a state machine on this machine. In place of Lambda, every task calls `invoke` with its payload. */
export function startExecution({ definition, input, invoke, secondMs = 1_000 }: EngineInputs): Execution {
  const scaled = scale(definition, secondMs / 1_000) as StateMachineDefinition
  // Fractions of seconds are not of the language: the definition itself is checked elsewhere.
  const machine = new StateMachine(scaled, { validationOptions: { noValidate: true } })
  let isStopped = false
  const task = async (given: unknown) => {
    if (isStopped) throw new Stopped()
    const { Payload: payload } = given as { readonly Payload: unknown }
    const answer = await invoke(bounded(payload))
    return { Payload: bounded(answer) }
  }
  const handlers = Object.fromEntries(tasksIn(scaled).map((name) => [name, task])) as Handlers
  const { result, abort } = machine.run(input as Parameters<StateMachine['run']>[0], {
    overrides: { taskResourceLocalHandlers: handlers },
  })
  return {
    outcome: result.then((output) => ({ status: 'SUCCEEDED', output }), failure),
    stop: () => {
      isStopped = true
      abort()
    },
  }
}

type Handlers = NonNullable<
  NonNullable<NonNullable<Parameters<StateMachine['run']>[1]>['overrides']>['taskResourceLocalHandlers']
>

interface States {
  readonly States: Readonly<Record<string, { readonly Type: string; readonly ItemProcessor?: States }>>
}

/** The names of all tasks, those of Maps too. */
function tasksIn(machine: unknown): readonly string[] {
  return Object.entries((machine as States).States).flatMap(([name, { Type, ItemProcessor }]) => [
    ...(Type === 'Task' ? [name] : []),
    ...(ItemProcessor === undefined ? [] : tasksIn(ItemProcessor)),
  ])
}

/** What a task takes and gives, in bytes of JSON. */
export const MOST_BYTES = 262_144

function bounded(value: unknown): unknown {
  if (Buffer.byteLength(JSON.stringify(value ?? null)) > MOST_BYTES) throw new DataLimitExceeded()
  return value
}

/** No retrier and no catcher of `States.ALL` takes it: the execution fails. */
class DataLimitExceeded extends Error {
  override readonly name = 'States.DataLimitExceeded'
  readonly isRetryable = false
  readonly isCatchable = false
}

/** The engine ends a pause early when it is stopped, and would try again: no retrier and no catcher takes this one. */
class Stopped extends Error {
  override readonly name = 'Stopped'
  readonly isRetryable = false
  readonly isCatchable = false
}

const TIMES = ['TimeoutSeconds', 'IntervalSeconds', 'MaxDelaySeconds']

/** A copy of the definition in which every second is longer or shorter. */
function scale(value: unknown, factor: number): unknown {
  if (Array.isArray(value)) return value.map((item) => scale(item, factor))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, item]) => [
    key,
    TIMES.includes(key) ? Number(item) * factor : scale(item, factor),
  ])
  return Object.fromEntries(entries)
}

function failure(error: unknown): Outcome {
  if (error instanceof ExecutionAbortedError) return { status: 'ABORTED' }
  if (error instanceof ExecutionTimeoutError) return { status: 'TIMED_OUT' }
  if (!(error instanceof ExecutionError)) throw error
  const { name, message } = error.cause as Error
  return { status: 'FAILED', error: name, cause: message }
}
