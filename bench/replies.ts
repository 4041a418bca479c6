import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Book } from '../drill/book.ts'
import { cancelAllAnswer } from '../drill/endpoints.ts'

/** What `reply-process.ts` prints. */
export interface Read {
  readonly ms: number
  readonly peakMemoryMb: number
}

export interface Replies {
  readonly orders: number
  readonly bytes: number
  /** From the last byte to the report, as JSON. */
  readonly ours: readonly Read[]
  /** `JSON.parse` and nothing else. */
  readonly parse: readonly Read[]
}

/** A market maker's book: limit orders, of which Kraken gives the id and every detail, some 400 bytes each. */
const SYMBOLS = ['PF_XBTUSD', 'PF_ETHUSD', 'PF_SOLUSD', 'PI_XBTUSD', 'FI_XBTUSD_261225'] as const

const run = promisify(execFile)
const PROCESS = new URL('./reply-process.ts', import.meta.url).pathname

/** Each reply in processes of their own, cold, as a kill switch reads it. */
export async function measureReplies(sizes: readonly number[], times: number): Promise<Replies[]> {
  const folder = await mkdtemp(join(tmpdir(), 'kill-switch-bench-'))
  const measured: Replies[] = []
  for (const orders of sizes) {
    const book = new Book()
    for (let i = 0; i < orders; i++)
      book.place({ cliOrdId: `grid-${i}`, symbol: SYMBOLS[i % SYMBOLS.length] as string })
    const body = cancelAllAnswer(null, book.orders).body
    const file = join(folder, `${orders}.json`)
    await writeFile(file, body)
    const ours: Read[] = []
    const parse: Read[] = []
    for (let i = 0; i < times; i++) {
      ours.push(await read('report', file, orders))
      parse.push(await read('parse', file, orders))
    }
    measured.push({ orders, bytes: Buffer.byteLength(body), ours, parse })
  }
  await rm(folder, { recursive: true })
  return measured
}

async function read(what: 'report' | 'parse', file: string, orders: number): Promise<Read> {
  const { stdout } = await run(process.execPath, [PROCESS, what, file])
  const { count, ...measured } = JSON.parse(stdout) as Read & { readonly count: number }
  if (count !== orders) throw new Error(`The reply of ${orders} orders is not valid: ${count} were read.`)
  return measured
}
