import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generate } from 'selfsigned'

/** A certificate for loopback, its own authority: made anew each time, so no key is ever kept. */
export interface Certificate {
  readonly key: string
  readonly cert: string
  /** The certificate as a file, for `NODE_EXTRA_CA_CERTS`. */
  readonly caFile: string
}

export async function makeCertificate(): Promise<Certificate> {
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true },
      { name: 'keyUsage', digitalSignature: true, keyCertSign: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
        ],
      },
    ],
  })
  const caFile = join(await mkdtemp(join(tmpdir(), 'kill-switch-')), 'ca.pem')
  await writeFile(caFile, cert)
  return { key, cert, caFile }
}
