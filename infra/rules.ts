import {
  type IPolicyValidationContext,
  type IPolicyValidationPlugin,
  type PolicyValidationPluginReport,
  type PolicyViolation,
  Validations,
} from 'aws-cdk-lib'
import type { IConstruct } from 'constructs'
import { stacksOf } from './app-stacks.ts'
import { joinStacks, locate, ofStack } from './assembly.ts'
import { ALARM_RULES } from './rules/alarm-rules.ts'
import { API_RULES } from './rules/api-rules.ts'
import { FLEET_RULES } from './rules/fleet-rules.ts'
import { FUNCTION_RULES } from './rules/function-rules.ts'
import { HOLD_RULES } from './rules/hold-rules.ts'
import { NOTIFICATION_RULES } from './rules/notification-rules.ts'
import type { Rule, Stacks } from './rules/rule.ts'
import { SCHEDULE_RULES } from './rules/schedule-rules.ts'
import { type Switch, switchesOf } from './switch-in-template.ts'

export const RULES: readonly Rule[] = [
  ...API_RULES,
  ...ALARM_RULES,
  ...SCHEDULE_RULES,
  ...NOTIFICATION_RULES,
  ...FUNCTION_RULES,
  ...HOLD_RULES,
  ...FLEET_RULES,
]

const guarded = new WeakSet<IConstruct>()

/** Refuses unsafe stacks at synth, each rule with its fix, and with the construct that breaks it. */
export class SafetyRules implements IPolicyValidationPlugin {
  readonly name = 'KillSwitchSafety'
  readonly ruleIds = RULES.map((rule) => rule.name)

  /** Guards the app of that construct, all of its stacks; once, however many switches it has. */
  static guard(scope: IConstruct): void {
    const app = scope.node.root
    if (!guarded.has(app)) Validations.of(app).addPlugins(new SafetyRules())
    guarded.add(app)
  }

  validate({ stackTemplates, appConstruct }: IPolicyValidationContext): PolicyValidationPluginReport {
    const { stacks, constructPathOf } = stacksOf(stackTemplates, appConstruct)
    const all = joinStacks(stacks)
    const homes = stacks.map((stack) => {
      const home = ofStack(all, stack)
      return { home, switches: switchesOf(home, stack) }
    })
    const switches = homes.flatMap((one) => one.switches)
    const names = new Map(stacks.map(({ path, stackName }) => [path, stackName]))
    const stackNameOf = (id: string) => names.get(locate(id).templatePath) ?? ''
    const violations = homes.flatMap(({ home, switches: own }) =>
      own.flatMap((kill) => violationsOf({ all, home, switches, stackNameOf }, kill, constructPathOf)),
    )
    return { success: violations.length === 0, violations }
  }
}

function violationsOf(
  stacks: Stacks,
  kill: Switch,
  constructPathOf: (id: string) => string,
): PolicyViolation[] {
  return RULES.flatMap(({ name, description, fix, broken }) => {
    const violatingResources = broken(stacks, kill).map((id) => ({
      ...locate(id),
      constructPath: constructPathOf(id),
      locations: [],
    }))
    return violatingResources.length === 0
      ? []
      : [{ ruleName: name, description, fix, severity: 'error', violatingResources }]
  })
}
