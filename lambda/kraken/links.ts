import type { Clock } from '../clock.ts'
import { Link } from './link.ts'
import type { SessionToken } from './session-token.ts'
import { SUSPECT_AFTER_MS } from './socket-pool.ts'
import type { OpenWire } from './wire.ts'

/** The links of this process: the one that is kept for the next request, and the one that is being opened. */
export class Links {
  readonly #openWire: OpenWire
  readonly #clock: Clock
  #kept: Link | null = null
  #opening: { readonly link: Promise<Link>; readonly startedAt: number } | null = null

  constructor(openWire: OpenWire, clock: Clock) {
    this.#openWire = openWire
    this.#clock = clock
  }

  /** The link that may be used now; null when there is none. */
  get kept(): Link | null {
    return this.#kept?.isOpen === true ? this.#kept : null
  }

  /**
   * The link that is being opened, unless that began before the process may have been frozen; else a new one, which
   * replaces the one that is kept.
   *
   * @throws ExchangeError when there is no token, or no connection, in time
   * @throws SecretUnavailable, SecretInvalid when there is no key
   */
  open(fetchToken: () => Promise<SessionToken>, timeoutMs: number): Promise<Link> {
    const now = this.#clock.now()
    if (this.#opening !== null && now - this.#opening.startedAt <= SUSPECT_AFTER_MS) return this.#opening.link
    const opening = { link: this.#open(fetchToken, timeoutMs), startedAt: now }
    const forget = () => {
      if (this.#opening === opening) this.#opening = null
    }
    opening.link.then(forget, forget)
    this.#opening = opening
    return opening.link
  }

  /** The connection is opened while the token is on its way. */
  async #open(fetchToken: () => Promise<SessionToken>, timeoutMs: number): Promise<Link> {
    let link: Link | null = null
    let isClosed = false
    const early: string[] = []
    const wire = this.#openWire(
      {
        onMessage: (message) => (link === null ? early.push(message) : link.hear(message)),
        onClose: () => {
          isClosed = true
          link?.heardClose()
        },
      },
      timeoutMs,
    )
    try {
      const [opened, token] = await Promise.all([wire, fetchToken()])
      link = new Link(opened, token, this.#clock)
    } catch (error) {
      wire.then(
        (opened) => opened.close(),
        () => {},
      )
      throw error
    }
    for (const message of early) link.hear(message)
    if (isClosed) link.heardClose()
    this.#kept?.retire()
    this.#kept = link
    return link
  }
}
