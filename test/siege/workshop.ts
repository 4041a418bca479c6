import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect } from 'vitest'

/** One line of the switch broken by hand: the siege has to find it. */
export interface Sabotage {
  readonly file: string
  readonly from: string
  readonly to: string
}

/** A copy of the switch in which it is broken, and besieged. */
export class Workshop {
  readonly #folder: string

  private constructor(folder: string) {
    this.#folder = folder
  }

  static async open(): Promise<Workshop> {
    const folder = await mkdtemp(join(tmpdir(), 'kill-switch-siege-'))
    for (const name of ['lambda', 'drill', 'siege', 'package.json'])
      await cp(name, join(folder, name), { recursive: true })
    await symlink(resolve('node_modules'), join(folder, 'node_modules'))
    return new Workshop(folder)
  }

  /** How the siege ends, and what it says, while that line is broken. */
  async besieged({ file, from, to }: Sabotage, args: readonly string[]): Promise<string> {
    const path = join(this.#folder, file)
    const whole = await readFile(path, 'utf8')
    expect(whole).toContain(from)
    await writeFile(path, whole.replace(from, to))
    try {
      return await this.#besiege(args)
    } finally {
      await writeFile(path, whole)
    }
  }

  #besiege(args: readonly string[]): Promise<string> {
    return new Promise((done) => {
      const cwd = this.#folder
      execFile(process.execPath, ['siege/siege.ts', ...args], { cwd }, (error, stdout, stderr) => {
        done(`exit ${error === null ? 0 : error.code}\n${stdout}${stderr}`)
      })
    })
  }

  close(): Promise<void> {
    return rm(this.#folder, { recursive: true })
  }
}
