import type { Verdict } from '../sweep/verdict.ts'
import type { Report } from './report.ts'

/** An answer that API Gateway's HTTP API takes. */
export interface HttpAnswer {
  readonly statusCode: 200 | 400 | 502
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** The report as JSON: 200 only for a proof or a rightful NOT_FIRED, 400 for refused input, 502 for the rest. */
export function httpAnswer(verdict: Verdict, report: Report): HttpAnswer {
  return jsonAnswer(httpStatus(verdict), report)
}

export function jsonAnswer(statusCode: HttpAnswer['statusCode'], report: object): HttpAnswer {
  return {
    statusCode,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
    body: JSON.stringify(report),
  }
}

type Told = { readonly kind: Exclude<Verdict['kind'], 'NOT_FIRED'> } | Extract<Verdict, { kind: 'NOT_FIRED' }>

export function httpStatus(verdict: Told): HttpAnswer['statusCode'] {
  switch (verdict.kind) {
    case 'EMPTY':
      return 200
    case 'NOT_FIRED':
      return verdict.isRefusal ? 400 : 200
    case 'NOT_EMPTY':
    case 'UNVERIFIED':
    case 'FAILED':
      return 502
  }
}
