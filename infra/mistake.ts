import * as v from 'valibot'
import { nearest } from './nearest.ts'

/**
 * One line for each mistake: its path, what is wrong, how to fix it.
 *
 * @param root what every path begins with
 */
export function mistakesIn(issues: readonly v.BaseIssue<unknown>[], root: string): string[] {
  return issues.flatMap((issue) =>
    issue.expected === 'never'
      ? unknownSettings(issue, root)
      : [`${pathOf(v.getDotPath(issue), root)} ${said(issue)}`],
  )
}

function said({ received, message }: v.BaseIssue<unknown>): string {
  return received === 'undefined' ? 'is missing' : message
}

/** All of a block: valibot names the first alone. The known ones are what `block` gives as its requirement. */
function unknownSettings({ path, requirement }: v.BaseIssue<unknown>, root: string): string[] {
  const known = requirement as string[]
  const within = (path ?? []).slice(0, -1).map(({ key }) => String(key))
  const written = Object.keys(path?.at(-1)?.input as object)
  return written
    .filter((word) => !known.includes(word))
    .map((word) => {
      const fix = fixOf(word, nearest(word, known))
      return `${pathOf([...within, word].join('.'), root)} is not a known setting. ${fix}`
    })
}

function fixOf(word: string, meant: string | null): string {
  if (word === 'config') return 'Write what is in it directly: {secret: "…"}'
  return meant === null ? 'Look into docs/configuration.md, which lists them' : `Did you mean ${meant}?`
}

function pathOf(dotted: string | null, root: string): string {
  return dotted === null ? root : `${root}.${dotted}`
}
