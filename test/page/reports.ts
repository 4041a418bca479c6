import type { Report } from '../../lambda/report/report.ts'
import type { ShownAttempt, ShownOrder } from '../../lambda/report/shown.ts'

/** What no page may take for anything but text: markup, ends of scripts, styles, comments and CDATA, turned directions. */
export const HOSTILE = [
  '<img src=x onerror="document.title=1">',
  '</script></style></svg></title><script>document.title=2</script>',
  ']]>--><!--',
  '" onmouseover="document.title=3" x=\'',
  '&lt;b&gt;&amp;',
  '\u202Eevil\u202C\u2066\u200F\u061C',
  'line\nbreak\u0000\u0007\u2028',
].join(' ')

export const ORDER: ShownOrder = {
  orderId: '820433f6-1044-43fd-8154-91b32d515ddb',
  symbol: 'PF_XBTUSD',
  side: 'sell',
  type: 'stop',
  size: 1,
  price: 58_000,
  reduceOnly: true,
  cliOrdId: 'maker-2',
}

export function attempt(call: string, atMs: number, ms: number, outcome = 'ok'): ShownAttempt {
  return { call, atMs, ms, outcome, connection: atMs < 0 ? null : 'kept' }
}

/** Of a clean pull over both roads. */
export const CLEAN: Report = {
  verdict: 'EMPTY',
  sentence: 'EMPTY (verified): 37 orders cancelled, 0 open, 1016 ms after the trigger was received.',
  warnings: ['PROTECTION REMOVED: 7 of the cancelled orders were stops.'],
  trigger: {
    kind: 'alarm',
    by: 'bot-heartbeat-missing',
    reason: 'Threshold Crossed',
    receivedAt: '2026-12-01T14:31:07.089Z',
    eventAgeMs: 174,
  },
  scope: 'all',
  cancelled: {
    count: 37,
    isLowerBound: false,
    orderIds: [ORDER.orderId],
    bySymbol: { PF_XBTUSD: 20, PF_ETHUSD: 10 },
    protective: [ORDER],
    protectiveCount: 7,
    withoutDetail: 7,
  },
  roads: [
    { road: 'rest', ackMs: 6, reads: 4, readMs: 640, open: 0, isProof: false, trouble: null },
    { road: 'unified', ackMs: 22, reads: 5, readMs: 1016, open: 0, isProof: true, trouble: null },
  ],
  remaining: { count: 0, orders: [] },
  kept: null,
  proof: { reads: 5, quietPeriodMs: 1000, at: '2026-12-01T14:31:08.105Z' },
  positions: [{ symbol: 'PF_XBTUSD', side: 'long', size: 0.4, price: 61_250 }],
  attempts: [
    attempt('connect', -64, 52),
    attempt('GetSecretValue', -46, 41),
    attempt('cancelallorders', 2, 4),
    attempt('openorders', 7, 3),
    attempt('openpositions', 8, 3),
    attempt('cancel_all', 18, 4),
    attempt('executions', 24, 2),
    attempt('openorders', 318, 3),
    attempt('executions', 1_014, 2),
  ],
  timing: { coldStart: true, secretMs: 1, sentMs: 3, ackMs: 6, verifiedMs: 1_016, totalMs: 1_016 },
  exchange: { serverTime: '2026-12-01T14:31:07.729Z', clockSkewMs: -3 },
  account: 'kill-switch/prod',
  hold: null,
}

/** Every text that comes from outside, and some that does not, is hostile. */
export const HOSTILE_REPORT: Report = {
  ...CLEAN,
  verdict: 'NOT_EMPTY',
  sentence: `NOT EMPTY: 1 order still open (${HOSTILE}).`,
  warnings: [`ROAD DOWN: ${HOSTILE}`, HOSTILE],
  trigger: { ...CLEAN.trigger, by: HOSTILE, reason: HOSTILE },
  scope: [HOSTILE],
  cancelled: {
    ...CLEAN.cancelled,
    bySymbol: { [HOSTILE]: 30 },
    protective: [{ ...ORDER, cliOrdId: HOSTILE }],
  },
  roads: [
    { road: 'rest', ackMs: null, reads: 0, readMs: null, open: 'unknown', isProof: false, trouble: HOSTILE },
  ],
  remaining: {
    count: 1,
    orders: [{ ...ORDER, symbol: HOSTILE, side: HOSTILE, type: HOSTILE, cliOrdId: HOSTILE }],
  },
  kept: { count: 1, orders: [{ ...ORDER, cliOrdId: HOSTILE }] },
  positions: [{ symbol: HOSTILE, side: HOSTILE, size: null, price: null }],
  attempts: [attempt(`cancelallorders ${HOSTILE}`, 2, 4, HOSTILE), attempt(HOSTILE, 8, 4)],
  timing: { ...CLEAN.timing, verifiedMs: null },
  account: HOSTILE,
}
