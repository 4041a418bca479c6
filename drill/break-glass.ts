/*
 * `npm run break-glass`: the built file with these arguments. With `--drill` among them, in a process of its own and
 * against an exchange of ours, whose own book is told beside the verdict.
 */
import { Laptop } from './laptop.ts'
import { Stage } from './stage.ts'

const ORDERS = 37

const args = process.argv.slice(2)
if (args.includes('--drill')) process.exitCode = await rehearse(args.filter((arg) => arg !== '--drill'))
else await import(new URL('../dist/break-glass/kill-switch.mjs', import.meta.url).href)

async function rehearse(others: readonly string[]): Promise<number> {
  const stage = await Stage.open()
  try {
    stage.rest(ORDERS)
    console.error(`An exchange of ours has ${ORDERS} orders on its book; the file of keys is made for it.`)
    const laptop = await Laptop.press(stage, { args: ['--yes', ...others], stdio: 'inherit' })
    const ended = await laptop.ended
    const left = stage.exchange.account.book.orders.length
    console.error(`Exit code ${ended}; ${left} orders rest on that book.`)
    return typeof ended === 'number' ? ended : 1
  } finally {
    await stage.close()
  }
}
