/**
 * Did you mean: the candidate nearest to `word` by edit distance (with transpositions), compared
 * without case. `undefined` when nothing is near enough to be a slip of the finger.
 *
 * `suggest("moutn", ["mount", "umount2"])` is "mount".
 */
export function suggest(word: string, candidates: Iterable<string>): string | undefined {
  // Longer than any name: not a typing mistake, and the distance would cost quadratic time.
  if (word.length === 0 || word.length > 64) return undefined;
  const lower = word.toLowerCase();
  let limit = Math.max(1, Math.floor(lower.length / 3));
  let best: string | undefined;
  for (const candidate of candidates) {
    const distance = editDistance(lower, candidate.toLowerCase(), limit);
    if (distance > limit || (distance === limit && best !== undefined)) continue;
    best = candidate;
    limit = distance;
    if (distance === 0) break;
  }
  return best;
}

/** Optimal string alignment distance; anything above `limit` is given as `limit + 1`. */
function editDistance(a: string, b: string, limit: number): number {
  const far = limit + 1;
  if (Math.abs(a.length - b.length) > limit) return far;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    let smallest = i;
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min(
        (last[j - 1] ?? far) + (same ? 0 : 1),
        (last[j] ?? far) + 1,
        (row[j - 1] ?? far) + 1,
      );
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, (beforeLast[j - 2] ?? far) + 1);
      }
      row.push(cost);
      smallest = Math.min(smallest, cost);
    }
    if (smallest > limit) return far;
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? far;
}
