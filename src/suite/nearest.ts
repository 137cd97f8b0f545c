import type { ParsedCall } from "../abi/call.js";
import type { Answer } from "../analysis/because.js";
import { findNearest, type NearEntry } from "../analysis/nearest.js";
import type { Simulator } from "../analysis/simulator.js";
import type { Expectation } from "./expectation.js";

/** Failures of a run of which the nearest entries are looked for: a second at most. */
export const MAX_NEAREST = 10;

/** Entries that are named for a call: more would hide the failure. */
const MAX_NAMED = 2;

/**
 * The entries nearest to a call that was not as expected: only those that lead to what is expected, where
 * there are any; else those that would decide otherwise at all. Two at most. The simulator may be
 * closed already.
 */
export function nearestTo(
  simulator: Simulator,
  { call, answer }: { readonly call: ParsedCall; readonly answer: Answer },
  expect: Expectation,
): readonly NearEntry[] {
  const near = findNearest(simulator, call, answer);
  const wanted = near.filter(({ outcome }) => expect.matches(outcome, simulator.target.arch));
  return (wanted.length > 0 ? wanted : near).slice(0, MAX_NAMED);
}
