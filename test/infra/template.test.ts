import { expect, test } from 'vitest'
import { joinStacks, type StackTemplate } from '../../infra/assembly.ts'
import { readReference, refersTo, textOf } from '../../infra/template.ts'

test.each([
  [{ Ref: 'Fn' }, { id: 'Fn', attribute: null }],
  [{ 'Fn::GetAtt': ['Fn', 'Arn'] }, { id: 'Fn', attribute: 'Arn' }],
  [{ 'Fn::GetAtt': 'Fn.Arn' }, { id: 'Fn', attribute: 'Arn' }],
  [
    { 'Fn::GetAtt': ['Fn', 'SnapStartResponse.ApplyOn'] },
    { id: 'Fn', attribute: 'SnapStartResponse.ApplyOn' },
  ],
  [{ 'Fn::GetAtt': 'Fn.SnapStartResponse.ApplyOn' }, { id: 'Fn', attribute: 'SnapStartResponse.ApplyOn' }],
  ['Fn', null],
  [null, null],
  [{ 'Fn::Join': ['', [{ Ref: 'Fn' }]] }, null],
])('reads %j as the reference that it is', (value, reference) => {
  expect(readReference(value)).toEqual(reference)
})

/** A variable of `Fn::Sub`. */
const $ = (name: string) => `\${${name}}`

test.each([
  [{ Ref: 'Fn' }, true],
  [[{ 'Fn::GetAtt': ['Fn', 'Arn'] }], true],
  [{ deep: [{ 'Fn::GetAtt': 'Fn.Arn' }] }, true],
  [{ 'Fn::Sub': `x ${$('Fn.Arn')}` }, true],
  [{ 'Fn::Sub': [`x ${$('it')}`, { it: { Ref: 'Fn' } }] }, true],
  [{ 'Fn::GetAtt': ['Fn', 'SnapStartResponse.ApplyOn'] }, false],
  [{ 'Fn::Sub': `x ${$('!Fn')}` }, false],
  [{ 'Fn::Sub': [`x ${$('Fn')}`, { Fn: 'text' }] }, false],
  [{ Ref: 'Fn2' }, false],
  [{ Ref: 'AFn' }, false],
  [{ 'Fn::GetAtt': 'Fn2.Arn' }, false],
  ['{"Ref":"Fn"}', false],
  ['Fn', false],
  [undefined, false],
])('%j names the resource Fn: %s', (value, names) => {
  expect(refersTo(value, 'Fn')).toBe(names)
})

test('an id is no pattern', () => {
  expect(refersTo({ Ref: 'Fn' }, 'F.')).toBe(false)
  expect(refersTo({ Ref: 'a.b#F(n' }, 'a.b#F(n')).toBe(true)
})

test('text has a star for what is not known', () => {
  expect(textOf({ 'Fn::Join': [':', ['arn', { Ref: 'AWS::Partition' }, 'x']] })).toBe('arn:*:x')
  expect(textOf({ 'Fn::Sub': `arn:${$('AWS::Partition')}:${$('!x')}:${$('Fn.Arn')}` })).toBe(
    `arn:*:${$('x')}:*`,
  )
  expect(textOf({ Ref: 'Fn' }, ({ id }) => `<${id}>`)).toBe('<Fn>')
  expect(textOf(undefined)).toBe('*')
})

function stack(
  name: string,
  template: StackTemplate['template'],
  env: Partial<StackTemplate> = {},
): StackTemplate {
  return {
    path: `/out/${name}.json`,
    stackName: name,
    template,
    account: undefined,
    region: undefined,
    ...env,
  }
}

test('joined stacks keep apart what has the same id, and know what comes from another', () => {
  const one = {
    Resources: { Fn: { Type: 'A' }, Alias: { Type: 'B', Properties: { of: { 'Fn::GetAtt': 'Fn.Arn' } } } },
    Outputs: {
      Alias: { Value: { Ref: 'Alias' }, Export: { Name: 'one:alias' } },
      Fn: { Value: { Ref: 'Fn' } },
    },
  }
  const Properties = {
    exported: { 'Fn::ImportValue': 'one:alias' },
    unknown: { 'Fn::ImportValue': 'two:alias' },
    output: { 'Fn::GetStackOutput': { StackName: 'one', OutputName: 'Fn', Region: { Ref: 'AWS::Region' } } },
    own: { Ref: 'Fn' },
    account: { Ref: 'AWS::AccountId' },
    region: { Ref: 'AWS::Region' },
  }
  const other = stack('other', { Resources: { Fn: { Type: 'C', Properties } } }, { account: '2' })
  expect(joinStacks([stack('one', one), other, stack('empty', {})]).Resources).toEqual({
    '/out/one.json#Fn': { Type: 'A' },
    '/out/one.json#Alias': { Type: 'B', Properties: { of: { 'Fn::GetAtt': ['/out/one.json#Fn', 'Arn'] } } },
    '/out/other.json#Fn': {
      Type: 'C',
      Properties: {
        exported: { Ref: '/out/one.json#Alias' },
        unknown: { 'Fn::ImportValue': 'two:alias' },
        output: { Ref: '/out/one.json#Fn' },
        own: { Ref: '/out/other.json#Fn' },
        account: '2',
        region: { Ref: 'AWS::Region' },
      },
    },
  })
})

test('of two stacks of a name, the region tells which one an output is of', () => {
  const template = { Resources: { Fn: { Type: 'A' } }, Outputs: { Fn: { Value: { Ref: 'Fn' } } } }
  const inRegion = (region: string) => stack('one', template, { path: `/out/${region}.json`, region })
  const taken = { 'Fn::GetStackOutput': { StackName: 'one', OutputName: 'Fn', Region: 'eu-west-1' } }
  const taker = stack('taker', { Resources: { Taker: { Type: 'B', Properties: { taken } } } })
  const { Resources } = joinStacks([inRegion('eu-central-1'), inRegion('eu-west-1'), taker])
  expect(Resources['/out/taker.json#Taker']?.Properties.taken).toEqual({ Ref: '/out/eu-west-1.json#Fn' })
})
