/*
 * Preloaded into a function's process: says on stderr, as one JSON line, which files had been loaded when the second
 * connection was dialled.
 */
import { registerHooks } from 'node:module'
import { Socket } from 'node:net'
import { basename } from 'node:path'

const loaded: string[] = []
registerHooks({
  load(url, context, nextLoad) {
    if (url.includes('/dist/switch/')) loaded.push(basename(url))
    return nextLoad(url, context)
  },
})

let dials = 0
const { connect } = Socket.prototype
Socket.prototype.connect = function (this: Socket, ...args: unknown[]) {
  dials += 1
  if (dials === 2) process.stderr.write(`${JSON.stringify({ loadedAtDial: loaded })}\n`)
  return Reflect.apply(connect, this, args)
} as typeof connect
