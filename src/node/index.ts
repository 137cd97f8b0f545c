/**
 * What tests of profiles in Node need, whatever runs them: profiles and suites from files, and assertions.
 *
 * @packageDocumentation
 */
export { target } from "../profile/target-builder.js";
export {
  assertAllows,
  assertDecides,
  assertDecidesAs,
  assertDenies,
  assertKills,
  assertLogs,
  assertPassesSuite,
  checkSuite,
  denyWords,
} from "./assert.js";
export { simulate, type TargetLike } from "./simulate.js";
export { AssertionError, collectSuites, readSuiteFile, type SuiteTest } from "./suites.js";
export { asked } from "./told.js";
