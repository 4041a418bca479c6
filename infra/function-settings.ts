import * as v from 'valibot'
import { DURATIONS } from '../lambda/init/settings.ts'
import { block, text, whole } from './field.ts'

const duration = (name: keyof typeof DURATIONS) => v.optional(whole(DURATIONS[name].from, DURATIONS[name].to))

/** Of the function's own settings those that a desk may choose; `lambda/init/settings.ts` reads them. */
export const functionSettings = block({
  QUIET_PERIOD_MS: duration('QUIET_PERIOD_MS'),
  ATTEMPT_TIMEOUT_MS: duration('ATTEMPT_TIMEOUT_MS'),
  SPARE_AFTER_MS: duration('SPARE_AFTER_MS'),
  STALE_SCHEDULE_MS: duration('STALE_SCHEDULE_MS'),
  KRAKEN_FUTURES_URL: v.optional(
    text('is no address', /^https:\/\/\S+\/derivatives\/api\/v3$/, 'End it with /derivatives/api/v3'),
  ),
  KRAKEN_UNIFIED_URL: v.optional(
    text('is no address', /^wss:\/\/\S+\/v2\/private$/, 'End it with /v2/private'),
  ),
  KRAKEN_API_URL: v.optional(text('is no address', /^https:\/\/[^/\s]+\/?$/, 'Give the origin alone')),
})
