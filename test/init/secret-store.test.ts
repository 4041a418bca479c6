import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { AWS_KEYS } from '../../drill/aws-keys.ts'
import { EmbeddedSecretsManager } from '../../drill/secrets.ts'
import { readFunctionSettings } from '../../lambda/init/function-settings.ts'
import { secretStore } from '../../lambda/init/secret-store.ts'
import { SocketPool } from '../../lambda/kraken/http/socket-pool.ts'

let secrets: EmbeddedSecretsManager

beforeAll(async () => {
  secrets = await EmbeddedSecretsManager.start(null)
  secrets.put('the text')
})
afterEach(() => {
  secrets.behaviour = {}
})
afterAll(() => secrets.close())

/** The real AWS SDK against the embedded endpoint. */
function fetchSecret(secretAccessKey: string = AWS_KEYS.secretAccessKey): Promise<string> {
  const settings = readFunctionSettings({
    KRAKEN_SECRET_ID: 'kill-switch/test',
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: AWS_KEYS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.url,
  })
  return secretStore(settings, new SocketPool(new URL(secrets.url)))()
}

test('reads the current version', async () => {
  expect(await fetchSecret()).toBe('the text')
})

test('the embedded endpoint keeps both stages of a rotation', async () => {
  const client = new SecretsManagerClient({
    endpoint: secrets.url,
    region: 'eu-central-1',
    credentials: AWS_KEYS,
  })
  secrets.put('the next text')
  const stage = async (VersionStage: string) =>
    (await client.send(new GetSecretValueCommand({ SecretId: 'kill-switch/test', VersionStage })))
      .SecretString
  expect(await stage('AWSCURRENT')).toBe('the next text')
  expect(await stage('AWSPREVIOUS')).toBe('the text')
  secrets.put('the text')
})

test('the embedded endpoint refuses a signature made with another key', async () => {
  await expect(fetchSecret('another')).rejects.toThrow('InvalidSignatureException')
})

test('does not take a binary secret for text', async () => {
  secrets.put(Buffer.from('the text'))
  await expect(fetchSecret()).rejects.toMatchObject({ name: 'SecretInvalid', message: /binary/ })
  secrets.put('the text')
})

test.each(['ResourceNotFoundException', 'AccessDeniedException', 'DecryptionFailure'])(
  'names %s, and does not ask again',
  async (error) => {
    const before = secrets.requests
    secrets.behaviour = { error }
    await expect(fetchSecret()).rejects.toMatchObject({
      name: 'SecretUnavailable',
      message: expect.stringContaining(error),
    })
    expect(secrets.requests - before).toBe(1)
  },
)

test.each(['ThrottlingException', 'InternalServiceError'])(
  'asks twice at %s, then gives up',
  async (error) => {
    const before = secrets.requests
    secrets.behaviour = { error }
    await expect(fetchSecret()).rejects.toThrow(error)
    expect(secrets.requests - before).toBe(2)
  },
)

test('gives up on a service that never answers', async () => {
  secrets.behaviour = { isStalled: true }
  await expect(fetchSecret()).rejects.toMatchObject({ name: 'SecretUnavailable' })
}, 10_000)
