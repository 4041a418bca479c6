import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { SecretInvalid, SecretUnavailable } from '../../lambda/errors.ts'
import { Credentials, type Keys, roadsWithKeys } from '../../lambda/init/credentials.ts'
import { readSecret } from '../../lambda/init/secret.ts'
import { ApiKey } from '../../lambda/kraken/http/authent.ts'
import { expectNoPieceOf } from '../pieces.ts'

const apiKey = randomBytes(42).toString('base64')
const apiSecret = randomBytes(64).toString('base64')
const good = { apiKey, apiSecret }
const secret = JSON.stringify(good)

/** Of the first road's key. */
function publicKeyOf({ rest }: Pick<Keys, 'rest'>): string | undefined {
  return rest instanceof ApiKey ? rest.headers('', '/').APIKey : undefined
}

test.each([
  ['as Kraken shows it', good],
  ['with white space around the values', { apiKey: ` ${apiKey}\n`, apiSecret: `\t${apiSecret}\r\n` }],
  ['with another field', { ...good, note: 'desk 4' }],
  [
    'with much white space around the values',
    { apiKey: ` \t\r\n${apiKey} \n\n`, apiSecret: `\n\n ${apiSecret}` },
  ],
  ['with a secret of another length', { apiKey, apiSecret: randomBytes(32).toString('base64') }],
])('reads a secret %s', (_, fields) => {
  expect(publicKeyOf(readSecret(JSON.stringify(fields)))).toBe(apiKey)
})

test.each([
  ['before it', `\uFEFF${secret}`],
  ['before it, twice, with white space', ` \uFEFF\uFEFF\r\n${secret}\r\n`],
  [
    'around its values',
    JSON.stringify({ apiKey: `\uFEFF${apiKey}`, apiSecret: ` \uFEFF${apiSecret}\uFEFF` }),
  ],
])('reads a secret with a byte-order mark %s', (_, text) => {
  expect(publicKeyOf(readSecret(text))).toBe(apiKey)
})

test('takes a key of 64 bytes, and one that is no base64', () => {
  const long = randomBytes(64).toString('base64')
  expect(publicKeyOf(readSecret(JSON.stringify({ apiKey: long, apiSecret })))).toBe(long)
  const short = randomBytes(32).toString('base64')
  expect(publicKeyOf(readSecret(JSON.stringify({ apiKey: 'my-key', apiSecret: short })))).toBe('my-key')
})

const half = apiSecret.slice(0, 44)
// Each row differs from the good secret in one place.
const malformed: [string, string, RegExp][] = [
  ['nothing', '', /not JSON: it is empty/],
  ['white space', ' \n\uFEFF', /not JSON: it is empty/],
  ['text', apiSecret, /not JSON: it is values without names/],
  ['words', 'see the password manager', /: it is not JSON$/],
  ['JSON cut short', secret.slice(0, -2), /not JSON: its end is missing/],
  ['single quotes', secret.replaceAll('"', "'"), /not JSON: its quotes are single: make them double/],
  ['typographic quotes', secret.replace(/"([^"]*)"/g, '“$1”'), /not JSON: its quotes are typographic/],
  ['names without quotes', secret.replace(/"(\w+)":/g, '$1:'), /not JSON: its fields' names have no quotes/],
  ['quotes behind backslashes', secret.replaceAll('"', '\\"'), /not JSON: its quotes have backslashes/],
  ['a trailing comma', secret.replace('}', ',}'), /not JSON: a comma stands before/],
  ['no comma', secret.replace(',"', '"'), /: it is not JSON$/],
  [
    'key=value lines',
    `apiKey=${apiKey}\napiSecret=${apiSecret}`,
    /not JSON: it is lines of names and values/,
  ],
  [
    'an environment file',
    `export KRAKEN_KEY="${apiKey}"\nexport KRAKEN_SECRET="${apiSecret}"`,
    /not JSON: it is lines of names and values/,
  ],
  ['YAML', `api_key: ${apiKey}\napi_secret: ${apiSecret}\n`, /not JSON: it is lines of names and values/],
  ['two lines', `${apiKey}\n${apiSecret}\n`, /not JSON: it is values without names/],
  ['CSV', `${apiKey},${apiSecret}`, /not JSON: it is values without names/],
  ['CSV with a header', `API key;Private key\n${apiKey};${apiSecret}`, /not JSON: it is a table/],
  ['a colon between', `${apiKey}:${apiSecret}`, /not JSON: it is values without names/],
  ['base64 of it', Buffer.from(secret).toString('base64'), /not JSON: it is JSON in base64/],
  ['text around it', `\`\`\`json\n${secret}\n\`\`\``, /not JSON: there is text around the object/],
  ['two of them', `${secret}\n${secret}`, /: it is not JSON$/],
  [
    'a raw line break in a value',
    secret.replace(half, `${half}\n`),
    /not JSON: a value is broken into lines/,
  ],
  ['null', 'null', /not a JSON object$/],
  ['a list', JSON.stringify([apiKey, apiSecret]), /not a JSON object, but a list/],
  ['a list around it', JSON.stringify([good]), /not a JSON object, but a list: store the object alone/],
  ['a string', JSON.stringify(apiSecret), /not a JSON object, but one text/],
  ['it encoded twice', JSON.stringify(secret), /not a JSON object, but .* encoded twice: store the object/],
  ['a number', '42', /not a JSON object$/],
  ['no apiKey', JSON.stringify({ apiSecret }), /apiKey is missing$/],
  ['no apiSecret', JSON.stringify({ apiKey }), /apiSecret is missing$/],
  ...['key', 'api_key', 'apikey', 'API Key', 'apiKey ', 'publicKey', 'KRAKEN_API_KEY'].map(
    (name): [string, string, RegExp] => [
      `the key under ${name}`,
      JSON.stringify({ [name]: apiKey, apiSecret }),
      /apiKey is missing, and a field of another name seems to hold it: call it apiKey$/,
    ],
  ),
  ...['secret', 'api_secret', 'privateKey', 'private_key', 'API Secret', 'secret_key'].map(
    (name): [string, string, RegExp] => [
      `the secret under ${name}`,
      JSON.stringify({ apiKey, [name]: apiSecret }),
      /apiSecret is missing, and a field of another name seems to hold it: call it apiSecret$/,
    ],
  ),
  [
    'the values as a row of the console',
    JSON.stringify({ [apiKey]: apiSecret }),
    /a value stands where a field/,
  ],
  [
    'the object under a name',
    JSON.stringify({ 'kill-switch/kraken': good }),
    /apiKey is missing, and the fields are one level too deep: store the inner object alone$/,
  ],
  [
    'its JSON under a name, as the console makes it',
    JSON.stringify({ 'kill-switch/kraken': secret }),
    /apiKey is missing, and the fields are one level too deep/,
  ],
  [
    'both keys under a name',
    JSON.stringify({ kraken: { ...good, unified: good } }),
    /apiKey is missing, and the fields are one level too deep/,
  ],
  ['names from a prototype', `{"__proto__":${secret}}`, /apiKey is missing/],
  ['a null', JSON.stringify({ ...good, apiKey: null }), /apiKey is not a string/],
  ['a number for the key', JSON.stringify({ ...good, apiKey: 12_345_678 }), /apiKey is not a string/],
  ['a list for the secret', JSON.stringify({ ...good, apiSecret: [apiSecret] }), /apiSecret is not a string/],
  ['an empty key', JSON.stringify({ ...good, apiKey: '' }), /apiKey is empty/],
  ['a blank secret', JSON.stringify({ ...good, apiSecret: ' \n ' }), /apiSecret is empty/],
  ['a line break in the key', JSON.stringify({ ...good, apiKey: `${apiKey}\n${apiKey}` }), /line break/],
  ['a line break in the secret', JSON.stringify({ ...good, apiSecret: `${half}\n${half}` }), /line break/],
  ['a NUL in the key', JSON.stringify({ ...good, apiKey: `${apiKey}\0` }), /control character/],
  [
    'a no-break space around',
    JSON.stringify({ ...good, apiSecret: `\u00A0${apiSecret}` }),
    /not strict base64/,
  ],
  ['a no-break space in the key', JSON.stringify({ ...good, apiKey: `${apiKey}\u00A0` }), /sent in a header/],
  ['a space in the key', JSON.stringify({ ...good, apiKey: `${apiKey} x` }), /sent in a header/],
  ['letters beyond ASCII', JSON.stringify({ ...good, apiKey: `${apiKey}ключ` }), /sent in a header/],
  [
    'a character too few',
    JSON.stringify({ ...good, apiSecret: apiSecret.slice(0, -1) }),
    /not strict base64/,
  ],
  ['no padding', JSON.stringify({ ...good, apiSecret: apiSecret.replace(/=+$/, '') }), /not strict base64/],
  ['base64url', JSON.stringify({ ...good, apiSecret: `-_-_${apiSecret}` }), /not strict base64/],
  ['hex', JSON.stringify({ ...good, apiSecret: `${randomBytes(32).toString('hex')}0` }), /not strict base64/],
  ['asterisks', JSON.stringify({ ...good, apiSecret: '*'.repeat(88) }), /not strict base64/],
  [
    'a second key that is a text',
    JSON.stringify({ unified: apiSecret }),
    /unified is not an object, and as a text it is not JSON: it is values without names/,
  ],
  [
    'a second key that is empty',
    JSON.stringify({ unified: '' }),
    /unified is not an object, and as a text it is not JSON: it is empty/,
  ],
  [
    'a second key whose JSON has single quotes',
    JSON.stringify({ unified: secret.replaceAll('"', "'") }),
    /unified is not an object, and as a text it is not JSON: its quotes are single/,
  ],
  [
    'a second key that is encoded twice',
    JSON.stringify({ unified: JSON.stringify(secret) }),
    /unified is not an object, and as a text it is not a JSON object, but .* encoded twice/,
  ],
  [
    'a second key as JSON with another name',
    JSON.stringify({ unified: JSON.stringify({ key: apiKey, apiSecret }) }),
    /unified\.apiKey is missing, and a field of another name .*: call it apiKey$/,
  ],
  [
    'a second key one level too deep',
    JSON.stringify({ unified: { unified: good } }),
    /unified\.apiKey is missing/,
  ],
  ['a flat second key alone', JSON.stringify({ unifiedApiKey: apiKey }), /: unifiedApiSecret is missing$/],
  [
    'a flat second secret alone',
    JSON.stringify({ unifiedApiSecret: apiSecret }),
    /: unifiedApiKey is missing$/,
  ],
  [
    'a flat second secret under another name',
    JSON.stringify({ unifiedApiKey: apiKey, unified_secret: apiSecret }),
    /: unifiedApiSecret is missing, and a field of another name .*: call it unifiedApiSecret$/,
  ],
  [
    'a flat second key that is swapped',
    JSON.stringify({ unifiedApiKey: apiSecret, unifiedApiSecret: apiKey }),
    /: unifiedApiKey and unifiedApiSecret look swapped$/,
  ],
  [
    'a flat second secret that is no base64',
    JSON.stringify({ unifiedApiKey: apiKey, unifiedApiSecret: '*' }),
    /: unifiedApiSecret is not strict base64$/,
  ],
  [
    'a second key in both forms',
    JSON.stringify({ unified: good, unifiedApiKey: apiKey }),
    /: unified is there, and unifiedApiKey or unifiedApiSecret too: keep one form$/,
  ],
  [
    'a second key under a name of another case',
    JSON.stringify({ Unified: good }),
    /: unified is missing, and a field of a similar name is there: call it unified, or/,
  ],
  ['a second key that is null', JSON.stringify({ unified: null }), /unified is not an object/],
  ['a second key that is a list', JSON.stringify({ unified: [good] }), /unified is not an object/],
  [
    'a second key without its secret',
    JSON.stringify({ unified: { apiKey } }),
    /unified\.apiSecret is missing/,
  ],
  [
    'a second key that is swapped',
    JSON.stringify({ unified: { apiKey: apiSecret, apiSecret: apiKey } }),
    /unified\.apiKey and unified\.apiSecret look swapped/,
  ],
  [
    'both keys, both malformed',
    JSON.stringify({ ...good, apiSecret: '*', unified: { apiKey } }),
    /: apiSecret is not strict base64/,
  ],
  ['both fields swapped', JSON.stringify({ apiKey: apiSecret, apiSecret: apiKey }), /look swapped/],
]

test.each(malformed)('names what is wrong with %s, and quotes none of it', (_, text, message) => {
  try {
    readSecret(text)
    expect.unreachable()
  } catch (error) {
    const { name, message: said, whatToDo, cause, stack } = error as Error & { whatToDo: string }
    expect(name).toBe('SecretInvalid')
    expect(said).toMatch(message)
    expect(cause).toBeUndefined()
    expectNoPieceOf([apiKey, apiSecret], `${said} ${whatToDo} ${stack}`)
  }
})

const second = {
  apiKey: randomBytes(42).toString('base64'),
  apiSecret: randomBytes(64).toString('base64'),
}

test.each<[string, object, readonly string[], object]>([
  ['the first key alone', good, ['rest'], { rest: expect.any(ApiKey), unified: null }],
  ['the second alone', { unified: second }, ['unified'], { rest: null, unified: expect.any(ApiKey) }],
  ['both', { ...good, unified: second }, ['rest', 'unified'], { unified: expect.any(ApiKey) }],
  [
    'the second as JSON, which is what the console makes of an object',
    { ...good, unified: JSON.stringify(second) },
    ['rest', 'unified'],
    { rest: expect.any(ApiKey), unified: expect.any(ApiKey) },
  ],
  [
    'the second as JSON, alone, with a byte-order mark and lines',
    { unified: `\uFEFF${JSON.stringify(second, null, 2)}\n` },
    ['unified'],
    { rest: null, unified: expect.any(ApiKey) },
  ],
  [
    'the second in fields of its own',
    { ...good, unifiedApiKey: `${second.apiKey}\n`, unifiedApiSecret: second.apiSecret },
    ['rest', 'unified'],
    { rest: expect.any(ApiKey), unified: expect.any(ApiKey) },
  ],
  [
    'the second in fields of its own, alone',
    { unifiedApiKey: second.apiKey, unifiedApiSecret: second.apiSecret },
    ['unified'],
    { rest: null, unified: expect.any(ApiKey) },
  ],
  [
    'the second in both forms: that is said of its road',
    { ...good, unified: second, unifiedApiSecret: second.apiSecret },
    ['rest', 'unified'],
    { rest: expect.any(ApiKey), unified: expect.any(SecretInvalid) },
  ],
  [
    'the second under a name of its own: it is not passed over in silence',
    { ...good, unified_api_key: second.apiKey, unified_api_secret: second.apiSecret },
    ['rest', 'unified'],
    { rest: expect.any(ApiKey), unified: expect.any(SecretInvalid) },
  ],
  [
    'the first one level too deep, beside the second: nor is that',
    { rest: good, unified: second },
    ['rest', 'unified'],
    { rest: expect.any(SecretInvalid), unified: expect.any(ApiKey) },
  ],
  [
    'a good second one, and notes',
    { unified: second, unifiedNote: 'desk 4', note: 'made on 24 November' },
    ['unified'],
    { rest: null, unified: expect.any(ApiKey) },
  ],
  [
    'a good one, and one that is malformed: that is said of its road',
    { ...good, unified: { ...second, apiSecret: '*' } },
    ['rest', 'unified'],
    { rest: expect.any(ApiKey), unified: expect.any(SecretInvalid) },
  ],
  [
    'a good second one, and half of the first',
    { apiKey, unified: second },
    ['rest', 'unified'],
    { rest: expect.any(SecretInvalid), unified: expect.any(ApiKey) },
  ],
  [
    'a good second one, and the other half of the first',
    { apiSecret, unified: second },
    ['rest', 'unified'],
    { rest: expect.any(SecretInvalid), unified: expect.any(ApiKey) },
  ],
])('reads the keys of both roads: %s', (_, fields, roads, keys) => {
  const read = readSecret(JSON.stringify(fields))
  expect(roadsWithKeys(read)).toEqual(roads)
  expect(read).toMatchObject(keys)
})

test.each([
  ['as JSON', { unified: JSON.stringify(second) }],
  ['in fields of its own', { unifiedApiKey: second.apiKey, unifiedApiSecret: second.apiSecret }],
])('the second key %s is the very one that an object holds', (_, fields) => {
  const { unified } = readSecret(JSON.stringify({ ...good, ...fields }))
  const nested = readSecret(JSON.stringify({ unified: second })).unified
  expect((unified as ApiKey).equals(nested as ApiKey)).toBe(true)
})

test('each road asks for its own key, and is told what is wrong with that one', async () => {
  const malformedSecond = { ...good, unified: { apiKey: second.apiKey } }
  const credentials = new Credentials(async () => JSON.stringify(malformedSecond))
  expect(publicKeyOf({ rest: await credentials.of('rest').current() })).toBe(apiKey)
  await expect(credentials.of('unified').current()).rejects.toThrow(/unified\.apiSecret is missing/)
  const other = new Credentials(async () => JSON.stringify({ unified: second }))
  expect(publicKeyOf({ rest: await other.of('unified').current() })).toBe(second.apiKey)
  await expect(other.of('rest').current()).rejects.toThrow(/malformed: apiKey is missing/)
  const first = new Credentials(async () => secret)
  await expect(first.of('unified').current()).rejects.toThrow(/malformed: unified is missing/)
})

test('a rotated second key is found, and the first one left alone', async () => {
  const young = { ...second, apiKey: randomBytes(42).toString('base64') }
  const { credentials } = fetcher(
    JSON.stringify({ ...good, unified: second }),
    JSON.stringify({ ...good, unified: young }),
  )
  const [first, rejected] = [
    await credentials.of('rest').current(),
    await credentials.of('unified').current(),
  ]
  expect(publicKeyOf({ rest: await credentials.of('unified').replacementFor(rejected) })).toBe(young.apiKey)
  expect(await credentials.of('rest').replacementFor(first)).toBeNull()
})

/** Gives one answer after another, and counts. */
function fetcher(...answers: (string | Error)[]) {
  const fetched = { count: 0 }
  const fetchSecret = async () => {
    const answer = answers[Math.min(fetched.count, answers.length - 1)]
    fetched.count += 1
    if (answer instanceof Error) throw answer
    return String(answer)
  }
  return { credentials: new Credentials(fetchSecret), fetched }
}

const rotated = JSON.stringify({ apiKey: randomBytes(42).toString('base64'), apiSecret })

test('asks once, for however many callers', async () => {
  const { credentials, fetched } = fetcher(secret)
  const keys = await Promise.all([credentials.current(), credentials.current(), credentials.refresh()])
  await credentials.current()
  expect(new Set(keys).size).toBe(1)
  expect(fetched.count).toBe(1)
})

test('asks again after a failure', async () => {
  const { credentials } = fetcher(new SecretUnavailable('ThrottlingException'), secret)
  await expect(credentials.current()).rejects.toThrow('ThrottlingException')
  expect(publicKeyOf(await credentials.current())).toBe(apiKey)
})

test('goes on with the kept key when a refresh fails', async () => {
  const { credentials } = fetcher(secret, new SecretUnavailable('InternalServiceError'))
  await credentials.current()
  await expect(credentials.refresh()).rejects.toThrow()
  expect(publicKeyOf(await credentials.current())).toBe(apiKey)
})

test('finds the key that replaced a rejected one', async () => {
  const { credentials, fetched } = fetcher(secret, rotated)
  const rejected = await credentials.of('rest').current()
  const replacements = await Promise.all([
    credentials.of('rest').replacementFor(rejected),
    credentials.of('rest').replacementFor(rejected),
  ])
  expect(replacements.map((rest) => publicKeyOf({ rest }))).toEqual(Array(2).fill(JSON.parse(rotated).apiKey))
  expect(await credentials.of('rest').replacementFor(rejected)).not.toBeNull()
  expect(fetched.count).toBe(2)
})

test('says that there is no other key, and does not ask for each call of a sweep', async () => {
  const { credentials, fetched } = fetcher(secret)
  const rejected = await credentials.of('rest').current()
  expect(await credentials.of('rest').replacementFor(rejected)).toBeNull()
  expect(await credentials.of('rest').replacementFor(rejected)).toBeNull()
  expect(fetched.count).toBe(2)
})

test('asks again for a rejected key after two seconds, not before', async () => {
  const clock = { time: 0 }
  let asked = 0
  const fetchSecret = async () => {
    asked += 1
    return secret
  }
  const credentials = new Credentials(fetchSecret, { now: () => clock.time })
  const rejected = await credentials.of('rest').current()
  await credentials.of('rest').replacementFor(rejected)
  clock.time = 1_999
  await credentials.of('rest').replacementFor(rejected)
  expect(asked).toBe(2)
  clock.time = 2_000
  await credentials.of('rest').replacementFor(rejected)
  expect(asked).toBe(3)
})

test('finds a key in the place of a rejected one though none was kept', async () => {
  const { credentials } = fetcher(secret)
  const other = readSecret(rotated).rest as ApiKey
  expect(publicKeyOf({ rest: await credentials.of('rest').replacementFor(other) })).toBe(apiKey)
})

test('says that there is no other key when Secrets Manager is down', async () => {
  const { credentials } = fetcher(secret, new SecretUnavailable('TimeoutError'))
  const rejected = await credentials.of('rest').current()
  expect(await credentials.of('rest').replacementFor(rejected)).toBeNull()
})
