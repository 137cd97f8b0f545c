import type { ParsedCall } from "../abi/call.js";
import type { Answer, Because } from "../analysis/because.js";
import { formatRuntime } from "../profile/target-options.js";
import { formatVerdict } from "../seccomp/verdict.js";
import type { Target } from "../target.js";

/** A call and its answer for programs. */
export interface AnswerJson {
  readonly call: string;
  readonly nr: number;
  readonly arch: string;
  /** Six values in hexadecimal: JSON's readers would round 64 bits. */
  readonly args: readonly string[];
  readonly verdict: string;
  readonly action: string;
  readonly data: number;
  readonly ret: number;
  readonly because: Because;
}

export function answerJson(call: ParsedCall, answer: Answer): AnswerJson {
  return {
    call: call.text,
    nr: call.record.nr | 0,
    arch: call.arch,
    args: call.record.args.map((arg) => `0x${arg.toString(16)}`),
    verdict: formatVerdict(answer.verdict),
    action: answer.verdict.action,
    data: answer.verdict.data,
    ret: answer.ret >>> 0,
    because: answer.because,
  };
}

/** The target for programs; versions are text, since 6.10 is not 6.1. */
export function targetJson(target: Target): Record<string, unknown> {
  const { kernel, optimize, table, runtimeVersion: _, ...rest } = target;
  return {
    ...rest,
    engine: target.engine ?? "docker",
    runtime: formatRuntime(target),
    ...(table === undefined ? {} : { table }),
    ...(optimize === undefined ? {} : { optimize }),
    kernel: `${kernel.major}.${kernel.minor}`,
  };
}
