/** CloudWatch: "A math expression used for an alarm can include as many as 10 metrics". */
export const MOST_METRICS = 10

/** A Metrics Insights query names its metrics itself. */
const QUERY = /^\s*SELECT\b/i

/** These bring data of their own, whatever the metrics. */
const BRINGS = /\b(?:INSIGHT_RULE_METRIC|DB_PERF_INSIGHTS|LAMBDA)\s*\(/

/**
 * What is wrong with the metric math of an alarm, and how to fix it; null when nothing is.
 *
 * Ids begin with a small letter, functions and key words with a capital one; text in quotes holds neither.
 *
 * @param ids of the metrics that it may use
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
 */
export function mathFault(expression: string, ids: readonly string[]): string | null {
  if (QUERY.test(expression)) return null
  const bare = expression.replace(/"[^"]*"|'[^']*'/g, '')
  if (/\bSEARCH\b/.test(bare)) return 'holds SEARCH, which no alarm may. Name the metrics, or use SELECT'
  const used = [...bare.matchAll(/\b[a-z]\w*/g)].map(([id]) => id)
  const unknown = used.find((id) => !ids.includes(id))
  if (unknown === undefined) return used.length > 0 || BRINGS.test(bare) ? null : unusedFault(bare, ids)
  const fix =
    ids.length === 0 ? 'Add it' : `Add it, or use ${ids.join(', ')}; functions are written in capitals`
  return `holds ${unknown}, which is not among its metrics. ${fix}`
}

/** `METRICS()` stands for all of them. CloudWatch takes no alarm on metric math without a metric. */
function unusedFault(bare: string, ids: readonly string[]): string | null {
  if (ids.length === 0) return 'uses no metric. Add one to its metrics'
  return /\bMETRICS\s*\(/.test(bare) ? null : `uses none of its metrics. Use ${ids.join(', ')}`
}
