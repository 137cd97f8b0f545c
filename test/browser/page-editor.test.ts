import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { presetText } from "../../src/profile/presets/index.js";
import { describeInBrowser, openApp } from "./harness.js";

const title = (page: Page) => page.locator(".verdict h2").textContent();
const status = (page: Page) => page.locator(".status").textContent();

async function write(page: Page, text: string): Promise<void> {
  await page.locator(".cm-content").click();
  await page.keyboard.press("Control+a");
  await page.keyboard.insertText(text);
}

/** Drops a file onto the page, as from a folder of the desktop. */
async function drop(page: Page, name: string, bytes: Uint8Array): Promise<void> {
  const data = await page.evaluateHandle(
    ([file, content]) => {
      const transfer = new DataTransfer();
      const array = Uint8Array.from(content as number[]);
      transfer.items.add(new File([array], file as string));
      return transfer;
    },
    [name, [...bytes]] as const,
  );
  await page.dispatchEvent(".cm-content", "dragover", { dataTransfer: data });
  await page.dispatchEvent(".cm-content", "drop", { dataTransfer: data });
}

describeInBrowser("the profile editor", () => {
  test("underlines the very characters of a mistake and of a warning", async () => {
    const page = await openApp("sample/mypolicy");
    await write(page, '{\n  "defaultAction": "SCMP_ACT_ALOW"\n}');
    await expect
      .poll(() => page.locator(".complaint-error").allTextContents())
      .toEqual(['"SCMP_ACT_ALOW"']);
    expect(await status(page)).toContain("SCMP_ACT_ALLOW");
    await write(
      page,
      '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["moutn"], "action": "SCMP_ACT_ERRNO"}]}',
    );
    await expect
      .poll(() => page.locator(".complaint-warning").allTextContents())
      .toEqual(['"moutn"']);
  });

  test("completes keys, actions and system calls", async () => {
    const page = await openApp("sample/mypolicy");
    await write(page, "{ ");
    const rows: [string, string, string][] = [
      ['"defA', "defaultAction", '"defaultAction": '],
      ['"SCMP_ACT_ALL', "SCMP_ACT_ALLOW", '"SCMP_ACT_ALLOW"'],
      [', "sysc', "syscalls", '"syscalls": '],
      ['[{ "names": ["mou', "mount", '"mount"'],
      ['], "action": "SCMP_ACT_KILL_P', "SCMP_ACT_KILL_PROCESS", '"SCMP_ACT_KILL_PROCESS"'],
    ];
    for (const [typed, option, written] of rows) {
      await page.keyboard.type(typed);
      await page.locator(".cm-tooltip-autocomplete [aria-selected]", { hasText: option }).waitFor();
      // The list takes keys only after it has stood for a moment, lest it swallow what is typed.
      await page.waitForTimeout(150);
      await page.keyboard.press("Enter");
      await expect.poll(() => page.locator(".cm-content").textContent()).toContain(written);
    }
    await page.keyboard.type("}]}");
    await expect.poll(() => title(page)).toBe("The process is killed");
  });

  test("shows a system call's signature under the pointer", async () => {
    const page = await openApp("sample/mypolicy");
    await page.locator(".tok-string", { hasText: "mount" }).first().hover();
    await expect
      .poll(() => page.locator(".hover").textContent())
      .toContain(
        "mount(char *dev_name, char *dir_name, char *type, unsigned long flags, void *data)",
      );
  });

  test("formats on demand, and keeps every number", async () => {
    const page = await openApp("sample/mypolicy");
    await write(page, '{"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":18446744073709551615}');
    await page.getByRole("button", { name: "Format" }).click();
    await expect
      .poll(() => page.locator(".cm-line").allTextContents())
      .toEqual([
        "{",
        '  "defaultAction": "SCMP_ACT_ERRNO",',
        '  "defaultErrnoRet": 18446744073709551615',
        "}",
        "",
      ]);
  });

  test("takes a dropped profile, and a raw filter as its listing", async () => {
    const page = await openApp();
    await drop(page, "mine.json", new TextEncoder().encode('{"defaultAction":"SCMP_ACT_LOG"}'));
    await expect.poll(() => title(page)).toBe("Allowed and logged");
    await drop(page, "filter.bpf", readFileSync("test/fixtures/docker-254-o1.bpf"));
    await expect.poll(() => status(page)).toMatch(/A filter of \d+ instructions/);
    expect(await title(page)).toBe("EPERM");
  });

  test("reads a Kubernetes resource in the older YAML, too", async () => {
    const page = await openApp("sample/mypolicy");
    const lines = [
      "%YAML 1.1",
      "---",
      "apiVersion: security-profiles-operator.x-k8s.io/v1beta1",
      "kind: SeccompProfile",
      "spec:",
      "  defaultAction: SCMP_ACT_ALLOW",
      "  syscalls: [{names: [mount], action: SCMP_ACT_ERRNO, errnoRet: 0xd}]",
    ];
    await write(page, lines.join("\n"));
    await expect.poll(() => title(page)).toBe("EACCES");
  });

  test("offers every sample", async () => {
    const page = await openApp();
    const expected: [string, string][] = [
      ["docker-1.10", "EPERM"],
      ["podman-default", "Allowed"],
      ["containerd-default", "EPERM"],
      ["mypolicy", "EPERM"],
      ["strict", "Killed by SIGKILL"],
      ["unconfined", "Allowed"],
    ];
    for (const [id, verdict] of expected) {
      await page.getByLabel("Sample profile").selectOption(id);
      await expect.poll(() => title(page)).toBe(verdict);
    }
    await page.getByLabel("Sample profile").selectOption("docker-default");
    const [first] = presetText("docker-default").split("\n").slice(1);
    await expect.poll(() => page.locator(".cm-line").nth(1).textContent()).toBe(first);
  });
});
