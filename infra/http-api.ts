import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib'
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway'
import * as apigw from 'aws-cdk-lib/aws-apigatewayv2'
import { HttpIamAuthorizer, HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers'
import {
  HttpLambdaIntegration,
  HttpStepFunctionsIntegration,
} from 'aws-cdk-lib/aws-apigatewayv2-integrations'
import * as logs from 'aws-cdk-lib/aws-logs'
import type { IStateMachine, StateMachine } from 'aws-cdk-lib/aws-stepfunctions'
import { Construct } from 'constructs'
import type { Config } from './config.ts'
import type { TriggersProps } from './triggers.ts'

/** Of API Gateway's 30 s; the function answers within 25. */
const INTEGRATION_TIMEOUT = Duration.seconds(29)
const PATH = '/cancel-all'

/** `POST /cancel-all`, never anonymous: SigV4, or a JWT where the configuration names an issuer. */
export class PressApi extends Construct {
  readonly url: string
  /** The ARN that `execute-api:Invoke` is granted on; null where a JWT decides. */
  readonly routeArn: string | null

  constructor(scope: Construct, id: string, { config, alias, fleetMachine }: TriggersProps) {
    super(scope, id)
    const api = new apigw.HttpApi(this, 'Api', { apiName: config.name, createDefaultStage: false })
    const [route] = api.addRoutes({
      path: PATH,
      methods: [apigw.HttpMethod.POST],
      integration:
        fleetMachine === null
          ? new HttpLambdaIntegration('Switch', alias, { timeout: INTEGRATION_TIMEOUT })
          : fleetIntegration(fleetMachine),
      authorizer: authorizerOf(config),
    })
    const log = new logs.LogGroup(this, 'AccessLog', {
      logGroupName: `/aws/vendedlogs/apis/${config.name}`,
      retention: config.function.logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY, // its name has to be free for the next stack
    })
    const stage = new apigw.HttpStage(this, 'Stage', {
      httpApi: api,
      stageName: '$default',
      autoDeploy: true,
      throttle: { rateLimit: config.api.ratePerSecond, burstLimit: config.api.burst },
      accessLogSettings: { destination: new apigw.LogGroupLogDestination(log), format: accessLog(config) },
    })
    const { partition, region, account } = Stack.of(this)
    const stageArn = `arn:${partition}:execute-api:${region}:${account}:${api.apiId}/${stage.stageName}`
    this.url = `${api.apiEndpoint}${PATH}`
    this.routeArn = config.api.jwt === undefined && route !== undefined ? `${stageArn}/POST${PATH}` : null
  }
}

/**
 * The body is the event, and has to be there: `{}` for everything. Step Functions' own answer is given back: 200 with
 * `status`, and the first sentence in `output` or `cause`. Who called stands in the access log alone.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-aws-services-reference.html
 */
function fleetIntegration(machine: IStateMachine): HttpStepFunctionsIntegration {
  return new HttpStepFunctionsIntegration('Fleet', {
    stateMachine: machine as StateMachine,
    subtype: apigw.HttpIntegrationSubtype.STEPFUNCTIONS_START_SYNC_EXECUTION,
    parameterMapping: new apigw.ParameterMapping()
      .custom('StateMachineArn', machine.stateMachineArn)
      .custom('Input', '$request.body'),
  })
}

function authorizerOf({ api: { jwt } }: Config): apigw.IHttpRouteAuthorizer {
  return jwt === undefined
    ? new HttpIamAuthorizer()
    : new HttpJwtAuthorizer('Jwt', jwt.issuer, { jwtAudience: jwt.audiences })
}

/**
 * Who, when, what came of it; no header, and so no signature or token, is logged.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html
 */
function accessLog({ api: { jwt } }: Config): AccessLogFormat {
  return AccessLogFormat.custom(
    JSON.stringify({
      requestId: '$context.requestId',
      time: '$context.requestTime',
      caller: jwt === undefined ? '$context.identity.userArn' : '$context.authorizer.claims.sub',
      sourceIp: '$context.identity.sourceIp',
      route: '$context.routeKey',
      status: '$context.status',
      latencyMs: '$context.responseLatency',
      error: '$context.error.message',
    }),
  )
}
