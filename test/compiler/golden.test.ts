import { describe, expect, test } from "vitest";
import { compileGolden, readGolden } from "./golden.js";

// Programs that the real libseccomp made of random and hand-made rule sets, with its return codes.
describe.each([
  ["2.5.4", "libseccomp-2.5.4.jsonl.gz", 260],
  ["2.6.1", "libseccomp-2.6.1.jsonl.gz", 310],
] as const)("libseccomp %s", (version, file, count) => {
  const lines = readGolden(file);

  test(`there are ${count} rule sets`, () => {
    expect(lines).toHaveLength(count);
  });

  test.for(
    lines.map((line, i) => ({
      name: `${i + 1}: ${line.archs.join("+")} ${line.note ?? ""}`,
      line,
    })),
  )("rule set $name", ({ line }) => {
    if (line.hang) {
      expect(() => compileGolden(line, version)).toThrow("libseccomp never returns");
      return;
    }
    const { added, refused, codes, hex } = compileGolden(line, version);
    expect(added.every((code) => code === 0)).toBe(true);
    expect(refused).toEqual((line.arch_add_failed ?? []).map(([, code]) => code));
    expect(codes).toEqual(line.rules.map(({ rc }) => rc));
    expect(hex).toBe(line.bpf_le_hex);
  });
});
