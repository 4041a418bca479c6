import { existsSync } from 'node:fs'
import { beforeAll, expect, test } from 'vitest'
import { WIDGET_FOLDER } from '../../infra/artefact.ts'
import { resourcesOf, type Template, textOf } from '../../infra/template.ts'
import { WIDGET_SETTING_NAMES } from '../../lambda/widget/settings.ts'
import { buildApp, cdkJson, synth } from './synth.ts'

/* The widget on the dashboard: who may look may not thereby press. */

let template: Template
beforeAll(() => {
  template = synth(buildApp(cdkJson.context.killSwitch))
}, 60_000)

function theWidget() {
  const made = resourcesOf(template, 'AWS::Lambda::Function')
  const [widget, ...others] = made.filter(({ properties }) =>
    String(properties.FunctionName).endsWith('-widget'),
  )
  expect(others).toEqual([])
  return { id: String(widget?.id), properties: widget?.properties }
}

const idIn = (value: unknown) => /"(?:Ref|Fn::GetAtt)":\[?"(\w+)"/.exec(JSON.stringify(value))?.[1]

test('it is the bundle of the widget, and it has the settings that it reads and no others', () => {
  const { properties } = theWidget()
  expect(existsSync(`${WIDGET_FOLDER}/index.mjs`)).toBe(true)
  expect(properties).toMatchObject({
    Runtime: 'nodejs24.x',
    Handler: 'index.handler',
    Architectures: ['arm64'],
  })
  const { Variables } = properties.Environment
  expect(Object.keys(Variables).toSorted()).toEqual([...WIDGET_SETTING_NAMES].toSorted())
  const [alias] = resourcesOf(template, 'AWS::Lambda::Alias')
  expect(Variables.SWITCH_ALIAS_ARN).toEqual({ Ref: alias?.id })
})

test('its role reads the log of the switch and writes its own, and may do nothing else', () => {
  const { properties } = theWidget()
  const role = idIn(properties.Role)
  const statements = resourcesOf(template, 'AWS::IAM::Policy')
    .filter(({ properties: policy }) => policy.Roles.some((one: unknown) => idIn(one) === role))
    .flatMap(({ properties: policy }) => policy.PolicyDocument.Statement)
  const rights = statements.map(({ Action, Resource, Effect }) => [Effect, Action, idIn(Resource)])
  const own = idIn(properties.LoggingConfig.LogGroup)
  const read = idIn(properties.Environment.Variables.SWITCH_LOG_GROUP)
  expect(own).not.toBe(read)
  expect(rights).toEqual([
    ['Allow', ['logs:CreateLogStream', 'logs:PutLogEvents'], own],
    ['Allow', 'logs:FilterLogEvents', read],
  ])
  const [roleMade] = resourcesOf(template, 'AWS::IAM::Role').filter(({ id }) => id === role)
  expect(roleMade?.properties.ManagedPolicyArns).toBeUndefined()
})

test('nobody is let in: whoever looks needs the right to invoke it, and whoever presses that to the alias', () => {
  const { id } = theWidget()
  const permissions = resourcesOf(template, 'AWS::Lambda::Permission')
  expect(permissions.filter(({ properties }) => idIn(properties.FunctionName) === id)).toEqual([])
  for (const { properties } of resourcesOf(template, 'AWS::IAM::ManagedPolicy')) {
    expect(JSON.stringify(properties)).not.toContain(id)
  }
})

test('the dashboard calls the widget, and never the switch', () => {
  const [board] = resourcesOf(template, 'AWS::CloudWatch::Dashboard')
  const body = JSON.stringify(board?.properties.DashboardBody)
  const endpoints = [...body.matchAll(/\\"endpoint\\":\\"",\{"Fn::GetAtt":\["(\w+)","Arn"\]\}/g)].map(
    ([, id]) => id,
  )
  expect(endpoints).toEqual([theWidget().id])
  expect(textOf(board?.properties.DashboardBody)).toContain('Last pulls')
})
