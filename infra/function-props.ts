import type { RemovalPolicy } from 'aws-cdk-lib'

/** The function that cancels. */
export interface FunctionProps {
  /**
   * In megabytes, 256 to 10240; CPU comes with it.
   *
   * @default 512
   */
  readonly memoryMb?: number | undefined
  /**
   * How long one pull may take, in seconds, 10 to 900, with a hold 25 at least. HTTPS is answered within 25 s whatever it is.
   *
   * @default 120
   */
  readonly timeoutSeconds?: number | undefined
  /**
   * 30, 60, 90, 180, 365, 731, 1827 or 3653.
   *
   * @default 365
   */
  readonly logRetentionDays?: number | undefined
  /**
   * What becomes of the function's log when the switch is deleted.
   *
   * @default 'retain': it is evidence
   */
  readonly logRemovalPolicy?: RemovalPolicy.RETAIN | RemovalPolicy.DESTROY | 'retain' | 'destroy' | undefined
  /**
   * How many may run at once, 2 to 100, with a hold 3 at least: guaranteed, and taken from the account's quota. 10 is
   * recommended where the quota allows it.
   *
   * @default none
   */
  readonly reservedConcurrency?: number | undefined
  /**
   * How many sandboxes Lambda keeps ready at any time, 1 to 100: no pull waits for a start then. It costs about $4.30 a
   * month for each at 512 MB, in proportion to the memory, used or not (us-east-1, $0.0000033334 a GB-second).
   *
   * @default none: the readiness check keeps one warm, most of the time
   * @see https://aws.amazon.com/lambda/pricing/ (Provisioned Concurrency, Arm)
   */
  readonly provisionedConcurrency?: number | undefined
  /** ARN of an IAM policy that bounds every role that the switch makes. */
  readonly permissionsBoundaryArn?: string | undefined
  /**
   * A VPC with a NAT gateway and an Elastic IP, for a key with a list of IP addresses: about $36 a month.
   *
   * @default false
   */
  readonly fixedEgress?: boolean | undefined
  /** The function's own settings; what it would refuse is refused at synth. */
  readonly settings?:
    | {
        /** Between the two reads that make a proof, in milliseconds. */
        readonly QUIET_PERIOD_MS?: number | undefined
        /** One request to Kraken, in milliseconds. */
        readonly ATTEMPT_TIMEOUT_MS?: number | undefined
        /** No first byte by then: the same request goes out on a spare connection. In milliseconds. */
        readonly SPARE_AFTER_MS?: number | undefined
        /** A scheduled pull older than this is refused. In milliseconds. */
        readonly STALE_SCHEDULE_MS?: number | undefined
        /** Of the Derivatives REST API. */
        readonly KRAKEN_FUTURES_URL?: string | undefined
        /** Of the Unified WebSocket. */
        readonly KRAKEN_UNIFIED_URL?: string | undefined
        /** Of the API that gives tokens for it. */
        readonly KRAKEN_API_URL?: string | undefined
      }
    | undefined
}
