/**
 * The word that was meant by a misspelt one.
 *
 * @param tolerance how many letters may differ; upper and lower case count as one
 * @returns null when none is that near
 */
export function nearest(
  word: string,
  known: readonly string[],
  tolerance = Math.max(1, Math.floor(word.length / 3)),
): string | null {
  const ranked = known
    .map((one) => ({ one, distance: editDistance(word.toLowerCase(), one.toLowerCase()) }))
    .filter(({ distance }) => distance <= tolerance)
    .toSorted((a, b) => a.distance - b.distance)
  return ranked[0]?.one ?? null
}

/** How many letters have to be changed, added or left out; row by row, as Wagner and Fischer do. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, i) => i)
  for (let i = 0; i < from.length; i++) {
    const next = [i + 1]
    for (let j = 0; j < to.length; j++) {
      const replaced = Number(row[j]) + (from[i] === to[j] ? 0 : 1)
      next.push(Math.min(Number(next[j]) + 1, Number(row[j + 1]) + 1, replaced))
    }
    row = next
  }
  return Number(row.at(-1))
}
