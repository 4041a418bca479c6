/*
 * Preloaded into a function's process: `localhost` has an IPv6 address first, then an IPv4 one, as a host with both has.
 */
import dns from 'node:dns'

const { lookup } = dns
const both = [
  { address: '::1', family: 6 },
  { address: '127.0.0.1', family: 4 },
]

dns.lookup = ((host: string, options: dns.LookupOptions, done: (...args: unknown[]) => void) => {
  if (host !== 'localhost') return Reflect.apply(lookup, dns, [host, options, done])
  if (options.all === true) return done(null, both)
  return done(null, '::1', 6)
}) as typeof lookup
