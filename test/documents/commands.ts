import { pages } from './pages.ts'

/** A command as a shell would run it, out of a block of a page. */
export interface Command {
  readonly page: string
  /** Its line in the page, for a person. */
  readonly line: string
  /** Without quotes. */
  readonly words: readonly string[]
}

/** Every command that stands in a block of shell; where several stand on a line, each. */
export const commands: readonly Command[] = pages.flatMap(({ file, blocks }) =>
  blocks.filter(({ language }) => language === 'sh').flatMap(({ text }) => commandsIn(file, text)),
)

/** What follows a word: `--name VALUE`. */
export function optionOf({ words }: Command, option: string): string | undefined {
  const at = words.indexOf(option)
  return at < 0 ? undefined : words[at + 1]
}

function commandsIn(page: string, block: string): readonly Command[] {
  const lines = block.replaceAll(/\\\n\s*|(?<=\|)\n\s*/g, ' ').split('\n')
  return lines.flatMap((line) => {
    const [, code = ''] = /^((?:'[^']*'|"[^"]*"|[^'"#]|(?<=\S)#)*)/.exec(line) ?? []
    return split(code).map((words) => ({ page, line: line.trim(), words }))
  })
}

/** The words of each command of a line; where to its output goes is left out. */
function split(code: string): readonly (readonly string[])[] {
  const all: string[][] = [[]]
  for (const [token] of code.replaceAll(/>\s*\S+/g, '').matchAll(/'[^']*'|"[^"]*"|&&|\||[^\s'"|&]+/g)) {
    if (token === '&&' || token === '|') all.push([])
    else all.at(-1)?.push(token.replaceAll(/^(['"])(.*)\1$/g, '$2'))
  }
  return all.filter((words) => words.length > 0)
}
