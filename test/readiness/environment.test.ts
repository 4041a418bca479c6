import { expect, test } from 'vitest'
import { readSettings } from '../../lambda/init/settings.ts'
import { lambdaWarnings } from '../../lambda/readiness/lambda-environment.ts'

const settings = readSettings({ KRAKEN_SECRET_ID: 'kill-switch/kraken', AWS_REGION: 'eu-central-1' })

test.each<[Record<string, string>, RegExp]>([
  [{ NODE_TLS_REJECT_UNAUTHORIZED: '0' }, /^NODE_TLS_REJECT_UNAUTHORIZED=0 .*take the variable away/],
  [{ NODE_OPTIONS: '--max-old-space-size=100 --tls-keylog=/tmp/keys' }, /^NODE_OPTIONS holds --tls-keylog/],
  [{ NODE_OPTIONS: '"--tls-keylog" "/tmp/keys"' }, /^NODE_OPTIONS holds --tls-keylog/],
  [{ NODE_OPTIONS: '--tls_keylog=/tmp/keys' }, /^NODE_OPTIONS holds --tls-keylog/],
  [{ SSLKEYLOGFILE: '/tmp/keys' }, /^SSLKEYLOGFILE asks for the keys/],
  [{ NODE_USE_ENV_PROXY: '1', HTTPS_PROXY: 'http://p' }, /^HTTPS_PROXY would lead Node\.js through a proxy/],
  [{ NODE_OPTIONS: '--use-env-proxy', http_proxy: 'http://p' }, /^http_proxy would lead/],
  [{ NODE_EXTRA_CA_CERTS: '/opt/ca.pem' }, /^NODE_EXTRA_CA_CERTS may add authorities/],
  [
    { SSL_CERT_FILE: '/opt/ca.pem', NODE_OPTIONS: '--use-openssl-ca' },
    /^--use-openssl-ca may add authorities/,
  ],
  [{ NODE_USE_SYSTEM_CA: '1' }, /^NODE_USE_SYSTEM_CA may add authorities/],
  [{ NODE_OPTIONS: '--tls-cipher-list=ALL@SECLEVEL=0' }, /^--tls-cipher-list may add .* or weaken TLS/],
  [{ NODE_OPTIONS: '--require /opt/apm.js' }, /^--require lets others than the switch see what it sends/],
  [{ NODE_OPTIONS: '--inspect=0.0.0.0:9229' }, /^--inspect lets others/],
  [{ AWS_LAMBDA_EXEC_WRAPPER: '/opt/wrapper' }, /^AWS_LAMBDA_EXEC_WRAPPER lets others/],
  [{ NODE_DEBUG: 'http' }, /^NODE_DEBUG lets others/],
  [{ AWS_LAMBDA_LOG_LEVEL: 'ERROR' }, /^Lambda keeps only lines of level ERROR and above/],
])('%o is a warning, with what to do', (environment, warning) => {
  const warnings = lambdaWarnings(environment, settings)
  expect(warnings).toEqual([expect.stringMatching(warning)])
  expect(warnings[0]).toMatch(/[Tt]ake (it|the flag|the variables?) away|Set the function's .* to INFO/)
  expect(warnings[0]).not.toMatch(/\/(tmp|opt)\/|http:\/\/p/)
})

test.each([
  {},
  { NODE_TLS_REJECT_UNAUTHORIZED: '1' },
  { HTTPS_PROXY: 'http://p' }, // Node 24 uses it only where it is told to
  { NODE_USE_ENV_PROXY: '0', HTTPS_PROXY: 'http://p' },
  { NODE_USE_ENV_PROXY: '1' },
  { SSL_CERT_FILE: '/var/runtime/ca-cert.pem' },
  { NODE_OPTIONS: '--enable-source-maps --max-old-space-size=400' },
  { AWS_LAMBDA_LOG_LEVEL: 'INFO', POWERTOOLS_LOG_LEVEL: 'SILENT', POWERTOOLS_METRICS_DISABLED: 'true' },
])('%o is none', (environment) => {
  expect(lambdaWarnings(environment, settings)).toEqual([])
})

test('a rehearsal against loopback may bring an authority of its own', () => {
  const local = readSettings({
    KRAKEN_SECRET_ID: 'kill-switch/drill',
    AWS_REGION: 'eu-central-1',
    KRAKEN_FUTURES_URL: 'https://127.0.0.1:1/derivatives/api/v3',
    KRAKEN_UNIFIED_URL: 'wss://127.0.0.1:1/v2/private',
  })
  expect(lambdaWarnings({ NODE_EXTRA_CA_CERTS: '/tmp/ca.pem' }, local)).toEqual([])
})
