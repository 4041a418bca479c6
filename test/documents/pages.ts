import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'

/** One page of the project's documents. */
export interface Page {
  /** From the root of the project. */
  readonly file: string
  readonly text: string
  readonly blocks: readonly Block[]
  /** What a link may name behind its `#`, as GitHub makes them. */
  readonly anchors: ReadonlySet<string>
  /** Links into the project; those of the network are not followed here. */
  readonly links: readonly Link[]
}

/** A fenced block. */
export interface Block {
  /** Behind the opening fence. */
  readonly language: string
  readonly text: string
}

export interface Link {
  readonly page: string
  /** As it stands in the page. */
  readonly written: string
  /** From the root of the project. */
  readonly file: string
  /** Without `#`; null for the page as a whole. */
  readonly anchor: string | null
}

const FENCED = /^( *)```(\S*)\n([\s\S]*?)^\1```$/gm

/** Every document that a person may come to read. */
export const pages: readonly Page[] = globSync([
  '*.md',
  'docs/*.md',
  '{bench,siege,test/mutation}/RESULTS.md',
  'test/fixtures/README.md',
])
  .toSorted()
  .map(readPage)

/** @throws Error when there is no such page */
export function pageOf(file: string): Page {
  const page = pages.find((one) => one.file === file)
  if (page === undefined) throw new Error(`There is no page ${file}`)
  return page
}

/** What stands under a heading or an anchor, up to the next heading of that level or a higher one. */
export function sectionOf(page: Page, anchor: string): string {
  const headings = [...page.text.matchAll(/^(#+) (.+)$/gm)]
  const at = headings.findIndex(([, , title]) => slugOf(String(title)) === anchor)
  const level = String(headings[at]?.[1]).length
  const next = headings.slice(at + 1).find(([, marks]) => String(marks).length <= level)
  return at < 0 ? '' : page.text.slice(headings[at]?.index, next?.index)
}

function readPage(file: string): Page {
  const text = readFileSync(file, 'utf8')
  const prose = text.replace(FENCED, '')
  const titles = [...prose.matchAll(/^#+ (.+)$/gm)].map(([, title]) => slugOf(String(title)))
  const marks = [...prose.matchAll(/<a id="([^"]+)">/g)].map(([, id]) => String(id))
  return {
    file,
    text,
    blocks: [...text.matchAll(FENCED)].map(([, indent = '', language = '', block = '']) => ({
      language,
      text: block.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
    })),
    anchors: new Set([...titles, ...marks]),
    links: [...prose.matchAll(/\]\(((?!https?:)[^)\s]+)\)/g)].map(([, written]) =>
      linkOf(file, String(written)),
    ),
  }
}

function linkOf(page: string, written: string): Link {
  const [path = '', anchor = null] = written.split('#')
  return { page, written, file: path === '' ? page : normalize(join(dirname(page), path)), anchor }
}

/** As GitHub makes an anchor of a heading. */
function slugOf(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-')
}
