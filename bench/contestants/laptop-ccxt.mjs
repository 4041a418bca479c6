import { readFileSync } from 'node:fs'
import krakenfutures from '../node_modules/ccxt/js/src/krakenfutures.js' // alone: the package's own entry has all exchanges

/* ccxt from the command line: a file of keys, its one exchange, `cancelAllOrders`. */

const { apiKey, apiSecret } = JSON.parse(readFileSync(process.argv[2], 'utf8'))
const exchange = new krakenfutures({ apiKey, secret: apiSecret })
const { origin } = new URL(process.env.KRAKEN_FUTURES_URL)
exchange.urls.api = { ...exchange.urls.api, private: `${origin}/derivatives/api/` }
await exchange.cancelAllOrders()
process.exit()
