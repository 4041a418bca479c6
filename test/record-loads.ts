/*
 * Preloaded into a function's process: says on stderr, as JSON lines, which files are loaded, and which had been when the
 * second connection was dialled, that to the secret, when its handshake was done, and when the first road's cancel was
 * written.
 */
import { registerHooks } from 'node:module'
import { Socket } from 'node:net'
import { basename } from 'node:path'

const loaded: string[] = []
registerHooks({
  load(url, context, nextLoad) {
    if (url.includes('/dist/switch/')) {
      loaded.push(basename(url))
      process.stderr.write(`${JSON.stringify({ loaded: basename(url) })}\n`)
    }
    return nextLoad(url, context)
  },
})

let dials = 0
const { connect } = Socket.prototype
Socket.prototype.connect = function (this: Socket, ...args: unknown[]) {
  dials += 1
  if (dials === 2) {
    process.stderr.write(`${JSON.stringify({ loadedAtDial: loaded })}\n`)
    this.once('secureConnect', () =>
      process.stderr.write(`${JSON.stringify({ loadedAtHandshake: loaded })}\n`),
    )
  }
  return Reflect.apply(connect, this, args)
} as typeof connect

const { write } = Socket.prototype
Socket.prototype.write = function (this: Socket, ...args: unknown[]) {
  if (String(args[0]).includes('/cancelallorders'))
    process.stderr.write(`${JSON.stringify({ loadedAtCancel: loaded })}\n`)
  return Reflect.apply(write, this, args)
} as typeof write
