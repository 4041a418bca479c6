import { createSecretKey } from 'node:crypto'
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { authent } from '../../lambda/kraken/http/authent.ts'

/* As most Lambda functions are written: SDK and `fetch`, one after the other, inside the handler. */

const client = new SecretsManagerClient({})

export async function handler(): Promise<unknown> {
  const { SecretString = '' } = await client.send(
    new GetSecretValueCommand({ SecretId: process.env.KRAKEN_SECRET_ID }),
  )
  const { apiKey, apiSecret } = JSON.parse(SecretString)
  const url = new URL(`${process.env.KRAKEN_FUTURES_URL}/cancelallorders`)
  const key = createSecretKey(apiSecret, 'base64')
  const response = await fetch(url, {
    method: 'POST',
    headers: { APIKey: apiKey, Authent: authent({ postData: '', nonce: '', path: url.pathname, key }) },
  })
  return response.json()
}
