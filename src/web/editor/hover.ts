import type { Extension } from "@codemirror/state";
import { hoverTooltip } from "@codemirror/view";
import { archByName } from "../../abi/names.js";
import { syscallNames, syscallNumber } from "../../abi/syscalls.js";
import { signatureText } from "../signature-text.js";
import type { Store } from "../store.js";
import { valuesAt } from "./vocabulary.js";

/** What the page knows about a word of a profile. */
function describe(word: string, store: Store): { head: string; text: string } | undefined {
  const arch = archByName(store.state.target.arch)?.name ?? "x86_64";
  if (syscallNames().includes(word)) {
    const number = syscallNumber(arch, word);
    const text = number === undefined ? `${arch} has no such call` : `number ${number} on ${arch}`;
    return { head: signatureText(word, arch), text };
  }
  const kind = word.startsWith("SCMP_ACT_")
    ? "action"
    : word.startsWith("SCMP_CMP_")
      ? "op"
      : undefined;
  const option = kind && valuesAt(kind).find((one) => one.word === word);
  return option && { head: word, text: option.info ?? option.detail ?? "" };
}

/** A syscall's signature, and what actions and operators mean, under the pointer. */
export function hover(store: Store): Extension {
  return hoverTooltip((view, pos) => {
    const line = view.state.doc.lineAt(pos);
    for (const match of line.text.matchAll(/[A-Za-z_]\w*/g)) {
      const from = line.from + match.index;
      const to = from + match[0].length;
      if (pos < from || pos > to) continue;
      const found = describe(match[0], store);
      if (!found) return null;
      return {
        pos: from,
        end: to,
        above: true,
        create() {
          const dom = document.createElement("div");
          dom.className = "hover";
          const head = dom.appendChild(document.createElement("code"));
          head.textContent = found.head;
          const text = dom.appendChild(document.createElement("span"));
          text.textContent = found.text;
          return { dom };
        },
      };
    }
    return null;
  });
}
