/** One element of a page. */
export interface Element {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly within: readonly string[]
  /** Of it and of all that is in it. */
  text: string
}

const VOID = ['meta']
const TOKEN =
  /<!doctype html>|<(?<close>\/)?(?<name>[a-zA-Z][a-zA-Z0-9-]*)(?<attributes>(?:\s+[a-zA-Z][\w:-]*="[^"<]*")*)\s*(?<self>\/)?>|(?<text>[^<]+)/y

/**
 * The elements of a page in their order. Strict: every tag is closed in its turn, every attribute quoted, and `<` is a tag.
 *
 * @throws Error at the first place that is not so
 */
export function elementsOf(page: string): readonly Element[] {
  const found: Element[] = []
  const open: Element[] = []
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < page.length) {
    const at = TOKEN.lastIndex
    const { close, name, attributes, self, text } = TOKEN.exec(page)?.groups ?? fail(page, at)
    if (text !== undefined) for (const element of open) element.text += decoded(text)
    if (name === undefined) continue
    if (close !== undefined) {
      if (open.pop()?.name !== name) fail(page, at)
      continue
    }
    const within = open.map((element) => element.name)
    const element = { name, attributes: attributesOf(attributes ?? ''), within, text: '' }
    found.push(element)
    if (self === undefined && !VOID.includes(name)) open.push(element)
  }
  if (open.length > 0) throw new Error(`${open.at(-1)?.name} is not closed`)
  return found
}

function fail(page: string, at: number): never {
  throw new Error(`no markup at ${at}: ${page.slice(Math.max(0, at - 60), at + 80)}`)
}

function attributesOf(text: string): Readonly<Record<string, string>> {
  const pairs = [...text.matchAll(/([\w:-]+)="([^"]*)"/g)].map(([, name, value]) => [
    name,
    decoded(String(value)),
  ])
  if (new Set(pairs.map(([name]) => name)).size < pairs.length) throw new Error(`an attribute twice: ${text}`)
  return Object.fromEntries(pairs)
}

function decoded(text: string): string {
  return text.replace(/&(?:amp|lt|gt|quot|#39);|&/g, (entity) => ENTITIES[entity] ?? bare(text))
}

function bare(text: string): never {
  throw new Error(`a bare & in ${text}`)
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
}
