import { createHash, createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import tls from 'node:tls'

/* The least that a process could do without AWS: a file of keys, raw TLS, one signed POST. It proves nothing. */

const url = new URL(process.env.KRAKEN_FUTURES_URL ?? '')
const socket = tls.connect({ host: url.hostname, port: Number(url.port), ALPNProtocols: ['http/1.1'] })
socket.setNoDelay(true)
const { apiKey, apiSecret } = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8'))
const digest = createHash('sha256').update('/api/v3/cancelallorders').digest()
const authent = createHmac('sha512', Buffer.from(apiSecret, 'base64')).update(digest).digest('base64')
const head = `host: ${url.host}\r\nAPIKey: ${apiKey}\r\nAuthent: ${authent}\r\ncontent-length: 0`
socket.write(`POST ${url.pathname}/cancelallorders HTTP/1.1\r\n${head}\r\n\r\n`)
socket.once('data', () => process.exit())
