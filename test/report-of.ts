import type { InvocationResult } from '../drill/runtime.ts'
import type { Report } from '../lambda/report/report.ts'

/** What the caller got, as a report: returned, or in the body of an HTTP answer. */
export function reportOf(answer: InvocationResult): Report {
  if ('error' in answer) throw new Error(answer.error.errorMessage)
  const result = answer.result as Report | { readonly body: string }
  return 'body' in result ? JSON.parse(result.body) : result
}
