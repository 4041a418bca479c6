/** What a pull cancels, and why. */
export interface PullScope {
  /**
   * 1 to 20 symbols of Kraken Futures, such as `PF_XBTUSD`, or margin accounts, such as `FI_XBTUSD`.
   *
   * @default all orders
   */
  readonly symbols?: readonly string[] | undefined
  /**
   * Lets orders stay that Kraken tells to be reduce-only.
   *
   * @default everything goes
   */
  readonly keep?: 'reduceOnly' | undefined
  /**
   * Of a switch of many accounts, some of them by name.
   *
   * @default all accounts
   */
  readonly accounts?: readonly string[] | undefined
  /**
   * Of a switch of groups, one of them by name, instead of `accounts`.
   *
   * @default all groups
   */
  readonly group?: string | undefined
  /** For the report: 200 printable characters at most. */
  readonly reason?: string | undefined
}

/** An alarm that pulls the switch, made by it. */
export type PullingAlarm = MetricAlarm | ExpressionAlarm | HeartbeatAlarm

/** A metric, as CloudWatch shows it. */
export interface AlarmMetric {
  /** Such as `TradingBot`. */
  readonly namespace: string
  /** Its name. */
  readonly metric: string
  /** Names and values, 30 at most. */
  readonly dimensions?: Readonly<Record<string, string>> | undefined
  /** Of what was reported in a period. */
  readonly statistic: 'Average' | 'Maximum' | 'Minimum' | 'SampleCount' | 'Sum'
}

/** When an alarm fires. */
export interface AlarmRule extends PullScope {
  /** Unlike any other's: letters, digits, `-` and `_`. */
  readonly name: string
  /**
   * 10, 20, 30 or a multiple of 60 seconds; 60 at least for metrics of AWS itself.
   *
   * @default 60
   */
  readonly periodSeconds?: number | undefined
  /** What is compared with. */
  readonly threshold: number
  /** How. */
  readonly comparison:
    | 'GreaterThanOrEqualToThreshold'
    | 'GreaterThanThreshold'
    | 'LessThanThreshold'
    | 'LessThanOrEqualToThreshold'
  /**
   * So many periods have to breach.
   *
   * @default 1
   */
  readonly datapointsToAlarm?: number | undefined
  /**
   * Of so many.
   *
   * @default 1
   */
  readonly evaluationPeriods?: number | undefined
  /**
   * What silence means. `missing`: it pulls nothing, and the topic is told.
   *
   * @default 'missing'
   */
  readonly missingData?: 'missing' | 'breaching' | 'notBreaching' | 'ignore' | undefined
}

/** Fires when one metric crosses a threshold. */
export interface MetricAlarm extends AlarmRule, AlarmMetric {
  readonly kind: 'metric'
}

/** Fires when metric math crosses a threshold. */
export interface ExpressionAlarm extends AlarmRule {
  readonly kind: 'expression'
  /** Such as `a / b`. */
  readonly expression: string
  /** Its metrics by their ids, 10 at most. */
  readonly metrics: Readonly<Record<string, AlarmMetric>>
}

/** Fires when a bot is silent. */
export interface HeartbeatAlarm extends PullScope, Omit<AlarmMetric, 'statistic'> {
  readonly kind: 'heartbeat'
  /** Unlike any other's: letters, digits, `-` and `_`. */
  readonly name: string
  /**
   * 10, 20, 30 or a multiple of 60 seconds; 60 at least for metrics of AWS itself.
   *
   * @default 10
   */
  readonly periodSeconds?: number | undefined
  /**
   * So many periods in a row without a beat.
   *
   * @default 3
   */
  readonly missedPeriods?: number | undefined
}
