import { HTTP_LIMIT_MS } from '../../lambda/triggers/deadline.ts'
import type { Switch } from '../switch-in-template.ts'
import { type Named, refersTo, resourcesOf } from '../template.ts'
import { ids, pulls, type Rule, type Stacks } from './rule.ts'

/** The function sweeps for an HTTPS call no longer than its limit, whatever its own timeout; 3 s are for a silent topic. */
const LEAST_API_WAIT_MS = HTTP_LIMIT_MS + 3_000

/** Who may call the switch, and how long they wait. */
export const API_RULES: readonly Rule[] = [
  {
    name: 'anonymous-route',
    description: 'Anybody on the internet could pull the kill switch.',
    fix: 'Give the route an IAM or JWT authorizer, and the function no public URL.',
    broken: anonymous,
  },
  {
    name: 'api-gives-up-first',
    description: 'API Gateway gives up before the function answers: the caller would hear nothing.',
    fix: `Give the integration ${LEAST_API_WAIT_MS / 1000} s at least.`,
    broken: impatient,
  },
]

/** Of a method of a REST API; without one it is NONE. */
const REST_AUTHORIZATION = ['AWS_IAM', 'COGNITO_USER_POOLS', 'CUSTOM']

function anonymous({ all }: Stacks, kill: Switch): string[] {
  const integrations = resourcesOf(all, 'AWS::ApiGatewayV2::Integration').filter(
    ({ properties }) =>
      pulls(kill, properties.IntegrationUri) || pulls(kill, properties.RequestParameters?.StateMachineArn),
  )
  const isConcerned = ({ properties }: Named) =>
    pulls(kill, properties.TargetFunctionArn ?? properties.FunctionName) ||
    integrations.some((integration) => refersTo(properties.Target, integration.id))
  const open = (type: string, isOpen: (properties: Named['properties']) => boolean) =>
    resourcesOf(all, type).filter((one) => isOpen(one.properties) && isConcerned(one))
  const methods = resourcesOf(all, 'AWS::ApiGateway::Method').filter(
    ({ properties }) =>
      !REST_AUTHORIZATION.includes(properties.AuthorizationType) && pulls(kill, properties.Integration?.Uri),
  )
  return ids([
    ...methods,
    ...open('AWS::ApiGatewayV2::Route', (route) => !['AWS_IAM', 'JWT'].includes(route.AuthorizationType)),
    ...open('AWS::Lambda::Url', (url) => url.AuthType !== 'AWS_IAM'),
    ...open('AWS::Lambda::Permission', (permission) => permission.Principal === '*'),
  ])
}

/** What waits for less than the function may take; unset it is 30 s, or 29 of a REST API. */
function impatient({ all }: Stacks, kill: Switch): string[] {
  const leastMs = Math.min(LEAST_API_WAIT_MS, kill.function.Timeout * 1000)
  const integrations = resourcesOf(all, 'AWS::ApiGatewayV2::Integration').filter(
    ({ properties }) => properties.TimeoutInMillis < leastMs && pulls(kill, properties.IntegrationUri),
  )
  const methods = resourcesOf(all, 'AWS::ApiGateway::Method').filter(
    ({ properties: { Integration } }) =>
      Integration?.TimeoutInMillis < leastMs && pulls(kill, Integration.Uri),
  )
  return ids([...integrations, ...methods])
}
