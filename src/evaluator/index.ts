export {
  type BatchOptions,
  createEvaluator,
  type Decision,
  Evaluator,
  type Trace,
  type TraceStep,
} from "./evaluator.js";
export type { Rejection, RejectionReason } from "./rejection.js";
export { type Acceptance, verifyFilter, verifyStack } from "./verify.js";
