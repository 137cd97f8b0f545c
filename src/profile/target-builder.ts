import type { ArchName } from "../abi/architecture.js";
import type { EngineName, LibseccompVersion, RuntimeName, Target } from "../target.js";
import { parseTarget, type TargetOptions } from "./target-options.js";

type Runtime = RuntimeName | `runc@${number}.${number}` | `runc@${number}.${number}.${number}`;

/**
 * A target, put together word by word; each step is a new one.
 *
 * ```ts
 * const old = target("aarch64").caps("none").cap("SYS_PTRACE").kernel("4.4").runtime("runc@1.1");
 * ```
 */
export class TargetBuilder {
  constructor(private readonly options: TargetOptions) {}

  caps(set: "none" | "docker" | "all"): TargetBuilder {
    return this.with({ caps: set });
  }

  /** Further capabilities, with or without `CAP_`. */
  cap(...names: readonly string[]): TargetBuilder {
    return this.with({ cap: [...(this.options.cap ?? []), ...names] });
  }

  kernel(version: `${number}.${number}`): TargetBuilder {
    return this.with({ kernel: version });
  }

  runtime(name: Runtime): TargetBuilder {
    return this.with({ runtime: name });
  }

  libseccomp(version: LibseccompVersion): TargetBuilder {
    return this.with({ libseccomp: version });
  }

  /** The release of libseccomp's syscall table. */
  table(version: LibseccompVersion): TargetBuilder {
    return this.with({ table: version });
  }

  optimize(level: 1 | 2): TargetBuilder {
    return this.with({ optimize: level });
  }

  engine(name: EngineName): TargetBuilder {
    return this.with({ engine: name });
  }

  /** Throws SeccompSimError for a word that is not known. */
  build(): Target {
    return parseTarget(this.options);
  }

  private with(changes: TargetOptions): TargetBuilder {
    return new TargetBuilder({ ...this.options, ...changes });
  }
}

/** The default target of an architecture, to be changed word by word. */
export function target(arch: ArchName = "x86_64"): TargetBuilder {
  return new TargetBuilder({ arch });
}
