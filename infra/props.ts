import type { ISecurityGroup, IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager'
import type { ITopic } from 'aws-cdk-lib/aws-sns'
import type { PullingAlarm, PullScope } from './alarm-props.ts'
import type { FunctionProps } from './function-props.ts'

/**
 * The settings of a kill switch. The block `killSwitch` of cdk.json is the same in JSON; what is a construct here is
 * named by words there.
 *
 * Text may be a token, such as a parameter's value; names may not, nor numbers but thresholds: they have to be known at
 * synth.
 */
export interface KillSwitchProps {
  /**
   * The secret that holds Kraken's keys: as a construct, or its name, or its whole ARN. It is made out of band, so that
   * CloudFormation never sees a key. Needed unless there is a `fleet`; `{"apiKey": "…", "apiSecret": "…"}`, and `unified` for the second road. It has to be
   * in the stack's region.
   */
  readonly secret?: ISecret | string | undefined
  /**
   * Names of the accounts, where the secret holds the keys of several: `{"accounts": {"mm-btc": {…}, "mm-eth": {…}}}`. One
   * function sweeps 12 at most. 1 to 32 small letters, digits and `-` each.
   *
   * @default a switch of one account
   */
  readonly accounts?: readonly string[] | undefined
  /**
   * More accounts than that, in groups with a secret each: then a state machine of AWS Step Functions is what everything
   * pulls, and `secret` and `accounts` stay away. All words in plain text.
   */
  readonly fleet?:
    | {
        /** 40 of them run at once. No name, account or secret is in two of them. */
        readonly groups: readonly {
          /** As that of an account. */
          readonly name: string
          /** Its name, or its whole ARN. */
          readonly secret: string
          /** 1 to 12 names, those that the secret holds. */
          readonly accounts: readonly string[]
        }[]
      }
    | undefined
  /**
   * The KMS key that the secret is encrypted with, if it is one of your own. A construct `secret` that has its
   * `encryptionKey` needs none.
   */
  readonly secretKey?: IKey | undefined
  /** The same by its ARN: of the key itself, not of an alias. */
  readonly secretKeyArn?: string | undefined
  /**
   * Prefix of every name that the switch gives: function, alarms, schedules, dashboard. Unlike that of any other switch in
   * the account and region. 2 to 31 small letters, digits and `-`.
   *
   * @default 'kill-switch'
   */
  readonly name?: string | undefined
  /**
   * Which roads to Kraken it takes: `rest` (the Derivatives REST API, until 1 March 2027), `unified` (the Unified
   * WebSocket), or `both`. A road that is chosen has alarms of its own.
   *
   * @default those that the secret has a key for
   */
  readonly roads?: 'rest' | 'unified' | 'both' | undefined
  /**
   * Who hears of every pull, every page and every alarm that has become blind: a topic of your own. CloudWatch is let
   * publish to it, and the function. An imported one has to let CloudWatch publish already.
   *
   * @default a topic of the switch's own
   */
  readonly topic?: ITopic | undefined
  /**
   * The KMS key of the topic: of yours, where that does not know it itself, or for the one that is made. CloudWatch is let
   * use it; the policy of an imported key has to say so already. Under the key `alias/aws/sns` alarms are lost in silence.
   */
  readonly topicKey?: IKey | undefined
  /** The same in words: addresses for the topic that is made, or the ARN of a topic of yours. */
  readonly notify?:
    | {
        /** Each has to confirm its subscription, once. */
        readonly emails?: readonly string[] | undefined
        /** A standard topic, in the stack's region. */
        readonly topicArn?: string | undefined
        /**
         * Makes a second topic, for a channel of Amazon Q Developer in chat applications.
         *
         * @default false
         */
        readonly chat?: boolean | undefined
        /** Where messages lead for what to do now: an https address without `#`. */
        readonly runbookUrl?: string | undefined
      }
    | undefined
  /** A VPC of your own, with a way to the internet, in which the function runs. */
  readonly vpc?: IVpc | undefined
  /**
   * Which of its subnets.
   *
   * @default private subnets with a way out
   */
  readonly vpcSubnets?: SubnetSelection | undefined
  /**
   * Of the function in that VPC: TCP 443 out has to be allowed.
   *
   * @default one of its own, that lets everything out
   */
  readonly securityGroups?: readonly ISecurityGroup[] | undefined
  /** Sessions that end by the clock; more by `addSchedule`. */
  readonly schedules?: readonly SessionEnd[] | undefined
  /** Alarms that pull the switch, made by it; more by `addAlarm`, or your own by `alarmAction`. */
  readonly alarms?: readonly PullingAlarm[] | undefined
  /** Alarms of other apps that may pull the switch. */
  readonly alarmsElsewhere?:
    | {
        /** Of their names, in the stack's account and region; 3 to 100 characters. */
        readonly prefixes?: readonly string[] | undefined
        /** Also of other accounts; with `*` at its end, all that begin alike. */
        readonly arns?: readonly string[] | undefined
      }
    | undefined
  /** What goes on after a pull: lap after lap, until there is proof, and beyond. */
  readonly hold?:
    | {
        /**
         * How long a pull goes on until there is proof, in minutes, 0 to 60.
         *
         * @default 15
         */
        readonly persistMinutes?: number | undefined
        /**
         * How long whatever is placed after the proof is cancelled, in minutes, 0 to 60.
         *
         * @default 0
         */
        readonly keepShutMinutes?: number | undefined
        /**
         * Arms Kraken's own timer in each lap of a pull of all orders. The timer is the account's.
         *
         * @default false
         */
        readonly fuse?: boolean | undefined
      }
    | undefined
  /** The HTTP API, `POST /cancel-all`. There is no way to open it to everybody. */
  readonly api?:
    | {
        /** @default true */
        readonly enabled?: boolean | undefined
        /** Who may call it, by a JWT instead of IAM. */
        readonly jwt?:
          | {
              /** Its https address. */
              readonly issuer: string
              /** One of them has to be in the token. */
              readonly audiences: readonly string[]
            }
          | undefined
        /**
         * 1 to 100.
         *
         * @default 2
         */
        readonly ratePerSecond?: number | undefined
        /**
         * 1 to 100.
         *
         * @default 5
         */
        readonly burst?: number | undefined
      }
    | undefined
  /**
   * How often it tests itself, in minutes, 1 to 60.
   *
   * @default 5
   */
  readonly readinessMinutes?: number | undefined
  /** The function that cancels. */
  readonly function?: FunctionProps | undefined
  /** On everything that the switch makes and that takes tags: names and values. */
  readonly tags?: Readonly<Record<string, string>> | undefined
  /**
   * Protects the whole stack that the switch is in from being deleted, or says that it is not to be.
   *
   * @default as the stack is
   */
  readonly terminationProtection?: boolean | undefined
}

/** A session that ends by the clock: then the switch is pulled. */
export interface SessionEnd extends PullScope {
  /** Unlike any other's: letters, digits, `-` and `_`. */
  readonly name: string
  /** Six fields, as EventBridge Scheduler takes them: `0 22 ? * MON-FRI *`. */
  readonly cron: string
  /** As IANA writes it: `Europe/Berlin`. A time that daylight saving skips there is refused. */
  readonly timeZone: string
  /**
   * May its hold keep the book shut, though the next session would place orders?
   *
   * @default false
   */
  readonly keepShut?: boolean | undefined
}
