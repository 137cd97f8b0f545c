import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { SeccompSimError } from "../../src/errors.js";
import { readSuite } from "../../src/suite/reader.js";
import { accepts, type Schema } from "./draft07.js";

const schema: Schema = JSON.parse(readFileSync("schema/suite.json", "utf8"));

function readerAccepts(data: unknown): boolean {
  try {
    readSuite(JSON.stringify(data), "suite.json");
    return true;
  } catch (error) {
    if (error instanceof SeccompSimError) return false;
    throw error;
  }
}

describe("schema/suite.json", () => {
  const examples = readdirSync("examples").filter((name) => name.endsWith(".seccomp.yaml"));
  test.for(examples)("accepts examples/%s, which names it in its first line", (name) => {
    const text = readFileSync(`examples/${name}`, "utf8");
    expect(text.split("\n")[0]).toBe("# yaml-language-server: $schema=../schema/suite.json");
    expect(accepts(schema, parse(text))).toBe(true);
  });

  test("accepts the same suites as the reader", () => {
    // Values are valid where the schema allows free text, so that only the shape decides.
    const odd = fc.constantFrom<unknown>(null, 1, true, "", [], {}, [1], ["getpid", null]);
    const mostly = (...good: unknown[]) =>
      fc.oneof({ weight: 40, arbitrary: fc.constantFrom(...good) }, { weight: 1, arbitrary: odd });
    const record = (
      required: Record<string, fc.Arbitrary<unknown>>,
      optional: Record<string, fc.Arbitrary<unknown>>,
    ) => {
      const stranger = { extra: fc.constant("x") };
      const all = { ...required, ...optional };
      return fc.oneof(
        { weight: 6, arbitrary: fc.record(all, { requiredKeys: Object.keys(required) }) },
        { weight: 1, arbitrary: fc.record(all, { requiredKeys: [] }) },
        { weight: 1, arbitrary: fc.record({ ...all, ...stranger }) },
      );
    };
    const target = record(
      {},
      {
        arch: mostly("x86_64", "amd64", ["x86_64"]),
        caps: mostly("none", "docker", "all", ["none", "all"]),
        cap: mostly("SYS_ADMIN", ["SYS_ADMIN", "cap_chown"], [[], ["SYS_ADMIN"]], []),
        kernel: fc.constantFrom<unknown>("6.1", 5.4, ["5.10", 6.6], null, true, [], ""),
        runtime: mostly("runc", ["libseccomp", "runc"]),
        libseccomp: mostly("2.6.1", "2.5.4"),
        optimize: mostly(1, 2, [1, 2]),
      },
    );
    const inline = { defaultAction: "SCMP_ACT_ALLOW" };
    const subject = mostly("docker-default", inline);
    const optional = {
      name: mostly("a case"),
      description: mostly("why"),
      skip: mostly(true, false, "later"),
      todo: mostly(true, false, "later"),
      record: mostly(true, false),
      // Whatever the values, the case has a target left: these say nothing about it.
      except: fc.constantFrom<unknown>({}, [], null, { arc: "x86" }, { caps: [] }),
      each: fc.constantFrom<unknown>([{}], [], [[]], {}, [{}, {}], [null]),
      arch: mostly("x86_64", "amd64"),
    };
    const some = fc.subarray(Object.keys(optional)).map((keys) => new Set(keys));
    const expectWord = mostly("allow", "errno(EPERM)", ["errno", "kill"], "not allow", {
      not: ["allow"],
    });
    const call = { call: mostly("getpid", 39, "0..9", "read(*, ...)") };
    const calls = { calls: mostly(["getpid", "read"], ["getpid", 0], ["@swap", "!swapon"]) };
    const plain = fc.oneof(
      { weight: 6, arbitrary: record({ expect: expectWord, ...call }, {}) },
      { weight: 6, arbitrary: record({ expect: expectWord, ...calls }, {}) },
      { weight: 1, arbitrary: record({ expect: expectWord }, { ...call, ...calls }) },
      { weight: 1, arbitrary: record(call, {}) },
    );
    const one = fc
      .tuple(
        plain,
        fc.record(optional),
        fc.oneof({ weight: 3, arbitrary: fc.constant(new Set()) }, some),
      )
      .map(([base, more, keys]) => ({
        ...base,
        ...Object.fromEntries(Object.entries(more).filter(([key]) => keys.has(key))),
      }));
    const body = {
      cases: fc.oneof(
        { weight: 8, arbitrary: fc.array(one, { minLength: 1, maxLength: 2 }) },
        { weight: 1, arbitrary: odd },
      ),
    };
    const rest = {
      target: fc.oneof({ weight: 8, arbitrary: target }, { weight: 1, arbitrary: odd }),
      $schema: mostly("../schema/suite.json"),
    };
    const suite = fc.oneof(
      { weight: 4, arbitrary: record({ profile: subject, ...body }, rest) },
      {
        weight: 2,
        arbitrary: record({ stack: mostly(["docker-default"], [inline, "strict"]), ...body }, rest),
      },
      {
        weight: 1,
        arbitrary: record(body, { ...rest, profile: subject, stack: mostly(["strict"]) }),
      },
    );
    let valid = 0;
    fc.assert(
      fc.property(suite, (data) => {
        const accepted = accepts(schema, data);
        if (accepted) valid++;
        expect(readerAccepts(data)).toBe(accepted);
      }),
      { numRuns: 2500 },
    );
    expect(valid).toBeGreaterThan(80);
  });
});
