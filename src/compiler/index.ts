export { Context, type ContextOptions, type Errno } from "./libseccomp/context.js";
export { resolverOf, resolveSyscall, SYSCALL_UNKNOWN } from "./libseccomp/names.js";
export {
  CONFLICT,
  HOLDS,
  type PlainReading,
  type ReadEntry,
  type ReadOutcome,
  readCondition,
} from "./libseccomp/reading.js";
export type {
  CompareOp,
  Condition,
  FilterRule,
  InstructionOrigin,
  Program,
} from "./model.js";
