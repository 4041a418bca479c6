import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { drawArchitecture } from '../../docs/architecture.ts'

const drawn = drawArchitecture()

test('the picture of the README is the one that its script draws', () => {
  expect(readFileSync('docs/architecture.svg', 'utf8')).toBe(drawn)
  expect(readFileSync('README.md', 'utf8')).toContain('(docs/architecture.svg)')
})

test('it asks nothing of the network, runs nothing, and knows a dark screen', () => {
  expect(drawn.replace('http://www.w3.org/2000/svg', '')).not.toMatch(
    /https?:|<script|@import|<image| on\w+=/,
  )
  expect(drawn).toContain('prefers-color-scheme:dark')
})

test('every box lies within the picture, and none on another', () => {
  const numbers = (text: string) => [...text.matchAll(/"(\d+)"/g)].map(([, number]) => Number(number))
  const [, , width = 0, height = 0] = /viewBox="([^"]+)"/.exec(drawn)?.[1]?.split(' ').map(Number) ?? []
  const boxes = [...drawn.matchAll(/<g class="\w+"><rect ([^>]+)>/g)].map(([, text]) => numbers(String(text)))
  expect(boxes.length).toBeGreaterThan(12)
  for (const [i, [x = 0, y = 0, w = 0, h = 0]] of boxes.entries()) {
    expect(x > 0 && y > 0 && x + w < width && y + h < height).toBe(true)
    for (const [ox = 0, oy = 0, ow = 0, oh = 0] of boxes.slice(i + 1)) {
      expect(x + w <= ox || ox + ow <= x || y + h <= oy || oy + oh <= y).toBe(true)
    }
  }
})
