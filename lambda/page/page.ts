import { createHash } from 'node:crypto'
import { foreign, Markup, markup } from './markup.ts'
import { panel } from './panel.ts'
import { lookOf, signOf, wordOf } from './signs.ts'
import type { Story } from './story.ts'
import { STYLE } from './style.ts'

export interface Page {
  readonly title: string
  /** One sentence beneath it; null for none. */
  readonly about: string | null
  /** At least one. */
  readonly stories: readonly Story[]
}

/** What every page begins with, and hardly another file. */
export const PAGE_START = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="generator" content="Kraken Futures kill switch">
`

/**
 * One HTML page that stands alone: it fetches nothing and runs nothing, and its policy lets no other style in than its own.
 *
 * @returns the whole file
 */
export function renderPage({ title, about, stories }: Page): string {
  const style = `'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`
  const policy = `default-src 'none'; style-src ${style}; base-uri 'none'; form-action 'none'`
  const page = markup`${new Markup(PAGE_START)}<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${new Markup(STYLE)}</style>
</head>
<body class="ks">
<header><h1>${title}</h1>${about === null ? null : markup`<p>${about}</p>`}</header>
${stories.length > 1 ? contents(stories) : null}
<main>${stories.map((story, at) => markup`<div id="s${at + 1}">${panel(story)}</div>`)}</main>
</body>
</html>
`
  return page.text
}

/** One line for each, with its verdict, that leads to its picture. */
function contents(stories: readonly Story[]): Markup {
  const lines = stories.map(
    ({ title, outcome, sentence }, at) =>
      markup`<li class="${lookOf(outcome)}"><a href="#s${at + 1}">${signOf(outcome)}<span class="word">${wordOf(outcome)}</span><span>${foreign(title ?? sentence)}</span></a></li>`,
  )
  return markup`<nav aria-label="All of them"><ol>${lines}</ol></nav>`
}
