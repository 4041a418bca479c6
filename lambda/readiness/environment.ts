import { type Environment, isLoopback, type Settings } from '../init/settings.ts'

/** Flags that `NODE_OPTIONS` may hold, by what they do. */
const FLAGS = {
  keylog: ['--tls-keylog'],
  authorities: ['--use-openssl-ca', '--use-system-ca'],
  proxy: ['--use-env-proxy'],
  foreignCode: ['--require', '-r', '--import', '--loader', '--experimental-loader'],
  open: ['--inspect', '--inspect-brk', '--inspect-port', '--inspect-wait', '--heapsnapshot-signal'],
  openssl: ['--openssl-config', '--openssl-legacy-provider', '--openssl-shared-config', '--tls-cipher-list'],
} as const

/** By which programs are led through a proxy. */
export const PROXIES = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy']
/** `SSL_CERT_FILE` is not among them: Node reads it with the flags alone. */
const AUTHORITIES = ['NODE_EXTRA_CA_CERTS', 'OPENSSL_CONF']

/**
 * What of the environment could bring credentials to others, or keep the log from saying what happened; a sentence each,
 * with what the switch does about it. Names alone are told, no value: one may hold anything.
 *
 * @param ways other variables by which code is loaded beside the switch
 * @see https://nodejs.org/docs/latest-v24.x/api/cli.html#environment-variables
 */
export function environmentWarnings(
  env: Environment,
  { futuresUrl, unifiedUrl }: Settings,
  ways: readonly string[] = [],
): readonly string[] {
  const isRehearsal = [futuresUrl, unifiedUrl].every(({ hostname }) => isLoopback(hostname))
  return [
    ...verification(env),
    ...keyLogs(env),
    ...proxies(env),
    ...(isRehearsal ? [] : authorities(env)), // it brings its own
    ...onlookers(env, ways),
  ]
}

function verification({ NODE_TLS_REJECT_UNAUTHORIZED: verifies }: Environment): readonly string[] {
  if (verifies !== '0') return []
  return [
    'NODE_TLS_REJECT_UNAUTHORIZED=0 asks Node.js to trust anybody. The switch verifies every host all the same, and whatever else runs in this process does not: take the variable away.',
  ]
}

function keyLogs(env: Environment): readonly string[] {
  const flags = flagsOf(env, FLAGS.keylog)
  if (flags.length > 0) {
    return [
      'NODE_OPTIONS holds --tls-keylog: Node.js writes the keys of every TLS connection to a file, and who reads it reads the API keys. Take the flag away.',
    ]
  }
  if (!env.SSLKEYLOGFILE) return []
  return [
    'SSLKEYLOGFILE asks for the keys of every TLS connection in a file. Node.js does not write it, and code beside the switch may: take the variable away.',
  ]
}

function proxies(env: Environment): readonly string[] {
  const isUsed = isSet(env.NODE_USE_ENV_PROXY) || flagsOf(env, FLAGS.proxy).length > 0
  const names = PROXIES.filter((name) => env[name])
  if (!isUsed || names.length === 0) return []
  return [
    `${names.join(', ')} would lead Node.js through a proxy. The switch connects without one: see that it may, and take the variables away.`,
  ]
}

function authorities(env: Environment): readonly string[] {
  const names = AUTHORITIES.filter((name) => env[name])
  if (isSet(env.NODE_USE_SYSTEM_CA)) names.push('NODE_USE_SYSTEM_CA')
  const found = [...names, ...flagsOf(env, FLAGS.authorities), ...flagsOf(env, FLAGS.openssl)]
  if (found.length === 0) return []
  return [
    `${found.join(', ')} may add authorities to those that Node.js trusts, or weaken TLS. Whoever holds one can answer in Kraken's place: take it away, unless you know why it is there.`,
  ]
}

function onlookers(env: Environment, ways: readonly string[]): readonly string[] {
  const found = [
    ...flagsOf(env, FLAGS.foreignCode),
    ...flagsOf(env, FLAGS.open),
    ...[...ways, 'NODE_DEBUG'].filter((name) => env[name]),
  ]
  if (found.length === 0) return []
  return [
    `${found.join(', ')} lets others than the switch see what it sends, API keys included: take it away, unless you know what it does.`,
  ]
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '' && value !== '0'
}

function flagsOf({ NODE_OPTIONS: options = '' }: Environment, flags: readonly string[]): readonly string[] {
  const given = options
    .split(/\s+/)
    .map((option) => option.replace(/=.*$/, '').replaceAll('_', '-').replace(/"/g, ''))
  return flags.filter((flag) => given.includes(flag))
}
