import { SeccompSimError } from "../errors.js";
import { isSampleId } from "./samples.js";
import { decodeState } from "./share.js";
import { DEFAULT_STATE, type PageState } from "./state.js";
import { capital } from "./words.js";

/** What a link means; `problem` says why it could not be read, and the state is a sample then. */
export interface Link {
  readonly state: PageState;
  readonly problem: string | undefined;
}

/** Reads an address's fragment: `#v1/…`, `#sample/<id>`, or nothing. */
export async function readLink(hash: string): Promise<Link> {
  const [, kind = "", rest = ""] = /^#?([^/]*)\/?(.*)$/s.exec(hash) ?? [];
  if (kind === "") return { state: DEFAULT_STATE, problem: undefined };
  if (kind === "sample" && isSampleId(rest)) {
    return {
      state: { ...DEFAULT_STATE, profile: { kind: "sample", id: rest } },
      problem: undefined,
    };
  }
  if (/^v\d+$/.test(kind)) {
    try {
      return { state: await decodeState(`${kind}/${rest}`), problem: undefined };
    } catch (error) {
      if (!(error instanceof SeccompSimError)) throw error;
      return { state: DEFAULT_STATE, problem: `${capital(error.message)}.` };
    }
  }
  return { state: DEFAULT_STATE, problem: "This link is not one of this page’s." };
}
