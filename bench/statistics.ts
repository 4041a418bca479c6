/** A sample's middle, and how far it spreads: its quartiles. */
export interface Spread {
  readonly median: number
  readonly low: number
  readonly high: number
  readonly n: number
}

export function spread(sample: readonly number[]): Spread {
  const sorted = sample.toSorted((a, b) => a - b)
  return {
    median: quantile(sorted, 0.5),
    low: quantile(sorted, 0.25),
    high: quantile(sorted, 0.75),
    n: sorted.length,
  }
}

/** Each measurement by the one that was made beside it: what slows both down cancels out. */
export function pairedRatio(sample: readonly number[], reference: readonly number[]): Spread {
  return spread(sample.map((value, i) => value / (reference[i] ?? Number.NaN)))
}

export function percentile99(sample: readonly number[]): number {
  return quantile(
    sample.toSorted((a, b) => a - b),
    0.99,
  )
}

function quantile(sorted: readonly number[], q: number): number {
  const at = (sorted.length - 1) * q
  const below = sorted[Math.floor(at)] ?? Number.NaN
  const above = sorted[Math.ceil(at)] ?? Number.NaN
  return below + (above - below) * (at - Math.floor(at))
}
