import type { Book, RestingOrder } from './book.ts'

export interface BotInputs {
  /** Its orders are named by it: `mm7-1`, `mm7-2`. */
  readonly prefix: string
  readonly everyMs: number
  /** What its orders are, where they are not the usual ones. */
  readonly order?: Partial<RestingOrder>
}

/** A trading bot that runs away: it places an order, and another, whatever is cancelled. */
export class Bot {
  readonly #book: Book
  readonly #inputs: BotInputs
  #timer: NodeJS.Timeout | undefined
  #placed = 0

  constructor(book: Book, inputs: BotInputs) {
    this.#book = book
    this.#inputs = inputs
  }

  /** How many orders it has placed. */
  get placed(): number {
    return this.#placed
  }

  /** Its first order comes after one interval. */
  start(): void {
    const { prefix, everyMs, order } = this.#inputs
    this.stop()
    this.#timer = setInterval(() => {
      this.#placed += 1
      this.#book.place({ ...order, cliOrdId: `${prefix}${this.#placed}` })
    }, everyMs)
  }

  stop(): void {
    clearInterval(this.#timer)
  }
}
