/*
 * Preloaded into a function's process: the host `localhost` is far away, with addresses of both families, as the query of
 * this file's URL has it. `order=64` names the IPv6 address first; `4` and `6` are `far` (the connection takes a round
 * trip of 320 ms), `hole` (what is sent there is swallowed) or `none` (no route); `ports` are those of that host. With
 * `names=fail` or `names=hang` its name is answered once, and then never.
 */
import dns from 'node:dns'
import net from 'node:net'
import os from 'node:os'

const ROUND_TRIP_MS = 320

type Family = '4' | '6'
type Connect = (this: object, request: Request, address: string, port: number) => number

interface Request {
  oncomplete?: (...args: unknown[]) => void
}

const query = new URL(import.meta.url).searchParams
const ports = query.get('ports')?.split(',').map(Number) ?? []
const LOOPBACK = { 4: { address: '127.0.0.1', family: 4 }, 6: { address: '::1', family: 6 } } as const
const addresses = [...(query.get('order') ?? '')].map((family) => LOOPBACK[family as Family])

let asked = 0
const { lookup } = dns
dns.lookup = ((host: string, options: dns.LookupOptions, done: (...args: unknown[]) => void) => {
  if (host !== 'localhost') return Reflect.apply(lookup, dns, [host, options, done])
  asked += 1
  if (asked > 1 && query.get('names') === 'hang') return
  if (asked > 1 && query.get('names') === 'fail') return setImmediate(done, new Error('EAI_AGAIN'))
  if (options.all === true) return setImmediate(done, null, addresses)
  return setImmediate(done, null, addresses[0]?.address, addresses[0]?.family)
}) as typeof lookup

// Below everything that dials: sockets of TLS and of HTTP, those of undici too.
const server = net.createServer().listen(0) as net.Server & { readonly _handle: object }
const handles = Object.getPrototypeOf(server._handle) as Record<'connect' | 'connect6', Connect>
server.close()
for (const [name, family] of [
  ['connect', '4'],
  ['connect6', '6'],
] as const) {
  const connect = handles[name]
  handles[name] = function (this: object, request, address, port) {
    const fate = ports.includes(port) ? query.get(family) : 'near'
    if (fate === 'none') return -os.constants.errno.ENETUNREACH
    if (fate === 'near') return connect.call(this, request, address, port)
    if (fate === 'far') setTimeout(() => connect.call(this, request, address, port), ROUND_TRIP_MS)
    return 0
  }
}
