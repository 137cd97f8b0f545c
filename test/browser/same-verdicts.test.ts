import { expect, test } from "vitest";
import { writeLink } from "../../src/web/link.js";
import type { SampleId } from "../../src/web/samples.js";
import { DEFAULT_STATE, DEFAULT_TARGET, type PageTarget } from "../../src/web/state.js";
import { run } from "../cli/run.js";
import { describeInBrowser, openApp } from "./harness.js";

/** The page's name of a profile, and the command line's. */
const PROFILES: readonly (readonly [SampleId, string])[] = [
  ["docker-default", "docker-default"],
  ["podman-default", "podman-default"],
  ["mypolicy", "examples/mypolicy.json"],
];

const TARGETS: readonly Partial<PageTarget>[] = [
  {},
  { arch: "aarch64", kernel: "5.10" },
  { arch: "x86", caps: ["CAP_SYS_ADMIN", "CAP_SYS_PTRACE"] },
  { arch: "s390x", runtime: "crun" },
  { arch: "riscv64", caps: [], libseccomp: "2.5.4" },
];

function optionsOf({ caps, ...target }: PageTarget): string[] {
  const options = Object.entries(target).filter(([, value]) => value !== undefined);
  return [
    ...options.map(([name, value]) => `--${name}=${value}`),
    "--caps=none",
    ...caps.map((cap) => `--cap=${cap}`),
  ];
}

describeInBrowser("the page's verdicts are the command line's", () => {
  const all = PROFILES.flatMap((profile) => TARGETS.map((target) => [...profile, target] as const));
  test.for(all)("%s (%s), %o", async ([id, argument, change]) => {
    const target = { ...DEFAULT_TARGET, ...change };
    const profile = { kind: "sample", id } as const;
    const link = await writeLink({ ...DEFAULT_STATE, profile, target, panel: "matrix" });
    const page = await openApp(link.slice(1));
    await page.locator(".call-row").nth(250).waitFor();
    // Of every row its verdicts, and of a row with conditions a call for each of them.
    const rows = await page.locator(".call-row").evaluateAll((found) =>
      found.map((row) => ({
        name: row.querySelector("th button")?.textContent?.trim() ?? "",
        verdicts: [...row.querySelectorAll(".verdicts .name")].map((one) => one.textContent),
        parts: [...row.querySelectorAll(".part")].map((part) => ({
          call: part.querySelector("code")?.textContent ?? "",
          verdict: part.querySelector(".name")?.textContent,
        })),
      })),
    );
    expect(rows.length).toBeGreaterThan(250);
    const asked = rows.flatMap(({ name, verdicts, parts }) => [
      { call: name, verdicts },
      ...parts.map(({ call, verdict }) => ({ call, verdicts: [verdict] })),
    ]);
    const calls = asked.map(({ call }) => call);
    const ran = run(["check", argument, ...calls, "--format=json", ...optionsOf(target)]);
    const said: { verdict: string }[] = JSON.parse(ran.stdout);
    const different = asked.filter(({ verdicts }, i) => !verdicts.includes(said[i]?.verdict ?? ""));
    expect(different).toEqual([]);
  });
});
