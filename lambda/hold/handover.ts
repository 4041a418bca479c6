import type { Invocation, Report } from '../report/report.ts'
import { placedSince } from '../report/sentence.ts'
import type { LapFindings, LapInputs } from '../sweep/hold.ts'
import type { VerdictKind } from '../sweep/verdict.ts'
import { MOST_BLIND_MS } from '../sweep/watch.ts'
import type { Hold, HoldKnown } from '../triggers/hold-event.ts'

/* What one lap gets from the last, and leaves to the next: times cross as ISO 8601, since each process counts its own. */

const MINUTE_MS = 60_000
/** Two laps and a cold start: while laps come, it never fires. */
const FUSE_SECONDS = 60
/** What a lap knows has to fit into 2 KB. */
const MOST_SENTENCE = 600
const MOST_PLACED = 200

type FromHold = 'scope' | 'provenBy' | 'keepShutMs' | 'shutUntil' | 'emptySince' | 'fuseSeconds'

/** What a lap is to do, on the monotonic clock of its process. */
export function lapInputsOf(hold: Hold, invocation: Invocation): Pick<LapInputs, FromHold> {
  const { scope, provenBy, keepShutMinutes, fuse, known } = hold
  const monotonic = (iso: string) => invocation.startedAt + Date.parse(iso) - invocation.receivedAt
  const orNull = (iso: string | null) => (iso === null ? null : monotonic(iso))
  const isKnownEmpty = blindMsBefore(hold, invocation) <= MOST_BLIND_MS
  return {
    scope,
    provenBy: monotonic(provenBy),
    keepShutMs: keepShutMinutes * MINUTE_MS,
    shutUntil: orNull(known.shutUntil),
    emptySince: isKnownEmpty ? orNull(known.emptySince) : null,
    fuseSeconds: fuse ? FUSE_SECONDS : null,
  }
}

/** How long nobody looked before this lap; 0 before the first. */
function blindMsBefore({ known: { seenAt } }: Hold, { receivedAt }: Invocation): number {
  return seenAt === null ? 0 : receivedAt - Date.parse(seenAt)
}

/**
 * What the laps know after this one.
 *
 * @param endedAt milliseconds since 1970
 */
export function knownAfter(
  hold: Hold,
  found: Omit<LapFindings, 'swept' | 'verdict'>,
  report: Report,
  invocation: Invocation,
  endedAt: number,
): HoldKnown {
  const iso = (at: number | null) =>
    at === null ? null : new Date(Math.round(invocation.receivedAt + at - invocation.startedAt)).toISOString()
  const { known } = hold
  const { placedSince: placed } = found.tally
  return {
    ...known,
    laps: known.laps + 1,
    refills: known.refills + found.refills,
    cancelled: known.cancelled + report.cancelled.count,
    isLowerBound: known.isLowerBound || report.cancelled.isLowerBound,
    emptySince: emptySinceOf(report, iso(found.emptySince)),
    shutUntil: iso(found.shutUntil),
    seenAt: new Date(endedAt).toISOString(),
    blindMs: Math.max(known.blindMs, Math.round(blindMsBefore(hold, invocation)), found.blindMs),
    fuseFiresAt: isoOrNull(found.fuse?.firesAt) ?? known.fuseFiresAt,
    isFuseShared: known.isFuseShared || (found.fuse?.isShared ?? false),
    placed: placed.length === 0 ? known.placed : placedSince(placed).slice(0, MOST_PLACED),
    sentence: report.sentence.slice(0, MOST_SENTENCE),
  }
}

/** A cancel without a usable answer may have found an order of which nobody was told: then it is empty since the last proof. */
function emptySinceOf({ cancelled, proof }: Report, since: string | null): string | null {
  return since !== null && cancelled.isLowerBound ? (proof?.at ?? null) : since
}

function isoOrNull(at: number | null | undefined): string | null {
  return at === null || at === undefined ? null : new Date(at).toISOString()
}

/**
 * What comes after a lap: the next one until its time is over, then the end, which is as it should be only with a proof.
 *
 * Without a proof it is over only after a lap that began when its time was over, and had all of its own for one.
 *
 * @param verdict of the lap
 * @param beganAt, endedAt milliseconds since 1970
 */
export function nextAfter(
  { provenBy, known }: Hold,
  verdict: VerdictKind,
  beganAt: number,
  endedAt: number,
): 'lap' | 'held' | 'lost' {
  const overAt = Date.parse(known.shutUntil ?? provenBy)
  if (verdict === 'EMPTY') return endedAt >= overAt ? 'held' : 'lap'
  return beganAt >= overAt ? 'lost' : 'lap'
}
