/**
 * What does a seccomp profile do to a system call? Profiles in, the runtime's program, exact verdicts out.
 *
 * @packageDocumentation
 */
export { ARCHITECTURES, type Architecture, type ArchName } from "./abi/architecture.js";
export { type ParsedCall, parseCall } from "./abi/call.js";
export { CAPABILITIES, DOCKER_DEFAULT_CAPS } from "./abi/capabilities.js";
export { formatCall } from "./abi/format-call.js";
export { archByAudit, archByName } from "./abi/names.js";
export { suggest } from "./abi/suggest.js";
export { syscallName, syscallNames, syscallNumber } from "./abi/syscalls.js";
export type { Answer, Because } from "./analysis/because.js";
export { type BenchResult, type BenchSubject, bench } from "./analysis/bench.js";
export type {
  ArgumentCondition,
  BitTest,
  Condition,
  Conjunction,
  Range,
} from "./analysis/condition.js";
export { type Cost, measureCost } from "./analysis/cost.js";
export {
  type Coverage,
  type CoverageItem,
  type CoverageReport,
  createCoverage,
  type FilterCoverage,
  type ProfileCoverage,
  type Share,
} from "./analysis/coverage/index.js";
export type { LoadedFilter } from "./analysis/decider.js";
export { type Diff, type Difference, diffSimulators } from "./analysis/diff.js";
export { compareSimulators, type Equivalence } from "./analysis/equivalence.js";
export { type Fault, findFaults } from "./analysis/faults.js";
export type { Lack, Supplied, UnmetComparison } from "./analysis/lacks.js";
export { createMatrix, type MatrixPart, type MatrixRow } from "./analysis/matrix.js";
export {
  type MutantResult,
  type MutationOptions,
  type MutationResult,
  type MutationScore,
  mutationScore,
} from "./analysis/mutation.js";
export { findNearest, type NearEntry } from "./analysis/nearest.js";
export {
  compile,
  createSimulator,
  type Explanation,
  type LoadedSource,
  resolve,
  type Simulator,
} from "./analysis/simulator.js";
export {
  type LoadOptions,
  loadProfile,
  presetSource,
  type Source,
  type SourceType,
} from "./analysis/source.js";
export {
  compareTargets,
  DIMENSIONS,
  type Dimension,
  type TargetAnswer,
  type TargetRow,
  type Variation,
  type VariedTarget,
  varyTarget,
} from "./analysis/targets.js";
export { type Assembled, type AssembleOptions, assemble } from "./bpf/assemble.js";
export { type Comparison, compareDecisions } from "./bpf/compare.js";
export { type Decision, decisionsOf } from "./bpf/decision.js";
export { disassemble } from "./bpf/disassemble.js";
export { decodeFilter, detectEndian, encodeFilter } from "./bpf/encode.js";
export {
  detectFilterText,
  type FilterText,
  formatFilter,
  readFilterText,
} from "./bpf/filter-text.js";
export type { Endian, Instruction } from "./bpf/instruction.js";
export type { InstructionOrigin, Program } from "./compiler/model.js";
export {
  type Codegen,
  type Optimized,
  type OptimizeOptions,
  optimizeProgram,
} from "./compiler/optimal/index.js";
export { formatPlace, type Place, placed, SeccompSimError, type Warning } from "./errors.js";
export {
  createEvaluator,
  type Evaluator,
  type EvaluatorMode,
  type EvaluatorOptions,
  type RecordBatch,
  verifyFilter as verify,
  verifyStack,
} from "./evaluator/index.js";
export {
  type Chunks,
  createPool,
  type NodeWorkerLike,
  Pool,
  type PoolCallOptions,
  type PoolOptions,
  type Shard,
  type WebWorkerLike,
  type WorkerLike,
} from "./pool/index.js";
export {
  type ProfileDocument,
  readDockerProfile,
  readDocument,
  readProfile,
} from "./profile/document.js";
export type { Policy } from "./profile/policy.js";
export {
  type PresetName,
  type PresetTarget,
  presetNames,
  presetSummary,
  presetText,
} from "./profile/presets/index.js";
export type { Profile } from "./profile/profile.js";
export { resolveProfile } from "./profile/resolve.js";
export { MAX_SOURCE_BYTES } from "./profile/size.js";
export { TargetBuilder, target } from "./profile/target-builder.js";
export {
  asTarget,
  formatTarget,
  parseTarget,
  type TargetOptions,
} from "./profile/target-options.js";
export {
  WRITTEN_FORMATS,
  type WrittenFormat,
  type WrittenProfile,
  writeProfile,
} from "./profile/write/index.js";
export { formatBecause } from "./report/because.js";
export { type CallLike, type Check, checkCall, checkSame } from "./report/check.js";
export { type Callee, formatCondition } from "./report/condition.js";
export { coverageJson, formatCoverage } from "./report/coverage.js";
export { formatMutation, mutationJson } from "./report/mutation.js";
export { formatNear } from "./report/nearest.js";
export { failureLines } from "./report/run.js";
export {
  type CompiledFilter,
  compilePolicy,
  type ReadPolicy,
  type RuleCall,
  readPolicy,
} from "./runtime/compile.js";
export type { ActionName } from "./seccomp/action.js";
export { type Columns, fromColumns, toColumns } from "./seccomp/columns.js";
export { type AllowBitmap, constantAllow } from "./seccomp/constant-allow.js";
export { type Mix, makeRecords } from "./seccomp/mix.js";
export { decodeRecord, encodeRecord, RECORD_SIZE, type SeccompData } from "./seccomp/record.js";
export { combine } from "./seccomp/stack.js";
export { decodeVerdict, describeEffect, formatVerdict, type Verdict } from "./seccomp/verdict.js";
export { type Expectation, parseExpectation } from "./suite/expectation.js";
export { type ImportedSuite, type ImportOptions, importTests } from "./suite/import-tests.js";
export { mutateSuite } from "./suite/mutation.js";
export { readSuite } from "./suite/reader.js";
export {
  type RunOptions,
  runSuite,
  runSuiteSync,
  type SuiteResult,
} from "./suite/runner.js";
export type { CallPattern, Suite, SuiteCase, SuiteSubject, SuiteTarget } from "./suite/suite.js";
export type {
  EngineName,
  KernelVersion,
  LibseccompVersion,
  RuntimeName,
  RuntimeVersion,
  Target,
} from "./target.js";
