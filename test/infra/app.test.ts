import { execFile } from 'node:child_process'
import { expect, test } from 'vitest'
import { cdkJson } from './synth.ts'

interface Ran {
  readonly status: number
  readonly stderr: string
}

/** The app as the CDK runs it. */
function runApp(killSwitch: unknown): Promise<Ran> {
  const env = { ...process.env, CDK_CONTEXT_JSON: JSON.stringify({ ...cdkJson.context, killSwitch }) }
  return new Promise((resolve) => {
    execFile(process.execPath, ['infra/app.ts'], { env }, (error, _, stderr) => {
      resolve({ status: error === null ? 0 : Number(error.code), stderr })
    })
  })
}

test('synthesizes cdk.json as it is, without an account and without a word', async () => {
  expect(await runApp(cdkJson.context.killSwitch)).toEqual({ status: 0, stderr: '' })
})

test('says what is wrong in cdk.json in a line, without a stack trace', async () => {
  const { status, stderr } = await runApp({ ...cdkJson.context.killSwitch, secrets: 'x' })
  expect(status).toBe(1)
  expect(stderr.trim().split('\n')).toEqual([
    'cdk.json is not right:',
    "  killSwitch.secrets is not a word that is known. Look at the README's list of settings",
  ])
})
