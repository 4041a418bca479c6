import { createHash, createHmac } from 'node:crypto'
import tls from 'node:tls'

/*
 * The least that a function could do: its own signatures, raw TLS, both handshakes in parallel, init that waits for key
 * and connection. It checks nothing, survives nothing and proves nothing.
 */

const { env } = process
const kraken = new URL(env.KRAKEN_FUTURES_URL ?? '')
const secrets = new URL(env.AWS_ENDPOINT_URL_SECRETS_MANAGER ?? '')

const dial = ({ hostname, port }: URL) => {
  const socket = tls.connect({ host: hostname, port: Number(port), ALPNProtocols: ['http/1.1'] })
  return socket.setNoDelay(true)
}
const krakenSocket = dial(kraken)
const secretsSocket = dial(secrets)
const connected = new Promise((resolve) => krakenSocket.once('secureConnect', resolve))

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const hmac = (key: Buffer | string, text: string) => createHmac('sha256', key).update(text).digest()

function secretRequest(): string {
  const body = JSON.stringify({ SecretId: env.KRAKEN_SECRET_ID })
  const time = new Date().toISOString().replace(/[-:]|\.\d{3}/g, '')
  const scope = `${time.slice(0, 8)}/${env.AWS_REGION}/secretsmanager/aws4_request`
  const headers = {
    'content-type': 'application/x-amz-json-1.1',
    host: secrets.host,
    'x-amz-date': time,
    'x-amz-security-token': env.AWS_SESSION_TOKEN ?? '',
    'x-amz-target': 'secretsmanager.GetSecretValue',
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}:${value}`)
  const signed = Object.keys(headers).join(';')
  const canonical = `POST\n/\n\n${lines.join('\n')}\n\n${signed}\n${sha256(body)}`
  const key = scope.split('/').reduce<Buffer | string>(hmac, `AWS4${env.AWS_SECRET_ACCESS_KEY}`)
  const signature = hmac(key, `AWS4-HMAC-SHA256\n${time}\n${scope}\n${sha256(canonical)}`).toString('hex')
  const credential = `${env.AWS_ACCESS_KEY_ID}/${scope}`
  const authorization = `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${signed}, Signature=${signature}`
  const head = [...lines, `authorization:${authorization}`, `content-length:${Buffer.byteLength(body)}`]
  return `POST / HTTP/1.1\r\n${head.join('\r\n')}\r\n\r\n${body}`
}

/** Writes one request and gives the JSON of its answer, which has a `content-length`. */
function ask(socket: tls.TLSSocket, request: string): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    const read = (chunk: Buffer) => {
      text += chunk.toString('latin1')
      const start = text.indexOf('\r\n\r\n') + 4
      const length = /content-length: ?(\d+)/i.exec(text.slice(0, start))?.[1]
      if (start < 4 || text.length < start + Number(length)) return
      socket.off('data', read)
      resolve(text.slice(start))
    }
    socket.on('data', read)
    socket.write(request)
  })
}

const secret = ask(secretsSocket, secretRequest()).then((text) => JSON.parse(JSON.parse(text).SecretString))
const [{ apiKey, apiSecret }] = await Promise.all([secret, connected])

export async function handler(): Promise<unknown> {
  const digest = createHash('sha256').update('/api/v3/cancelallorders').digest()
  const authent = createHmac('sha512', Buffer.from(apiSecret, 'base64')).update(digest).digest('base64')
  const head = `host: ${kraken.host}\r\nAPIKey: ${apiKey}\r\nAuthent: ${authent}\r\ncontent-length: 0`
  const request = `POST ${kraken.pathname}/cancelallorders HTTP/1.1\r\n${head}\r\n\r\n`
  return JSON.parse(await ask(krakenSocket, request))
}
