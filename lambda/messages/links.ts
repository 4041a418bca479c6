import type { LinkSettings } from '../init/function-settings.ts'
import type { Fact } from './message.ts'

/** By the first words of a message: the mark in docs/runbook.md of the line that says what to do now. */
export const MARKS = {
  EMPTY: 'empty',
  NOT_EMPTY: 'not-empty',
  DISPUTED: 'roads-disagree',
  UNVERIFIED: 'unverified',
  FAILED: 'failed',
  NOT_FIRED: 'not-fired',
  STILL_SWEEPING: 'still-sweeping',
  HELD: 'held',
  HOLD_LOST: 'hold-lost',
} as const

export type Mark = (typeof MARKS)[keyof typeof MARKS]

/** Of a process that nobody told: the runbook is named as the project has it. */
export const NO_LINKS: LinkSettings = { dashboardUrl: null, runbookUrl: null }

/** Kraken's own interface; @see https://support.kraken.com/hc/en-us/articles/4844429542676-Trading-Multi-Collateral-Futures */
export const KRAKEN_URL = 'https://pro.kraken.com'

/** What a message leads to. */
export function linksOf(mark: Mark, { dashboardUrl, runbookUrl }: LinkSettings): readonly Fact[] {
  return [
    ['Runbook', `${runbookUrl ?? 'docs/runbook.md'}#${mark}`],
    ['By hand', `${KRAKEN_URL} (Open Orders and Trigger Orders, each: Cancel All)`],
    ...(dashboardUrl === null ? [] : [['Dashboard', dashboardUrl] as const]),
  ]
}
