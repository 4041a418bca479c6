import { createHash, createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import https from 'node:https'

/* As one would write it in a hurry: a file of keys, one signed POST by `node:https`. */

const url = new URL(`${process.env.KRAKEN_FUTURES_URL}/cancelallorders`)
const { apiKey, apiSecret } = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8'))
const digest = createHash('sha256').update('/api/v3/cancelallorders').digest()
const authent = createHmac('sha512', Buffer.from(apiSecret, 'base64')).update(digest).digest('base64')
const headers = { APIKey: apiKey, Authent: authent, 'Content-Length': 0 }
https.request(url, { method: 'POST', headers }, () => process.exit()).end()
