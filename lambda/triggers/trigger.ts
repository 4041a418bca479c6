import * as v from 'valibot'
import { InputRefused } from '../errors.ts'
import { type Fields, isObject } from '../json.ts'
import type { Scope } from '../kraken/scope.ts'
import { printable } from '../printable.ts'
import { type AlarmFacts, readAlarm } from './alarm-event.ts'
import { readPress } from './dashboard-event.ts'
import { type Lap, readLap } from './hold-event.ts'
import { readHttpBody } from './http-body.ts'
import { groupNames, pullFields, readPull, readStrictly, toPull } from './pull.ts'

/** By an event of AWS, or without AWS. */
export type TriggerKind = EventKind | 'break-glass'

type EventKind = 'alarm' | 'schedule' | 'http' | 'dashboard' | 'invoke' | 'readiness' | 'hold'

/** What a trigger asks of the switch. */
export type Action =
  | {
      readonly do: 'fire'
      readonly scope: Scope
      /** Of a fleet, by name; absent for all of them. */
      readonly accounts?: readonly string[] | undefined
      /** Of a fleet of groups, one by name; absent for all of them. */
      readonly group?: string | undefined
      /** What comes after it may be the next session: the book is not kept shut. */
      readonly isSessionEnd?: boolean
    }
  /** A lap of a hold, which a pull before has started. */
  | { readonly do: 'hold'; readonly scope: Scope; readonly lap: Lap }
  /** A schedule hears of it by the metric; who asks by hand, by an error. */
  | {
      readonly do: 'check'
      readonly isScheduled: boolean
      /** Of a fleet of groups, some by name; absent for all of them. */
      readonly groups?: readonly string[] | undefined
    }
  /** Nothing is to be done, and that is right. */
  | { readonly do: 'stand down'; readonly why: string }
  /** Nothing is done, and the sender has to hear of it. */
  | { readonly do: 'refuse'; readonly why: string }

export interface Trigger {
  readonly kind: TriggerKind
  /** Who pulled: the alarm's or schedule's name, the authorised caller, the invocation's request id, or user and host. */
  readonly by: string
  readonly reason: string | null
  /** When it happened at the source, in milliseconds since 1970; null when the event does not say. */
  readonly eventAt: number | null
  readonly action: Action
}

const HOW =
  'The switch is pulled by a CloudWatch alarm, an EventBridge schedule, POST /cancel-all, or a direct invocation with {} or {"symbols":["PF_XBTUSD"]}'

const due = v.strictObject({
  name: v.pipe(v.string(), v.minLength(1), v.maxLength(64)),
  scheduledTime: v.pipe(
    v.string(),
    v.regex(/^\d{4}-\d\d-\d\dT/, 'is no time; <aws.scheduler.scheduled-time> gives one'),
    v.transform((text) => Date.parse(text)),
    v.number('is no time'),
  ),
})
const readiness = v.strictObject({
  readiness: v.literal(true),
  groups: v.optional(groupNames),
  schedule: v.optional(due),
})
const schedule = v.strictObject({
  schedule: due,
  ...pullFields,
  keepShut: v.optional(v.boolean('is neither true nor false')),
})
const httpCall = v.looseObject({
  version: v.literal('2.0'),
  rawPath: v.string(),
  // Payload 2.0 leaves out what is not there; emulators and events made by hand write null, as payload 1.0 does.
  rawQueryString: v.nullish(v.string()),
  body: v.nullish(v.string()),
  isBase64Encoded: v.nullish(v.boolean()),
  requestContext: v.looseObject({
    http: v.looseObject({ method: v.string() }),
    authorizer: v.nullish(
      v.looseObject({
        iam: v.nullish(v.looseObject({ userArn: v.string() })),
        jwt: v.nullish(v.looseObject({ claims: v.looseObject({ sub: v.string() }) })),
      }),
    ),
  }),
})

/**
 * What pulled the switch, and what it asks for. Never throws: what cannot be read is a refusal, which never fires.
 *
 * Identity comes from the authorizer and the invocation alone; headers and bodies may be forged.
 *
 * @param requestId of the invocation, by which CloudTrail names the caller of a direct one
 */
export function readTrigger(event: unknown, requestId: string): Trigger {
  const nobody = { kind: 'invoke', by: `request ${requestId}`, reason: null, eventAt: null } as const
  if (!isObject(event)) {
    return { ...nobody, action: { do: 'refuse', why: `the event is not a JSON object. ${HOW}` } }
  }
  const kind = kindOf(event)
  try {
    return { ...nobody, kind, ...READERS[kind](event) }
  } catch (error) {
    if (!(error instanceof InputRefused)) throw error
    return { ...nobody, kind, action: { do: 'refuse', why: error.message } }
  }
}

type Reader = (event: Fields) => Partial<Trigger> & Pick<Trigger, 'action'>

const READERS: Readonly<Record<EventKind, Reader>> = {
  readiness: (event) => {
    const how =
      'Send {"readiness": true}, with "groups" for some of a fleet\'s, and nothing else but the schedule that asks'
    const { groups, schedule: asking } = readStrictly(readiness, event, how)
    return asking === undefined
      ? { action: { do: 'check', isScheduled: false, groups } }
      : { ...dueAt(asking), action: { do: 'check', isScheduled: true, groups } }
  },
  schedule: (event) => {
    const how = 'Send {"schedule":{"name","scheduledTime"}} and, if you like, symbols and a reason'
    const read = readStrictly(schedule, event, how)
    const { scope, reason, accounts, group } = toPull(read)
    const isSessionEnd = read.keepShut !== true
    return { ...dueAt(read.schedule), reason, action: { do: 'fire', scope, accounts, group, isSessionEnd } }
  },
  hold: (event) => {
    const lap = readLap(event)
    const { scope, pull } = lap.hold
    return {
      by: printable(pull.by),
      reason: pull.reason === null ? null : printable(pull.reason),
      action: { do: 'hold', scope, lap },
    }
  },
  alarm: (event) => alarmTrigger(readAlarm(event, HOW)),
  http: (event) => readHttp(event),
  dashboard: (event) => {
    const { scope, reason, accounts, group } = readPress(event)
    return { reason, action: { do: 'fire', scope, accounts, group } }
  },
  invoke: (event) => {
    const { scope, reason, accounts, group } = readPull(event)
    return { reason, action: { do: 'fire', scope, accounts, group } }
  },
}

function dueAt({ name, scheduledTime }: v.InferOutput<typeof due>): Pick<Trigger, 'by' | 'eventAt'> {
  return { by: printable(name), eventAt: scheduledTime }
}

/** By the field that only this kind has. What has none of them is read as a direct invocation, which is strict. */
function kindOf(event: Fields): EventKind {
  if (Object.hasOwn(event, 'readiness')) return 'readiness'
  if (Object.hasOwn(event, 'schedule')) return 'schedule'
  if (Object.hasOwn(event, 'hold')) return 'hold'
  if (Object.hasOwn(event, 'requestContext')) return 'http'
  if (Object.hasOwn(event, 'dashboard')) return 'dashboard'
  if (Object.hasOwn(event, 'Records')) return 'alarm'
  return event.source === 'aws.cloudwatch' ? 'alarm' : 'invoke'
}

function alarmTrigger({ name, state, reason, timestamp }: AlarmFacts): ReturnType<Reader> {
  const eventAt = Date.parse(timestamp ?? '')
  return {
    by: printable(name),
    reason: reason === null ? null : printable(reason),
    eventAt: Number.isNaN(eventAt) ? null : eventAt,
    action:
      state === 'ALARM'
        ? { do: 'fire', scope: 'all' }
        : { do: 'stand down', why: `the alarm ${printable(name)} is in state ${state}` },
  }
}

function readHttp(event: Fields): ReturnType<Reader> {
  const call = readStrictly(httpCall, event, HOW)
  const { http, authorizer } = call.requestContext
  if (http.method !== 'POST' || !call.rawPath.endsWith('/cancel-all')) {
    throw new InputRefused('this is not POST /cancel-all. Send that')
  }
  const caller = authorizer?.iam?.userArn ?? authorizer?.jwt?.claims.sub
  if (caller === undefined) {
    throw new InputRefused('the caller is not authenticated. Put an IAM or JWT authorizer on the route')
  }
  // Ignored, `?symbol=PF_XBTUSD` would cancel everything.
  if (call.rawQueryString) {
    throw new InputRefused('there is a query string. Send the symbols in a JSON body')
  }
  const { scope, reason, accounts, group } = readPull(readHttpBody(call.body, call.isBase64Encoded === true))
  return { by: printable(caller), reason, action: { do: 'fire', scope, accounts, group } }
}

/**
 * The same trigger, standing down when its schedule was due too long ago: late, it would cancel the next session's
 * orders.
 *
 * @param receivedAt milliseconds since 1970
 */
export function standDownIfStale(trigger: Trigger, receivedAt: number, staleScheduleMs: number): Trigger {
  if (trigger.kind !== 'schedule' || trigger.eventAt === null) return trigger // refused: it has no time
  const minutes = Math.round((receivedAt - trigger.eventAt) / 60_000)
  if (Math.abs(receivedAt - trigger.eventAt) <= staleScheduleMs) return trigger
  const why = `the schedule ${trigger.by} was due ${minutes} minutes ago`
  return { ...trigger, action: { do: 'stand down', why } }
}
