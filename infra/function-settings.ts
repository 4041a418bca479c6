import * as v from 'valibot'
import { block, text, whole } from './field.ts'

/** Of the function's own settings those that a desk may choose; `lambda/init/settings.ts` reads them. */
export const functionSettings = block({
  QUIET_PERIOD_MS: v.optional(whole(50, 10_000)),
  ATTEMPT_TIMEOUT_MS: v.optional(whole(100, 20_000)),
  SPARE_AFTER_MS: v.optional(whole(10, 20_000)),
  STALE_SCHEDULE_MS: v.optional(whole(60_000, 86_400_000)),
  KRAKEN_FUTURES_URL: v.optional(
    text('is no address', /^https:\/\/\S+\/derivatives\/api\/v3$/, 'End it with /derivatives/api/v3'),
  ),
  KRAKEN_UNIFIED_URL: v.optional(
    text('is no address', /^wss:\/\/\S+\/v2\/private$/, 'End it with /v2/private'),
  ),
  KRAKEN_API_URL: v.optional(text('is no address', /^https:\/\/[^/\s]+\/?$/, 'Give the origin alone')),
})
