export type { RecordBatch } from "./batch.js";
export {
  type BatchOptions,
  createEvaluator,
  type Decision,
  Evaluator,
  type EvaluatorOptions,
  type Trace,
  type TraceStep,
} from "./evaluator.js";
export type { EvaluatorMode } from "./jit.js";
export type { Rejection, RejectionReason } from "./rejection.js";
export { type Acceptance, verifyFilter, verifyStack } from "./verify.js";
