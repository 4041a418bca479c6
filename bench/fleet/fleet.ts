import type { CpuShare } from '../cpu-share.ts'
import { UpstreamProcess } from '../upstream-process.ts'
import { type ManyLives, measureMany } from './many.ts'
import { type FleetLives, measureOneFunction } from './one-function.ts'

/** All that one run measured of many accounts. */
export interface FleetMeasured {
  readonly oneFunction: readonly { readonly title: string; readonly lives: FleetLives }[]
  readonly many: ManyLives
}

/** @param share null where control groups cannot be used: then nothing is measured at a share of a CPU */
export async function measureFleet(share: CpuShare | null, quick: boolean): Promise<FleetMeasured> {
  const times = quick ? { lives: 2, many: 1 } : { lives: 8, many: 3 }
  const upstreams = { 1: new UpstreamProcess(), 12: new UpstreamProcess() }
  try {
    const oneFunction: { title: string; lives: FleetLives }[] = []
    for (const held of share === null ? [null] : [null, share]) {
      const title = held === null ? 'full CPU' : `${held.share} CPU after init`
      console.error(`1 and 12 accounts in one function, ${title} ...`)
      oneFunction.push({ title, lives: await measureOneFunction(upstreams, held, times.lives) })
    }
    return { oneFunction, many: await measureMany(upstreams[1], times.many) }
  } finally {
    for (const one of Object.values(upstreams)) one.close()
  }
}
