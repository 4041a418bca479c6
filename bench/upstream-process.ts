import { type ChildProcess, fork } from 'node:child_process'
import type { Commands } from './upstreams.ts'

type Answer = { readonly id: number; readonly result?: unknown; readonly error?: string }

/** The process of the upstreams, from the outside. */
export class UpstreamProcess {
  readonly #child: ChildProcess
  readonly #pending = new Map<number, (answer: Answer) => void>()
  #lastId = 0

  constructor() {
    this.#child = fork(new URL('./upstreams.ts', import.meta.url))
    this.#child.on('message', (answer: Answer) => {
      this.#pending.get(answer.id)?.(answer)
      this.#pending.delete(answer.id)
    })
  }

  async tell<Name extends keyof Commands>(
    name: Name,
    ...[input]: Parameters<Commands[Name]>
  ): Promise<ReturnType<Commands[Name]>> {
    const id = ++this.#lastId
    const answered = new Promise<Answer>((resolve) => this.#pending.set(id, resolve))
    this.#child.send({ id, name, input })
    const { result, error } = await answered
    if (error !== undefined) throw new Error(`${name}: ${error}`)
    return result as ReturnType<Commands[Name]>
  }

  close(): void {
    this.#child.disconnect()
  }
}
