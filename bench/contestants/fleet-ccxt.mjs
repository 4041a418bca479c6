import { readFileSync } from 'node:fs'
import krakenfutures from '../node_modules/ccxt/js/src/krakenfutures.js' // alone: the package's own entry has all exchanges

/* ccxt over many accounts, from a file of keys: `cancelAllOrders` for one after the other, or for all at once. */

const [, , keyFile, how] = process.argv
const { origin } = new URL(process.env.KRAKEN_FUTURES_URL)
const exchanges = Object.values(JSON.parse(readFileSync(keyFile, 'utf8')).accounts).map(
  ({ apiKey, apiSecret }) => {
    const exchange = new krakenfutures({ apiKey, secret: apiSecret })
    exchange.urls.api = { ...exchange.urls.api, private: `${origin}/derivatives/api/` }
    return exchange
  },
)
const now = () => Number(process.hrtime.bigint()) / 1e6
const beganAt = now()
if (how === 'loop') for (const exchange of exchanges) await exchange.cancelAllOrders()
else await Promise.all(exchanges.map((exchange) => exchange.cancelAllOrders()))
const endedAt = now()
const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage()
const cost = { peakMemoryMb: maxRSS / 1024, cpuMs: (userCPUTime + systemCPUTime) / 1e3 }
process.stdout.write(JSON.stringify({ beganAt, endedAt, cost }), () => process.exit())
