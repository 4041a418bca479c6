import { CfnOutput, Stack } from 'aws-cdk-lib'
import type { ITopic } from 'aws-cdk-lib/aws-sns'
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions'
import type { Construct } from 'constructs'
import type { Config } from './config.ts'
import type { PressApi } from './http-api.ts'
import type { SwitchFunction } from './switch-function.ts'

/** Lambda's own limit of the init phase, which the caller waits for too. */
const LONGEST_INIT_S = 10
/** Step Functions' own limit of an Express workflow, and some more. */
const LONGEST_EXPRESS_S = 310

export interface OutputsProps {
  readonly config: Config
  readonly switchFunction: SwitchFunction
  /** Null where there are no groups of accounts. */
  readonly fleetMachine: IStateMachine | null
  readonly topic: ITopic
  readonly chatTopic: ITopic | null
  /** Null when the API is off. */
  readonly api: PressApi | null
  readonly dashboardUrl: string
}

/** What a person needs to press the switch, and to look at it. */
export function makeOutputs(scope: Construct, props: OutputsProps): void {
  const { region } = Stack.of(scope)
  const { config, api, fleetMachine, topic, chatTopic, dashboardUrl } = props
  const { alias, egressAddresses } = props.switchFunction
  const output = (id: string, value: string, description: string) =>
    new CfnOutput(scope, id, { value, description })
  output(
    'AliasArn',
    alias.functionArn,
    fleetMachine === null ? 'What every trigger pulls' : 'What the fleet invokes',
  )
  output('TopicArn', topic.topicArn, 'Who is told of every pull')
  output('Dashboard', dashboardUrl, 'Is it ready, what has it done')
  if (chatTopic !== null) {
    const description = 'For a channel of Amazon Q Developer in chat applications'
    output('ChatTopicArn', chatTopic.topicArn, description)
  }
  // Without its own read timeout the AWS CLI hangs up after 60 s, and presses again.
  output(
    'Invoke',
    fleetMachine !== null
      ? `aws stepfunctions start-sync-execution --state-machine-arn ${fleetMachine.stateMachineArn} --cli-read-timeout ${LONGEST_EXPRESS_S} --input '{"reason":"by hand"}'`
      : `aws lambda invoke --function-name ${alias.functionArn} --cli-read-timeout ${config.function.timeoutSeconds + LONGEST_INIT_S} --cli-binary-format raw-in-base64-out --payload '{"reason":"by hand"}' /dev/stdout`,
    'Press it with the AWS CLI',
  )
  if (api !== null) {
    output('Url', api.url, 'POST here')
    output('Curl', curl(config, api.url, region), 'Press it with curl')
  }
  if (egressAddresses.length > 0) {
    output('EgressAddresses', egressAddresses.join(','), 'For the IP allow-list of the key')
  }
}

function curl({ api }: Config, url: string, region: string): string {
  const signed = `--aws-sigv4 aws:amz:${region}:execute-api --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" -H "x-amz-security-token: $AWS_SESSION_TOKEN"`
  const auth = api.jwt === undefined ? signed : '-H "authorization: Bearer $TOKEN"'
  return `curl -sS -X POST ${url} ${auth} -H 'content-type: application/json' -d '{"reason":"by hand"}'`
}
