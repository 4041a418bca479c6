import dns, { type LookupAddress } from 'node:dns'
import type { LookupFunction } from 'node:net'

/** With addresses from before at hand, a name server gets so long. */
const SLOW_LOOKUP_MS = 500

/**
 * The addresses of one host, as its connections need them: in the order of the operating system, which puts those without
 * a route last, but the one that was reached last before all others. A family that swallows packets costs one connection
 * its time, not each.
 *
 * A name server that is down costs a warm process nothing: the addresses from before are used, and TLS says who is there.
 */
export class Addresses {
  #known: readonly LookupAddress[] = []
  #reached: string | undefined
  #asking: Promise<readonly LookupAddress[]> | null = null

  noteReached(address: string | undefined): void {
    this.#reached = address
  }

  /** For `net.connect`, which asks for all addresses where it may choose the family. */
  readonly lookup: LookupFunction = (host, _options, done) => {
    const answer = (addresses: readonly LookupAddress[]) => done(null, this.#ordered(addresses))
    this.#ask(host).then(answer, (error) => (this.#known.length > 0 ? answer(this.#known) : done(error, [])))
  }

  #ordered(addresses: readonly LookupAddress[]): LookupAddress[] {
    const isReached = ({ address }: LookupAddress) => address === this.#reached
    return [...addresses.filter(isReached), ...addresses.filter((one) => !isReached(one))]
  }

  /**
   * One question at a time: `getaddrinfo` holds one of the four threads of the process until it gives up, which may be
   * after many attempts. So Kraken's three names, when they are not answered, leave a thread for others.
   */
  #ask(host: string): Promise<readonly LookupAddress[]> {
    this.#asking ??= resolve(host).finally(() => {
      this.#asking = null
    })
    void this.#asking.then((addresses) => {
      this.#known = addresses
    }, ignore)
    return this.#known.length > 0 ? Promise.race([this.#asking, later(this.#known)]) : this.#asking
  }
}

function resolve(host: string): Promise<readonly LookupAddress[]> {
  return new Promise((done, fail) => {
    // Of both families, whatever the host has of its own: an address without a route fails at once, and costs nothing.
    dns.lookup(host, { all: true, order: 'verbatim' }, (error, addresses) =>
      error === null ? done(addresses) : fail(error),
    )
  })
}

function later(addresses: readonly LookupAddress[]): Promise<readonly LookupAddress[]> {
  return new Promise((done) => setTimeout(done, SLOW_LOOKUP_MS, addresses).unref())
}

function ignore(): void {}
