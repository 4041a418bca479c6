import * as v from 'valibot'
import { nearest } from './nearest.ts'

/** One line for each mistake: its path in cdk.json, what is wrong, how to fix it. */
export function mistakesIn(issues: readonly v.BaseIssue<unknown>[]): string[] {
  return issues.flatMap((issue) =>
    issue.expected === 'never' ? unknownSettings(issue) : [`${pathOf(v.getDotPath(issue))} ${said(issue)}`],
  )
}

function said({ received, message }: v.BaseIssue<unknown>): string {
  return received === 'undefined' ? 'is missing' : message
}

/** All of a block: valibot names the first alone. The known ones are what `block` gives as its requirement. */
function unknownSettings({ path, requirement }: v.BaseIssue<unknown>): string[] {
  const known = requirement as string[]
  const within = (path ?? []).slice(0, -1).map(({ key }) => String(key))
  const written = Object.keys(path?.at(-1)?.input as object)
  return written
    .filter((word) => !known.includes(word))
    .map((word) => {
      const meant = nearest(word, known)
      const fix =
        meant === null ? 'Look into docs/configuration.md, which lists them' : `Did you mean ${meant}?`
      return `${pathOf([...within, word].join('.'))} is not a known setting. ${fix}`
    })
}

function pathOf(dotted: string | null): string {
  return dotted === null ? 'killSwitch' : `killSwitch.${dotted}`
}
