import { KillSwitchError } from './errors.ts'
import { armed } from './init/armed.ts' // and nothing more: it dials, and everything else is evaluated once the packets are out

if (!(armed instanceof KillSwitchError)) await armed.asked

/** The function that AWS Lambda calls. What answers events is evaluated while the secret is on its way. */
export const { respond: handler } =
  'take' in armed ? await import('./fleet/respond-fleet.ts') : await import('./respond.ts')

if (!(armed instanceof KillSwitchError)) await armed.ready
