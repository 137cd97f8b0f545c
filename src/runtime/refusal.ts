import type { ArchName } from "../abi/architecture.js";
import { BPF_MAXINSNS } from "../bpf/instruction.js";
import { type Errno, resolveSyscall } from "../compiler/index.js";
import { type Place, SeccompSimError } from "../errors.js";
import { defaultPlaceOf, type Policy } from "../profile/policy.js";
import { ACTION_SINCE, actionName } from "../seccomp/action.js";
import { isAtLeast, syscallTable, type Target } from "../target.js";
import type { RuleCall } from "./calls.js";
import type { Speaker } from "./spec.js";

// How the runtimes tell what they, libseccomp or the kernel refused.

type Failure = Exclude<Errno, 0>;

/** libseccomp-golang seccomp_internal.go, Go's words for an errno, as runc prints them. */
const GO_WORDS: Readonly<Record<Failure, string>> = {
  EINVAL: "two checks on same syscall argument",
  EEXIST: "file exists",
  EACCES: "requested action matches default action of filter",
  EFAULT: "unrecognized syscall",
  EDOM: "numerical argument out of domain",
};

/** strerror(3), as crun prints it. */
const C_WORDS: Readonly<Record<Failure, string>> = {
  EINVAL: "Invalid argument",
  EEXIST: "File exists",
  EACCES: "Permission denied",
  EFAULT: "Bad address",
  EDOM: "Numerical argument out of domain",
};

/** The runtime whose words are used: without one, runc's. */
function speaker({ runtime }: Target): Speaker {
  return runtime === "crun" || runtime === "youki" ? runtime : "runc";
}

export function refusedRule(call: RuleCall, errno: Failure, target: Target): SeccompSimError {
  const { name, conditions, action, place } = call;
  const words = (): string => {
    if (speaker(target) === "crun") {
      const call =
        conditions.length === 0 ? `seccomp_rule_add \`${name}\`` : "seccomp_rule_add_array";
      return `crun: ${call}: ${C_WORDS[errno]}`;
    }
    if (speaker(target) === "youki") {
      return `youki: failed to add rule to seccomp for ${name}: ${C_WORDS[errno]}`;
    }
    const kind = conditions.length === 0 ? "filter rule" : "rule";
    const nr = resolveSyscall(syscallTable(target), target.arch, name);
    const hex = `${nr < 0 ? "-" : ""}0x${Math.abs(nr).toString(16)}`;
    const number = errno === "EFAULT" ? ` ${hex}` : "";
    return `error adding seccomp ${kind} for syscall ${name}: ${GO_WORDS[errno]}${number}`;
  };
  return new SeccompSimError(
    "rule-refused",
    `libseccomp ${target.libseccomp} refuses the profile: ${words()} (${errno})`,
    {
      place,
      hint:
        errno === "EEXIST"
          ? "another entry decides the same call and arguments differently"
          : errno === "EINVAL"
            ? actionHint(action, target)
            : undefined,
    },
  );
}

/** Why libseccomp takes no such action, if that is it. */
function actionHint(action: number, { kernel }: Target): string | undefined {
  const name = actionName(action);
  const since = name && ACTION_SINCE[name];
  if (since !== undefined && !isAtLeast(kernel, since)) {
    return `the kernel knows ${name} since ${since.major}.${since.minor}, the target has ${kernel.major}.${kernel.minor}`;
  }
  return (action & 0xffff) >= 4095 ? "libseccomp takes errno values from 0 to 4094" : undefined;
}

export function refusedArch(
  arch: ArchName,
  place: Place,
  errno: Failure,
  target: Target,
): SeccompSimError {
  const words = {
    runc: `error adding architecture to seccomp filter: ${C_WORDS[errno].toLowerCase()}`,
    crun:
      errno === "EINVAL"
        ? `crun: seccomp unknown architecture \`${arch.toUpperCase()}\``
        : `crun: seccomp adding architecture: ${C_WORDS[errno]}`,
    youki: `youki: failed to add arch to seccomp: ${C_WORDS[errno]}`,
  }[speaker(target)];
  return new SeccompSimError(
    "arch-refused",
    `libseccomp ${target.libseccomp} refuses the profile: ${words} (${errno} for ${arch})`,
    {
      place,
      hint:
        errno === "EDOM"
          ? `its byte order is not that of the host, ${target.arch}`
          : errno === "EINVAL"
            ? `libseccomp ${syscallTable(target)} does not know this architecture`
            : undefined,
    },
  );
}

const DEFAULT_WORDS: Readonly<Record<Speaker, string>> = {
  runc: "error creating filter: could not create filter",
  crun: "error seccomp_init",
  youki: "failed to create new seccomp filter",
};

export function refusedDefault(
  policy: Policy,
  action: number,
  target: Target,
  cause: unknown,
): SeccompSimError {
  return new SeccompSimError(
    "default-action-refused",
    `${speaker(target)} refuses the profile: ${DEFAULT_WORDS[speaker(target)]}`,
    {
      place: defaultPlaceOf(policy),
      hint: actionHint(action, target),
      cause,
    },
  );
}

/** What a runtime itself does not take. */
export function refusedBy(
  runtime: Speaker,
  code: string,
  message: string,
  place: Place,
  hint?: string,
): SeccompSimError {
  return new SeccompSimError(code, `${runtime} refuses the profile: ${message}`, { place, hint });
}

export function refusedHost(): SeccompSimError {
  return new SeccompSimError(
    "unsupported-native",
    "no container host is an x32 one, so no profile is compiled for it",
    { hint: "x32 calls reach the filter of an x86_64 host: use --arch x86_64" },
  );
}

/** @param what there is too much of */
export function refusedSize(what: string, max: number, place: Place): SeccompSimError {
  return new SeccompSimError(
    "too-many-rules",
    `a profile with more than ${max} ${what} is not compiled`,
    { place, hint: `the kernel loads at most ${BPF_MAXINSNS} instructions` },
  );
}

export function refusedLength(length: number, place: Place): SeccompSimError {
  return new SeccompSimError(
    "filter-too-long",
    `the kernel would not load the filter: EINVAL, it has ${length} instructions and at most ${BPF_MAXINSNS} are allowed`,
    { place, hint: "list fewer architectures, or fewer argument conditions" },
  );
}

/** libseccomp issue 347, mended in 2.5.3: names have the numbers of the table there, without 4000. */
export function refusedMips(arch: ArchName, place: Place): SeccompSimError {
  return new SeccompSimError(
    "unsupported-libseccomp",
    `libseccomp 2.5.2 is broken on ${arch}: its filters test wrong numbers, and what else is unknown`,
    { place, hint: "use 2.5.3 or newer there, as everybody had to" },
  );
}
