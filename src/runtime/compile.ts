import { ARCHITECTURES } from "../abi/architecture.js";
import { BPF_MAXINSNS, type Endian } from "../bpf/instruction.js";
import { Context, type Errno, type InstructionOrigin, type Program } from "../compiler/index.js";
import { placed, SeccompSimError } from "../errors.js";
import type { Policy } from "../profile/policy.js";
import type { Target } from "../target.js";
import { type RuleCall, runtimeCalls } from "./calls.js";
import { crunCalls } from "./crun.js";
import { enosysStub } from "./stub.js";

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

/**
 * Most calls that are made for one profile: Docker's default needs 368. Like the limit to comparisons
 * (each is at least one instruction, unless another rule covers it) it is ours, so that no profile
 * keeps the compiler busy for minutes.
 */
const MAX_CALLS = 100_000;

/** Go's words for the errno that comes back, as runc prints them. */
const RUNC_WORDS: Readonly<Record<Exclude<Errno, 0>, string>> = {
  EINVAL: "two checks on same syscall argument",
  EEXIST: "file exists",
  EACCES: "requested action matches default action of filter",
  EFAULT: "unrecognized syscall",
  EDOM: "numerical argument out of domain",
};

function refusedRule(call: RuleCall, errno: Exclude<Errno, 0>, target: Target): SeccompSimError {
  const kind = call.conditions.length === 0 ? "filter rule" : "rule";
  return new SeccompSimError(
    "rule-refused",
    `libseccomp ${target.libseccomp} refuses the profile: error adding seccomp ${kind} for syscall ${call.name}: ${RUNC_WORDS[errno]} (${errno})`,
    {
      place: call.place,
      hint:
        errno === "EEXIST"
          ? "another entry decides the same call and arguments differently"
          : errno === "EINVAL" && (call.action & 0xffff) >= 4095
            ? "libseccomp takes errno values from 0 to 4094"
            : undefined,
    },
  );
}

/**
 * Compiles a policy as the target's runtime does: its libseccomp calls, libseccomp's program, and
 * runc's stub in front. The policy must not be `off`.
 *
 * Throws SeccompSimError where the real chain refuses the policy.
 */
export function compilePolicy(policy: Policy, target: Target): CompiledFilter {
  const table = target.libseccomp;
  const callsOf = target.runtime === "crun" ? crunCalls : runtimeCalls;
  const asked = callsOf(policy, target, table);
  const { defaultAction, badArchAction, archs, calls, optimize } = asked;
  const place = policy.defaultPlace ?? { file: policy.file, line: 1, column: 1 };
  const { endian } = ARCHITECTURES[target.arch];
  if (target.arch === "x32") {
    throw new SeccompSimError(
      "unsupported-native",
      "no container host is an x32 one, so no profile is compiled for it",
      { hint: "x32 calls reach the filter of an x86_64 host: use --arch x86_64" },
    );
  }
  const context = makeContext();
  archs.forEach((arch, i) => {
    const errno = context.addArch(arch);
    if (errno === 0 || errno === "EEXIST") return;
    throw new SeccompSimError(
      "arch-refused",
      `libseccomp ${target.libseccomp} refuses the profile: error adding architecture ${arch} to seccomp filter: ${RUNC_WORDS[errno]} (${errno})`,
      { place: policy.architectures[i]?.place ?? place },
    );
  });
  const made: RuleCall[] = [];
  let comparisons = 0;
  for (const call of calls) {
    comparisons += call.conditions.length;
    if (made.length >= MAX_CALLS || comparisons > BPF_MAXINSNS) {
      throw new SeccompSimError(
        "too-many-rules",
        `a profile with more than ${made.length >= MAX_CALLS ? `${MAX_CALLS} rules` : `${BPF_MAXINSNS} comparisons of arguments`} is not compiled`,
        { place: call.place, hint: `the kernel loads at most ${BPF_MAXINSNS} instructions` },
      );
    }
    // The compiler knows rules, not files: its complaints get the place of what was compiled.
    const errno = placed(call.place, () => context.addRule(call));
    made.push(call);
    if (errno !== 0) throw refusedRule(call, errno, target);
  }
  const { instructions, origins } = placed(place, () => context.generate());
  const stub = target.runtime === "runc" ? enosysStub(policy, asked, target.arch, table) : [];
  const stubOrigin: InstructionOrigin = { kind: "stub" };
  const program = {
    instructions: [...stub, ...instructions],
    origins: [...stub.map(() => stubOrigin), ...origins],
  };
  if (program.instructions.length > BPF_MAXINSNS) {
    throw new SeccompSimError(
      "filter-too-long",
      `the kernel would not load the filter: EINVAL, it has ${program.instructions.length} instructions and at most ${BPF_MAXINSNS} are allowed`,
      { place, hint: "list fewer architectures, or fewer argument conditions" },
    );
  }
  return { program, stubLength: stub.length, calls: made, target, endian, policy };

  function makeContext(): Context {
    try {
      return new Context({
        version: target.libseccomp,
        native: target.arch,
        defaultAction,
        badArchAction,
        optimize,
      });
    } catch (error) {
      if (!(error instanceof SeccompSimError) || error.code !== "invalid-action") throw error;
      throw new SeccompSimError(
        "default-action-refused",
        `${target.runtime === "crun" ? "crun" : "runc"} refuses the profile: error creating filter: could not create filter`,
        { place, hint: "libseccomp takes errno values from 0 to 4094", cause: error },
      );
    }
  }
}
