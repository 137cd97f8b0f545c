const ALLOW = '"SCMP_ACT_ALLOW"';
const ERRNO = '"SCMP_ACT_ERRNO"';
const EQ = '"op":"SCMP_CMP_EQ"';

const withDefault = (rest: string) => `{"defaultAction":${ERRNO},${rest}}`;
const withEntry = (entry: string) => withDefault(`"syscalls":[${entry}]`);
const allowing = (rest: string) => withEntry(`{"names":["read"],"action":${ALLOW},${rest}}`);
const withArgs = (args: string) => allowing(`"args":[${args}]`);

const NUMBERS = (
  '-1 1.0 1e3 1E2 1.5 0.0 01 -0 true null "1" "x" 65537 4294967295 4294967296 4294967297 9223372036854775808 ' +
  "-9223372036854775808 -18446744073709551615 -18446744073709551616 18446744073709551615 18446744073709551616"
).split(" ");

/** Texts of a `linux.seccomp` that those who read JSON, or look at words and numbers, take differently. */
export function oddProfiles(): readonly string[] {
  return [
    ...["{}", "null", "[]", '"x"', "5", "true"],
    ...["null", '""', "5", '"SCMP_ACT_ERRNO\\u0000y"'].map(
      (action) => `{"defaultAction":${action}}`,
    ),
    ...["defaultaction", "DEFAULTACTION"].map((key) => `{"${key}":${ERRNO},"syscalls":[]}`),
    `{"defaultAction":${ERRNO},"defaultAction":${ALLOW}}`,
    `{"defaultAction":null,"defaultAction":${ALLOW}}`,
    `{"defaultAction":${ALLOW},"defaultErrnoRet":0}`,
    `{"defaultAction":${ALLOW}}`,
    '{"syscalls":[]}',
    `{"syscalls":[{"names":["read"],"action":${ALLOW}}]}`,
    `{"defaultAction":"","syscalls":[{"names":["read"],"action":${ALLOW}}]}`,
    ...["null", "{}", "[null]", "[5]", '"x"'].map((value) => withDefault(`"syscalls":${value}`)),
    withDefault(`"syscalls":[{"names":["read"],"action":${ALLOW}}],"syscalls":[{"names":["brk"]}]`),
    ...["{}", '{"names":["read"]}', `{"action":${ALLOW}}`, `{"name":"read","action":${ALLOW}}`].map(
      withEntry,
    ),
    ...["null", "[]", '"read"', "[null]", "[5]", '["read",null]', '["read\\u0000x","\\u0000"]'].map(
      (names) => withEntry(`{"names":${names},"action":${ALLOW}}`),
    ),
    ...["null", "5", '"SCMP_ACT_ALLOW\\u0000x"', '"SCMP_ACT_NOTIFY"'].map((action) =>
      withEntry(`{"names":["read"],"action":${action}}`),
    ),
    withEntry('{"names":["write"],"action":"SCMP_ACT_NOTIFY"}'),
    `{"defaultAction":"SCMP_ACT_NOTIFY","syscalls":[{"names":["read"],"action":${ALLOW}}]}`,
    withEntry(`{"NAMES":["read"],"action":${ALLOW}}`),
    allowing('"names":["write"]'),
    allowing('"comment":"x","includes":{"caps":["CAP_X"]},"unknown":1'),
    allowing('"errnoRet":0'),
    ...["null", "{}", "[]", "[null]", "[{}]", "[5]"].map((args) => allowing(`"args":${args}`)),
    ...[
      '"index":0,"value":1',
      `"index":0,${EQ}`,
      `"value":1,${EQ}`,
      `"INDEX":1,"value":1,${EQ}`,
    ].map((fields) => withArgs(`{${fields}}`)),
    ...["null", '"SCMP_CMP_EQ\\u0000x"', '"EQ"'].map((op) =>
      withArgs(`{"index":0,"value":1,"op":${op}}`),
    ),
    withArgs(`{"index":0,"value":1,${EQ},"index":2}`),
    ...NUMBERS.flatMap((number) => [
      withArgs(`{"index":0,"value":${number},${EQ}}`),
      withArgs(`{"index":${number},"value":1,${EQ}}`),
      withEntry(`{"names":["read"],"action":${ERRNO},"errnoRet":${number}}`),
      withDefault(`"defaultErrnoRet":${number},"syscalls":[{"names":["read"],"action":${ALLOW}}]`),
    ]),
    withArgs(`{"index":0,"value":1,"valueTwo":null,${EQ}}`),
    // Indexes that come again or are too high, and operators that nobody knows, in either order.
    ...["0 0 9", "0 9 0", "9", "0? 9", "1 1 2?", "0 9?"].map((indexes) =>
      withArgs(
        indexes
          .split(" ")
          .map((one) => `{"index":${one[0]},"value":1,"op":"SCMP_CMP_EQ${one.slice(1)}"}`)
          .join(","),
      ),
    ),
    // An entry that comes to nothing, with an operator that nobody knows.
    ...[`"names":["no_such"],"action":${ALLOW}`, `"names":["read"],"action":${ERRNO}`].map(
      (entry) => withEntry(`{${entry},"args":[{"index":9,"value":1,"op":"?"}]}`),
    ),
    ...["4094", "4095", "327718"].map((errno) =>
      withDefault(`"defaultErrnoRet":${errno},"syscalls":[{"names":["read"],"action":${ALLOW}}]`),
    ),
    ...(
      "SCMP_ARCH_ SCMP_ARCH_SCMP_ARCH_X86 SCMP_ARCH_NATIVE X86 SCMP_ARCH_x86_64 scmp_arch_x86 all " +
      "x86\\u0000y SCMP_ARCH_M68\u212a"
    )
      .split(" ")
      .map((arch) => withDefault(`"architectures":["${arch}"]`)),
    ...["architectures", "flags"].flatMap((key) =>
      ["null", "[]", "[null]", "[5]", '[""]', '"x"'].map((value) =>
        withDefault(`"${key}":${value},"syscalls":[{"names":["read"],"action":${ALLOW}}]`),
      ),
    ),
    ...["WAIT_KILLABLE_RECV", "LOG", "TSYNC", "NONE"].map((flag) =>
      withDefault(`"flags":["SECCOMP_FILTER_FLAG_${flag}"]`),
    ),
    ...[
      '"listenerPath":""',
      '"listenerPath":"x"',
      '"listenerPath":5',
      '"listenerMetadata":5',
      '"listenerMetadata":"x"',
    ].map(withDefault),
  ];
}
