import { closeSync, fstatSync, openSync, readSync, type Stats } from 'node:fs'
import { isatty } from 'node:tty'
import { InputRefused } from '../lambda/errors.ts'

/** What Secrets Manager takes at most, too. */
const MOST_BYTES = 65_536
const GROUP_AND_OTHERS = 0o077

/**
 * The text of a file of keys, or of standard input. Neither a path nor a text is quoted: the one may be the other.
 *
 * @param file null for standard input
 * @throws InputRefused when it cannot be read, or others can
 */
export async function readSecretText(file: string | null): Promise<string> {
  return file === null ? readStandardInput() : readKeyFile(file)
}

function readKeyFile(path: string): string {
  const descriptor = open(path)
  try {
    refuseIfShared(fstatSync(descriptor)) // of what is read, and not of what the name leads to a moment later
    return readWhole(descriptor)
  } catch (error) {
    throw error instanceof InputRefused ? error : unreadable(error)
  } finally {
    closeSync(descriptor)
  }
}

function open(path: string): number {
  try {
    return openSync(path, 'r')
  } catch (error) {
    throw unreadable(error)
  }
}

function unreadable(error: unknown): InputRefused {
  const code = String((error as NodeJS.ErrnoException).code)
  const why = WHY[code] ?? `cannot be read (${code})`
  return new InputRefused(`the file that --secret-file names ${why}. Name the file that holds the keys`)
}

const WHY: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  ENOTDIR: 'does not exist',
  EACCES: 'may not be read by you',
  EISDIR: 'is a folder',
}

/** Windows has other rights than these. */
function refuseIfShared({ mode }: Stats): void {
  if (process.platform === 'win32' || (mode & GROUP_AND_OTHERS) === 0) return
  const rights = (mode & 0o777).toString(8)
  throw new InputRefused(
    `others on this machine have rights to the file of keys (mode ${rights}). Take them away with chmod 600, and think whether somebody has read it`,
  )
}

function readWhole(descriptor: number): string {
  const bytes = Buffer.alloc(MOST_BYTES + 1)
  let length = 0
  for (;;) {
    const read = readSync(descriptor, bytes, length, bytes.length - length, null)
    length += read
    refuseIfTooLong(length)
    if (read === 0) return bytes.toString('utf8', 0, length)
  }
}

async function readStandardInput(): Promise<string> {
  if (isatty(0)) {
    throw new InputRefused(
      'standard input is a terminal, which would show the keys. Send them through a pipe, or name their file by --secret-file',
    )
  }
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of process.stdin) {
    chunks.push(chunk as Buffer)
    length += (chunk as Buffer).length
    refuseIfTooLong(length)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function refuseIfTooLong(bytes: number): void {
  if (bytes <= MOST_BYTES) return
  throw new InputRefused(
    'there is more than 64 KB where the keys should be. Give their JSON and nothing else',
  )
}
