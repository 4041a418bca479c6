import * as v from 'valibot'
import {
  type HoldStory,
  type LapMark,
  type Story,
  storyOfHold,
  storyOfPull,
  storyOfSentence,
} from '../page/story.ts'
import type { Report } from '../report/report.ts'
import type { HoldKnown } from '../triggers/hold-event.ts'

const VERDICTS = ['EMPTY', 'NOT_EMPTY', 'UNVERIFIED', 'FAILED', 'NOT_FIRED'] as const

/** What every report has had since the first version; the rest is drawn as far as it is there. */
const reported = v.looseObject({
  verdict: v.picklist(VERDICTS),
  sentence: v.string(),
  trigger: v.looseObject({ receivedAt: v.string() }),
  timing: v.looseObject({ totalMs: v.number() }),
})
const pullLine = v.looseObject({ message: v.string(), report: reported })
const lapLine = v.looseObject({
  ...pullLine.entries,
  lap: v.looseObject({
    next: v.picklist(['lap', 'held', 'lost']),
    warnings: v.array(v.string()),
    hold: v.looseObject({ name: v.string(), pull: v.looseObject({ receivedAt: v.string() }) }),
  }),
})
type LapLine = v.InferOutput<typeof lapLine>

/** The pictures of what a log holds, the newest first: pulls, and holds with the pulls that they went on from. */
export function storiesOf(records: readonly unknown[]): readonly Story[] {
  const laps = records.filter((record) => v.is(lapLine, record))
  const pulls = records.filter((record) => v.is(pullLine, record) && !('lap' in record)) as {
    readonly report: Report
  }[]
  const holds = Map.groupBy(laps, ({ lap }) => lap.hold.name)
  const isHeld = (at: string) => laps.some(({ lap }) => lap.hold.pull.receivedAt === at)
  const made = [
    ...pulls
      .filter(({ report }) => !isHeld(report.trigger.receivedAt))
      .map(({ report }) => ({ at: report.trigger.receivedAt, story: storyOfPull(report) })),
    ...[...holds.values()].map((lines) => ({ at: pulledAt(lines), story: heldStory(lines, pulls) })),
  ]
  return made.toSorted((a, b) => Date.parse(b.at) - Date.parse(a.at)).map(({ story }) => story)
}

function pulledAt(lines: readonly LapLine[]): string {
  return lines[0]?.lap.hold.pull.receivedAt ?? ''
}

function heldStory(lines: readonly LapLine[], pulls: readonly { readonly report: Report }[]): Story {
  const inOrder = lines.toSorted((a, b) => receivedAt(a) - receivedAt(b))
  const last = inOrder.at(-1) as LapLine
  const pullAt = pulledAt(inOrder)
  const outcome = ({ lap: 'HOLDING', held: 'HELD', lost: 'HOLD_LOST' } as const)[last.lap.next]
  const hold: HoldStory = {
    laps: inOrder.map((line) => markOf(line, Date.parse(pullAt))),
    sentence: last.message,
    outcome,
    known: (last.lap.hold.known as HoldKnown | undefined) ?? null,
  }
  const pull = pulls.find(({ report }) => report.trigger.receivedAt === pullAt)
  const before = pull === undefined ? null : storyOfPull(pull.report, { title: 'The pull before it' })
  return storyOfHold(hold, before, { warnings: last.lap.warnings })
}

function markOf(line: LapLine, pulledAt: number): LapMark {
  const { sentence, timing } = line.report
  return { atMs: receivedAt(line) - pulledAt, ms: timing.totalMs, sentence }
}

function receivedAt({ report }: LapLine): number {
  return Date.parse(report.trigger.receivedAt)
}

/** What is left of a picture that cannot be drawn, such as that of another version's report: what it said. */
export function plainStory({ outcome, sentence }: Story): Story {
  return storyOfSentence(outcome, sentence, {
    remarks: ['Its picture cannot be drawn; the log has all of it.'],
  })
}
