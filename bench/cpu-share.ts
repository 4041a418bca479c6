import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs'

/*
 * Lambda gives a whole CPU in the init phase, and afterwards a share by memory: 1,769 MB are one CPU. Control groups do
 * the same, where this process may make them.
 */

/** 512 MB. */
export const LAMBDA_SHARE = 0.29
/** The share is handed out in portions of this period, as on Lambda; a longer one would let a whole pull pass at full speed. */
const PERIOD_US = 20_000

const V1 = '/sys/fs/cgroup/cpu'
const V2 = '/sys/fs/cgroup'

/** Holds processes down to a share of one CPU. */
export class CpuShare {
  /** Of one CPU. */
  readonly share: number
  readonly #folder: string

  private constructor(share: number, folder: string) {
    this.share = share
    this.#folder = folder
  }

  /** Null where control groups cannot be used. */
  static make(share: number): CpuShare | null {
    const quota = Math.round(share * PERIOD_US)
    const isV1 = existsSync(`${V1}/cpu.cfs_quota_us`)
    const folder = `${isV1 ? V1 : V2}/kill-switch-bench-${process.pid}`
    try {
      mkdirSync(folder)
      if (isV1) {
        writeFileSync(`${folder}/cpu.cfs_period_us`, String(PERIOD_US))
        writeFileSync(`${folder}/cpu.cfs_quota_us`, String(quota))
      } else {
        writeFileSync(`${folder}/cpu.max`, `${quota} ${PERIOD_US}`)
      }
      return new CpuShare(share, folder)
    } catch {
      return null
    }
  }

  /** With all of its threads. */
  hold(pid: number): void {
    writeFileSync(`${this.#folder}/cgroup.procs`, String(pid))
  }

  /** Once its processes are gone. */
  remove(): void {
    rmdirSync(this.#folder)
  }
}
