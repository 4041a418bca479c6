import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import krakenfutures from '../node_modules/ccxt/js/src/krakenfutures.js' // alone: the package's own entry has all exchanges

/* What a user would reach for instead: ccxt, its one exchange, kept between invocations. */

const client = new SecretsManagerClient({})
let exchange

async function connect() {
  const { SecretString = '' } = await client.send(
    new GetSecretValueCommand({ SecretId: process.env.KRAKEN_SECRET_ID }),
  )
  const { apiKey, apiSecret } = JSON.parse(SecretString)
  const made = new krakenfutures({ apiKey, secret: apiSecret })
  const { origin } = new URL(process.env.KRAKEN_FUTURES_URL)
  made.urls.api = { ...made.urls.api, private: `${origin}/derivatives/api/` }
  return made
}

export async function handler() {
  exchange ??= await connect()
  const { info } = (await exchange.cancelAllOrders()) ?? {}
  return { info }
}
