import { expect, test } from 'vitest'
import { type FleetHold, type HeldAccount, readFleetLap } from '../../../lambda/fleet/hold/fleet-hold.ts'
import {
  fleetEndSentence,
  fleetHoldingSentence,
  fleetHoldMessageOf,
  fleetLapSentence,
} from '../../../lambda/fleet/hold/fleet-hold-sentences.ts'
import { fleetLapEnd, lapEach } from '../../../lambda/fleet/hold/fleet-lap.ts'
import { fleetHoldAfter } from '../../../lambda/fleet/hold/start-fleet-hold.ts'
import type { LapEnd } from '../../../lambda/hold/lap.ts'
import type { Report } from '../../../lambda/report/report.ts'
import type { VerdictKind } from '../../../lambda/sweep/verdict.ts'
import { type Hold, type HoldKnown, NOTHING_KNOWN } from '../../../lambda/triggers/hold-event.ts'
import type { Trigger } from '../../../lambda/triggers/trigger.ts'
import { VirtualClock } from '../../../siege/virtual-time.ts'

/* What the laps of several accounts come to together, and what is said of it. */

const NOW = Date.UTC(2026, 11, 1, 14, 31, 7)
const iso = (fromNowMs: number) => new Date(NOW + fromNowMs).toISOString()
const MINUTE_MS = 60_000
const MM = { name: 'mm', secret: 'kill-switch/mm', accounts: ['mm-btc', 'mm-eth', 'arb-1'] }
const MACHINE = 'arn:aws:states:eu-central-1:123456789012:stateMachine:kill-switch-hold'

const PLAN = {
  name: 'pull-0815',
  pull: { kind: 'alarm', by: 'drawdown', reason: null, receivedAt: iso(-10 * MINUTE_MS) },
  scope: 'all',
  provenBy: iso(5 * MINUTE_MS),
  keepShutMinutes: 10,
  fuse: false,
} as const

const SHUT = { ...NOTHING_KNOWN, laps: 3, emptySince: iso(-9 * MINUTE_MS), shutUntil: iso(MINUTE_MS) }

function holdWith(
  accounts: Record<string, Partial<HeldAccount>>,
  group: FleetHold['group'] = null,
): FleetHold {
  const entries = Object.entries(accounts).map(([name, own]) => [name, { known: SHUT, ended: null, ...own }])
  return { ...PLAN, group, accounts: Object.fromEntries(entries) }
}

function endWith(
  next: LapEnd['next'],
  known: Partial<HoldKnown> = {},
  verdict: VerdictKind = 'EMPTY',
): LapEnd {
  const sentence = next === 'lost' ? 'HOLD LOST: of no matter.' : `${verdict}.`
  const hold: Hold = { ...PLAN, known: { ...SHUT, laps: 4, ...known } }
  return { next, hold, sentence, warnings: [], report: { verdict } as Report }
}

const heldAs = (as: 'held' | 'lost', sentence = `${as}.`): Partial<HeldAccount> => ({
  ended: { as, sentence },
})
const lapsOf = (laps: Record<string, LapEnd | null>) => new Map(Object.entries(laps))
const BEGAN = { receivedAt: NOW - 25_000 }

test('an account called constructor or prototype is held like any other, and one called __proto__ is none', () => {
  const names = ['mm-btc', 'constructor', 'prototype']
  const hold = holdWith(Object.fromEntries(names.map((name) => [name, {}])))
  expect(Object.keys(readFleetLap({ hold }).hold.accounts)).toEqual(names)
  const event = JSON.parse(JSON.stringify({ hold }).replace('"prototype":', '"__proto__":'))
  expect(() => readFleetLap(event)).toThrow(/hold\.accounts\.2\.0 is no name of an account/)
})

test.each<[string, Record<string, LapEnd['next']>, LapEnd['next']]>([
  ['goes on while any account does', { 'mm-btc': 'held', 'mm-eth': 'lap', 'arb-1': 'lost' }, 'lap'],
  ['is lost when one of them is', { 'mm-btc': 'held', 'mm-eth': 'held', 'arb-1': 'lost' }, 'lost'],
  ['is held when all are', { 'mm-btc': 'held', 'mm-eth': 'held' }, 'held'],
])('it %s', (_, nexts, next) => {
  const hold = holdWith(Object.fromEntries(Object.keys(nexts).map((name) => [name, {}])))
  const laps = new Map(Object.entries(nexts).map(([name, own]) => [name, endWith(own)]))
  expect(fleetLapEnd(hold, laps, BEGAN, NOW).next).toBe(next)
})

test('an account that has ended stays so, and each of the others hands on what its own lap knows', () => {
  const hold = holdWith({ 'mm-btc': heldAs('held'), 'mm-eth': {}, 'arb-1': {} })
  const laps = lapsOf({ 'mm-eth': endWith('lap', { refills: 2 }), 'arb-1': null })
  const { accounts } = fleetLapEnd(hold, laps, BEGAN, NOW).hold
  expect(accounts['mm-btc']).toBe(hold.accounts['mm-btc'])
  expect(accounts['mm-eth']).toMatchObject({ known: { laps: 4, refills: 2 }, ended: null })
  expect(accounts['arb-1']).toEqual(hold.accounts['arb-1'])
})

test('an account whose lap gave nothing is lost only when its time was over as that began', () => {
  const over = { known: { ...SHUT, shutUntil: iso(-30_000) } }
  const { next, hold } = fleetLapEnd(
    holdWith({ 'mm-btc': over, 'mm-eth': {} }),
    lapsOf({ 'mm-btc': null, 'mm-eth': null }),
    BEGAN,
    NOW,
  )
  expect(next).toBe('lap')
  expect(hold.accounts['mm-btc']?.ended).toMatchObject({
    as: 'lost',
    sentence: /^HOLD LOST: its last lap gave no answer; last known: /,
  })
  expect(hold.accounts['mm-eth']?.ended).toBeNull()
})

test('a lap that throws, and one that never ends, touch no other', async () => {
  const clock = new VirtualClock()
  const hold: Hold = { ...PLAN, known: SHUT }
  const lapOne = async (account: string): Promise<LapEnd> => {
    if (account === 'mm-btc') throw new Error('a fault of ours')
    if (account === 'mm-eth') await new Promise(() => {})
    await clock.sleep(25_000)
    return endWith('lap')
  }
  const going = ['mm-btc', 'mm-eth', 'arb-1'].map((name) => [name, hold] as const)
  const startedAt = clock.now()
  const running = lapEach({ going, lapOne, clock, invocation: { startedAt }, deadlineAt: startedAt + 25_000 })
  await clock.passUntil(running)
  expect([...(await running)].map(([name, end]) => [name, end?.next ?? null])).toEqual([
    ['mm-btc', null],
    ['mm-eth', null],
    ['arb-1', 'lap'],
  ])
  expect(clock.now() - startedAt).toBeLessThan(25_200)
})

test('laps that throw at once are no shorter than a lap may be', async () => {
  const clock = new VirtualClock()
  const going = [['mm-btc', { ...PLAN, known: SHUT }] as const]
  const lapOne = () => Promise.reject(new Error('a fault of ours'))
  const startedAt = clock.now()
  const running = lapEach({ going, lapOne, clock, invocation: { startedAt }, deadlineAt: startedAt + 25_000 })
  await clock.passUntil(running)
  expect(clock.now() - startedAt).toBeGreaterThanOrEqual(10_000)
})

test('the end of a hold is one sentence: refilled accounts by name, the others together', () => {
  const hold = holdWith({
    'arb-1': heldAs('held'),
    'mm-btc': { ...heldAs('held'), known: { ...SHUT, refills: 3, cancelled: 41, emptySince: iso(0) } },
    'mm-eth': { ...heldAs('held'), known: { ...SHUT, emptySince: iso(-8 * MINUTE_MS), cancelled: 2 } },
  })
  expect(fleetEndSentence(hold, NOW)).toBe(
    'HELD 10 min: mm-btc (3 refills, 41 orders cancelled, empty since 14:31:07 UTC), arb-1 and mm-eth (0 refills, 2 orders cancelled, empty since 14:23:07 UTC).',
  )
})

test('the worst stands first: what is lost, and why, by name', () => {
  const why =
    'HOLD LOST: not proven empty by 14:30:00 UTC; last known: NOT EMPTY: 2 orders still open (PF_XBTUSD 2).'
  const hold = holdWith({ 'mm-btc': heldAs('held'), 'mm-eth': heldAs('lost', why) }, MM)
  const sentence = fleetEndSentence(hold, NOW)
  expect(sentence).toBe(
    'HOLD LOST in the group mm: mm-eth (not proven empty by 14:30:00 UTC; last known: NOT EMPTY: 2 orders still open (PF_XBTUSD 2)); HELD 10 min in the group mm: mm-btc (0 refills, 0 orders cancelled, empty since 14:22:07 UTC).',
  )
  expect(fleetHoldMessageOf(sentence, hold)).toMatchObject({
    numbers: [
      ['mm-btc', 'held.'],
      ['mm-eth', why],
    ],
    mark: 'hold-lost',
  })
})

test('an account of which it is not known since when it is empty does not borrow the time of another', () => {
  const unknown = { ...heldAs('held'), known: { ...SHUT, emptySince: null } }
  expect(fleetEndSentence(holdWith({ 'mm-btc': heldAs('held'), 'mm-eth': unknown }), NOW)).toBe(
    'HELD 10 min: mm-btc and mm-eth (0 refills, 0 orders cancelled).',
  )
})

test('while others go on, the lost ones are told, and how many are held on', () => {
  const hold = holdWith({ 'mm-btc': {}, 'mm-eth': heldAs('lost', 'HOLD LOST: no key; last known: nothing.') })
  expect(fleetEndSentence(hold, NOW)).toBe(
    'HOLD LOST: mm-eth (no key; last known: nothing); 1 account held on.',
  )
})

test('a lap in between says how many are empty, and names the others', () => {
  const hold = holdWith({ 'mm-btc': {}, 'mm-eth': {}, 'arb-1': {}, 'arb-2': heldAs('lost') })
  const laps = lapsOf({ 'mm-btc': endWith('lap'), 'mm-eth': endWith('lap', {}, 'NOT_EMPTY'), 'arb-1': null })
  expect(fleetLapSentence(hold, laps)).toBe(
    'HOLDING: 1 of 4 accounts EMPTY; mm-eth NOT EMPTY, arb-1 without an answer, arb-2 HOLD LOST.',
  )
})

const TRIGGER: Trigger = {
  kind: 'alarm',
  by: 'drawdown',
  reason: null,
  eventAt: null,
  action: { do: 'fire', scope: 'all' },
}

function after(
  verdicts: Record<string, VerdictKind>,
  keepShutMinutes: number,
  group: FleetHold['group'] = null,
) {
  const ends = Object.entries(verdicts).map(([account, verdict]) => ({
    account,
    answer: { verdict, verifiedMs: verdict === 'EMPTY' ? 1_000 : null } as never,
  }))
  const pull = { trigger: TRIGGER, requestId: '0815', receivedAt: NOW - 3_000, endedAt: NOW }
  const wanted = { machineArn: MACHINE, persistMinutes: 15, keepShutMinutes, fuse: true }
  return fleetHoldAfter(ends, pull, group, wanted, 15 * MINUTE_MS)
}

test('where no book is kept shut, accounts that are proven are left alone, and the others are swept on', () => {
  const hold = after({ 'mm-btc': 'EMPTY', 'mm-eth': 'FAILED', 'arb-1': 'UNVERIFIED' }, 0)
  expect(Object.keys(hold?.accounts ?? {})).toEqual(['mm-eth', 'arb-1'])
  expect(after({ 'mm-btc': 'EMPTY' }, 0)).toBeNull()
})

test('where books are kept shut, each account is, under one name, and nobody has looked at it since its own proof', () => {
  const SEEN = { emptySince: iso(-2_000), seenAt: iso(-2_000) }
  const hold = after({ 'mm-btc': 'EMPTY', 'mm-eth': 'NOT_EMPTY' }, 10, MM)
  expect(hold).toMatchObject({
    name: 'pull-mm-0815',
    group: MM,
    provenBy: iso(15 * MINUTE_MS),
    fuse: true,
    accounts: {
      'mm-btc': { known: { shutUntil: iso(10 * MINUTE_MS), ...SEEN }, ended: null },
      'mm-eth': { known: { shutUntil: null, seenAt: iso(0) }, ended: null },
    },
  })
  expect(hold).not.toHaveProperty('known')
  const started = { executionArn: 'arn:x', endsBy: iso(25 * MINUTE_MS), keepShutMinutes: 10 }
  expect(fleetHoldingSentence(hold as FleetHold, started)).toBe(
    'HOLDING until 14:56:07 UTC at the latest in the group mm: mm-eth is swept on until there is proof, and then kept shut for 10 min; mm-btc is kept shut: whatever is placed in scope is cancelled. Release it: aws stepfunctions stop-execution --execution-arn arn:x',
  )
})
