import { ARCHITECTURES, type ArchName } from "../abi/architecture.js";
import { BPF_MAXINSNS, type Endian, type Instruction } from "../bpf/instruction.js";
import {
  Context,
  type InstructionOrigin,
  type PlainReading,
  type Program,
} from "../compiler/index.js";
import { type Place, placed, SeccompSimError, withPlace } from "../errors.js";
import { defaultPlaceOf, type Policy } from "../profile/policy.js";
import { syscallTable, type Target } from "../target.js";
import type { RuleCall, RuntimeCalls } from "./calls.js";
import { crunCalls } from "./crun.js";
import {
  refusedArch,
  refusedDefault,
  refusedHost,
  refusedLength,
  refusedMips,
  refusedRule,
  refusedSize,
} from "./refusal.js";
import { runcCalls } from "./runc.js";
import { enosysStub } from "./stub.js";
import { youkiCalls } from "./youki.js";

export type { RuleCall } from "./calls.js";

/** The program that the runtime would load for a policy, and how it came about. */
export interface CompiledFilter {
  /** The stub included. */
  readonly program: Program;
  /** Instructions of the stub at the program's front. */
  readonly stubLength: number;
  /** What `Program.origins` counts rules by. */
  readonly calls: readonly RuleCall[];
  readonly target: Target;
  readonly endian: Endian;
  readonly policy: Policy;
}

/** What the policy says, without a program. */
export interface ReadPolicy {
  readonly reading: PlainReading;
  /** What the reading counts rules by. */
  readonly calls: readonly RuleCall[];
}

/**
 * Most calls that are made for one profile, and most comparisons of arguments in them: Docker's default
 * needs 368 and 24. The limit is ours, so that no profile keeps the compiler busy for minutes. Far more
 * than a program has instructions may be asked for: equal conditions of many calls share theirs.
 */
const MAX_CALLS = 100_000;

function callsOf(policy: Policy, target: Target): RuntimeCalls {
  switch (target.runtime) {
    case "crun":
      return crunCalls(policy, target);
    case "youki":
      return youkiCalls(policy, target);
    case "runc":
    case "libseccomp":
    case "ideal":
      return runcCalls(policy, target);
  }
}

/** What is said where a program is asked of the runtime "ideal". */
export function noProgram(): SeccompSimError {
  return new SeccompSimError("no-program", "ideal reads the profile as it is: it has no program", {
    hint: "name the runtime whose program you want, or libseccomp",
  });
}

/** A libseccomp context in which the runtime has made all its calls. */
function makeCalls(
  policy: Policy,
  target: Target,
  faultless: boolean,
): { context: Context; asked: RuntimeCalls; made: readonly RuleCall[] } {
  const asked = callsOf(policy, target);
  if (target.arch === "x32") throw refusedHost();
  checkMips(target.arch, target, defaultPlaceOf(policy));
  const context = newContext(policy, target, asked, faultless);
  let i = 0;
  for (const arch of asked.archs) {
    const place = policy.architectures[i++]?.place ?? defaultPlaceOf(policy);
    checkMips(arch, target, place);
    const errno = context.addArch(arch);
    if (errno !== 0 && errno !== "EEXIST") throw refusedArch(arch, place, errno, target);
  }
  const made: RuleCall[] = [];
  let comparisons = 0;
  for (const call of asked.calls) {
    comparisons += call.conditions.length;
    if (made.length >= MAX_CALLS) throw refusedSize("rules", MAX_CALLS, call.place);
    if (comparisons > MAX_CALLS) {
      throw refusedSize("comparisons of arguments", MAX_CALLS, call.place);
    }
    let errno: ReturnType<Context["addRule"]>;
    try {
      errno = context.addRule(call);
    } catch (error) {
      // The compiler knows rules, not files: its complaints get the place of what was compiled.
      throw withPlace(error, call.place);
    }
    made.push(call);
    if (errno !== 0) throw refusedRule(call, errno, target);
  }
  return { context, asked, made };
}

function checkMips(arch: ArchName, { libseccomp }: Target, place: Place): void {
  if (libseccomp !== "2.5.2" || (arch !== "mips" && arch !== "mipsel")) return;
  throw refusedMips(arch, place);
}

function newContext(
  policy: Policy,
  target: Target,
  { defaultAction, badArchAction, optimize }: RuntimeCalls,
  faultless: boolean,
): Context {
  try {
    return new Context({
      version: target.libseccomp,
      table: syscallTable(target),
      native: target.arch,
      kernel: target.kernel,
      defaultAction,
      badArchAction,
      optimize,
      faultless,
    });
  } catch (error) {
    if (!(error instanceof SeccompSimError) || error.code !== "invalid-action") throw error;
    throw refusedDefault(policy, defaultAction, target, error);
  }
}

function behindStub(stub: readonly Instruction[], filter: Program): Program {
  if (stub.length === 0) return filter;
  let origins: readonly InstructionOrigin[] | undefined;
  return {
    instructions: [...stub, ...filter.instructions],
    get origins() {
      origins ??= [...stub.map((): InstructionOrigin => ({ kind: "stub" })), ...filter.origins];
      return origins;
    },
  };
}

/**
 * Compiles a policy as the target's runtime does: its libseccomp calls, libseccomp's program, and
 * runc's stub in front. The policy must not be `off`, and the runtime not "ideal", which has no
 * program.
 *
 * Throws SeccompSimError where the real chain refuses the policy.
 */
export function compilePolicy(policy: Policy, target: Target): CompiledFilter {
  if (target.runtime === "ideal") throw noProgram();
  const { context, asked, made } = makeCalls(policy, target, false);
  const place = defaultPlaceOf(policy);
  const filter = placed(place, () => context.generate());
  const stub = target.runtime === "runc" ? enosysStub(policy, asked, target) : [];
  const program = behindStub(stub, filter);
  const { length } = program.instructions;
  if (length > BPF_MAXINSNS) throw refusedLength(length, place);
  const { endian } = ARCHITECTURES[target.arch];
  return { program, stubLength: stub.length, calls: made, target, endian, policy };
}

/**
 * The plain reading of a policy on a target: what its rules mean, evaluated without BPF and without
 * the runtime's stub. The policy must not be `off`.
 *
 * Throws SeccompSimError where the real chain refuses the policy.
 */
export function readPolicy(policy: Policy, target: Target): ReadPolicy {
  const { context, made } = makeCalls(policy, target, true);
  return { reading: placed(defaultPlaceOf(policy), () => context.reading()), calls: made };
}
