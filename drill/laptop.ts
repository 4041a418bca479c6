import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Stage } from './stage.ts'

const FILE = new URL('../dist/break-glass/kill-switch.mjs', import.meta.url).pathname

export interface LaptopInputs {
  /** Beside those that name the file of keys; or all of them, with its name. */
  readonly args: readonly string[] | ((keyFile: string) => readonly string[])
  /** What that file holds; by default the keys of both roads. */
  readonly secret?: string
  /** The rights to it. */
  readonly mode?: number
  /** Beside what leads to the stage. Nothing is inherited. */
  readonly env?: Readonly<Record<string, string>>
  readonly stdio?: StdioOptions
  /** What runs it, and its flags; by default this very Node.js without any. */
  readonly node?: readonly [string, ...string[]]
}

/** The switch without AWS, in a process of its own, with a file of keys that is its owner's alone. */
export class Laptop {
  readonly child: ChildProcess
  stdout = ''
  stderr = ''
  /** The exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals | null>

  private constructor(child: ChildProcess, keyFile: string) {
    this.child = child
    child.stdout?.on('data', (chunk) => {
      this.stdout += chunk
    })
    child.stderr?.on('data', (chunk) => {
      this.stderr += chunk
    })
    this.ended = new Promise((resolve) => {
      child.once('close', async (code, signal) => {
        await rm(dirname(keyFile), { recursive: true })
        resolve(code ?? signal)
      })
    })
  }

  static async press(stage: Stage, inputs: LaptopInputs): Promise<Laptop> {
    const { exchange, certificate } = stage
    const { args, secret = exchange.account.secretFor('both'), mode = 0o600, env, stdio = 'pipe' } = inputs
    const [node, ...flags] = inputs.node ?? [process.execPath]
    const keyFile = join(await mkdtemp(join(tmpdir(), 'kill-switch-')), 'keys.json')
    await writeFile(keyFile, secret, { mode: 0o600 })
    await chmod(keyFile, mode)
    const ways = {
      KRAKEN_FUTURES_URL: exchange.url,
      KRAKEN_UNIFIED_URL: exchange.unifiedUrl,
      KRAKEN_API_URL: exchange.apiUrl,
      NODE_EXTRA_CA_CERTS: certificate.caFile,
    }
    const all = typeof args === 'function' ? args(keyFile) : ['--secret-file', keyFile, ...args]
    return new Laptop(spawn(node, [...flags, FILE, ...all], { env: { ...ways, ...env }, stdio }), keyFile)
  }
}
