import { describe, expect, test } from "vitest";
import { loadProfile, presetSource, type Source } from "../../src/analysis/source.js";
import { compareTargets, type TargetAnswer, varyTarget } from "../../src/analysis/targets.js";
import { PLAIN } from "../../src/report/style.js";
import { formatTargets } from "../../src/report/targets.js";
import { formatVerdict } from "../../src/seccomp/verdict.js";

function text(answer: TargetAnswer | undefined): string {
  if (answer === undefined) return "";
  const what = answer.kind === "answer" ? formatVerdict(answer.verdict) : answer.kind;
  return answer.differs ? `${what}*` : what;
}

describe("targets to compare", () => {
  test("together: every combination, after the base", () => {
    const targets = varyTarget(
      { kernel: "5.10" },
      [
        { dimension: "arch", values: ["x86_64", "aarch64"] },
        { dimension: "caps", values: ["none", "all"] },
      ],
      true,
    );
    expect(targets.map(({ options }) => options)).toEqual([
      {},
      { arch: "x86_64", caps: "none" },
      { arch: "x86_64", caps: "all" },
      { arch: "aarch64", caps: "none" },
      { arch: "aarch64", caps: "all" },
    ]);
    expect(targets.every(({ target }) => target.kernel.minor === 10)).toBe(true);
  });

  test("apart: each dimension alone, and what is the base already is not repeated", () => {
    const targets = varyTarget(
      {},
      [{ dimension: "caps" }, { dimension: "runtime", values: ["runc", "crun"] }],
      false,
    );
    expect(targets.map(({ options }) => options)).toEqual([
      {},
      { caps: "none" },
      { caps: "all" },
      { runtime: "crun" },
    ]);
  });

  test("capabilities that were added one by one stay", () => {
    const [, none] = varyTarget(
      { cap: ["SYS_PTRACE"] },
      [{ dimension: "caps", values: ["none"] }],
      true,
    );
    expect(none?.target.caps).toEqual(["CAP_SYS_PTRACE"]);
  });

  test("a value that is none, and too many", () => {
    expect(() => varyTarget({}, [{ dimension: "arch", values: ["x86_46"] }], true)).toThrow(
      /x86_46/,
    );
    const all = (["runtime", "arch", "libseccomp", "caps", "kernel"] as const).map((dimension) => ({
      dimension,
    }));
    expect(() => varyTarget({}, all, true)).toThrow(/at most 2000/);
  });
});

describe("verdicts on many targets", () => {
  const source = loadProfile(
    JSON.stringify({
      defaultAction: "SCMP_ACT_ERRNO",
      syscalls: [
        { names: ["mount"], action: "SCMP_ACT_ALLOW", includes: { caps: ["CAP_SYS_ADMIN"] } },
        { names: ["open", "getpid", "reboot"], action: "SCMP_ACT_ALLOW", errnoRet: 3 },
      ],
    }),
    { file: "p.json" },
  );

  test("differences, refusals and calls that an architecture lacks", () => {
    const targets = varyTarget(
      {},
      [
        { dimension: "caps", values: ["all"] },
        { dimension: "arch", values: ["aarch64"] },
        { dimension: "runtime", values: ["crun"] },
      ],
      false,
    );
    const rows = compareTargets(source, targets, ["mount", "open", "getpid"]);
    expect(rows.map(({ answers }) => answers.map(text))).toEqual([
      ["ERRNO(EPERM)", "ALLOW", "ALLOW"],
      ["ALLOW*", "ALLOW", "ALLOW"],
      ["ERRNO(EPERM)", "no-call*", "ALLOW"],
      ["refused*", "refused*", "refused*"],
    ]);
    expect(rows[0]?.target.engine).toBe("docker");
    expect(formatTargets(rows, ["mount", "open", "getpid"], PLAIN)).toMatch(
      /^target +mount +open +getpid\nas given +ERRNO\(EPERM\) +ALLOW +ALLOW\ncaps all +ALLOW \* .*\narch aarch64 +ERRNO\(EPERM\) +no such call \* +ALLOW\nruntime crun +refused \* .*\n\nrefused \(runtime crun\): crun refuses .*errno value specified.*\n3 of 4 targets differ/,
    );
  });

  test("a call that no target has is a mistake", () => {
    const targets = varyTarget({}, [{ dimension: "caps" }], false);
    expect(() => compareTargets(source, targets, ["getpid", "mounf"])).toThrow(
      expect.objectContaining({ hint: expect.stringContaining("mount") }),
    );
  });

  test("errors are the same by name, not by number", () => {
    const targets = varyTarget({}, [{ dimension: "arch", values: ["s390x", "mips64"] }], false);
    const shown = (source: Source, call: string) =>
      compareTargets(source, targets, [call]).map(({ answers }) => text(answers[0]));
    expect(shown(presetSource("docker-default"), "clone3")).toEqual(Array(3).fill("ERRNO(ENOSYS)"));
    const number = `{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
      {"names": ["mount"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38}]}`;
    expect(shown(loadProfile(number), "mount")).toEqual([
      "ERRNO(ENOSYS)",
      "ERRNO(ENOSYS)",
      "ERRNO(EL2NSYNC)*",
    ]);
  });

  test("a preset is built for each target", () => {
    const targets = varyTarget({}, [{ dimension: "caps", values: ["none", "all"] }], false);
    const rows = compareTargets(presetSource("containerd-default"), targets, ["mount"]);
    expect(rows.map(({ answers }) => text(answers[0]))).toEqual([
      "ERRNO(EPERM)",
      "ERRNO(EPERM)",
      "ALLOW*",
    ]);
    expect(rows[0]?.target.engine).toBe("containerd");
  });
});
