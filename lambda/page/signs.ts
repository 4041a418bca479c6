import { type Markup, markup } from './markup.ts'
import type { Outcome } from './story.ts'

/** How a verdict looks: a colour, and a shape of its own for whoever does not see colours. */
type Look = 'good' | 'bad' | 'doubt' | 'idle' | 'going'

interface Sign {
  readonly look: Look
  readonly word: string
}

const SIGNS: Readonly<Record<Outcome, Sign>> = {
  EMPTY: { look: 'good', word: 'EMPTY' },
  NOT_EMPTY: { look: 'bad', word: 'NOT EMPTY' },
  UNVERIFIED: { look: 'doubt', word: 'UNVERIFIED' },
  FAILED: { look: 'bad', word: 'FAILED' },
  NOT_PROVEN: { look: 'bad', word: 'NOT PROVEN' },
  NOT_FIRED: { look: 'idle', word: 'NOT FIRED' },
  READY: { look: 'good', word: 'READY' },
  NOT_READY: { look: 'bad', word: 'NOT READY' },
  HOLDING: { look: 'going', word: 'HOLDING' },
  HELD: { look: 'good', word: 'HELD' },
  HOLD_LOST: { look: 'bad', word: 'HOLD LOST' },
  NO_ANSWER: { look: 'bad', word: 'NO ANSWER' },
}

/** A disc with a tick, an octagon with a bang, a triangle with a question mark, a ring with a dash, a disc with dots. */
const SHAPES: Readonly<Record<Look, Markup>> = {
  good: markup`<circle cx="12" cy="12" r="11"/><path d="M6.5 12.5l3.8 3.8 7.2-8"/>`,
  bad: markup`<polygon points="7.5,1 16.5,1 23,7.5 23,16.5 16.5,23 7.5,23 1,16.5 1,7.5"/><path d="M12 6v8m0 3.6v.6"/>`,
  doubt: markup`<polygon points="12,1.5 23.5,22.5 0.5,22.5"/><path d="M9.2 11.6a2.9 2.9 0 1 1 4.2 2.5c-.9.5-1.4.9-1.4 1.9m0 3v.5"/>`,
  idle: markup`<circle class="ring" cx="12" cy="12" r="10"/><path class="dash" d="M7 12h10"/>`,
  going: markup`<circle cx="12" cy="12" r="11"/><path d="M7 12h.1m4.9 0h.1m4.9 0h.1"/>`,
}

export function lookOf(outcome: Outcome): Look {
  return SIGNS[outcome].look
}

export function wordOf(outcome: Outcome): string {
  return SIGNS[outcome].word
}

/** The shape alone: the word stands beside it. */
export function signOf(outcome: Outcome): Markup {
  const { look } = SIGNS[outcome]
  return markup`<svg class="sign ${look}" viewBox="0 0 24 24" aria-hidden="true">${SHAPES[look]}</svg>`
}
