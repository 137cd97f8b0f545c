import { type ParsedCall, parseCall } from "../abi/call.js";
import { createSimulator, type Explanation, type Simulator } from "../analysis/simulator.js";
import type { Source } from "../analysis/source.js";
import { loadProfile } from "../analysis/source.js";
import { SeccompSimError } from "../errors.js";
import { parseTarget } from "../profile/target-options.js";
import type { Target } from "../target.js";
import { SAMPLES, sampleSource, sampleText } from "./samples.js";
import { type PageState, type PageTarget, type ProfileInput, targetOptions } from "./state.js";

/** One of the calls typed, and what becomes of it. */
export interface Answer {
  readonly kind: "answer";
  readonly text: string;
  readonly call: ParsedCall;
  readonly explanation: Explanation;
}

export type CallAnswer =
  | Answer
  | { readonly kind: "error"; readonly text: string; readonly error: SeccompSimError };

/** A profile that was compiled for a target. The store closes the simulator when it makes the next one. */
export interface Loaded {
  readonly input: ProfileInput;
  readonly file: string;
  /** The profile's text; for a mode, a sentence about it. */
  readonly text: string;
  readonly source: Source;
  /** With the engine filled in. */
  readonly target: Target;
  readonly simulator: Simulator;
}

/** What the state means. */
export interface Session {
  /** The last profile and target that worked; `undefined` when none did yet. */
  readonly loaded: Loaded | undefined;
  /** Why what the page shows now does not work; then `loaded` is what worked before, to be shown dimmed. */
  readonly error: SeccompSimError | undefined;
  /** One for each call typed, by `loaded`. */
  readonly answers: readonly CallAnswer[];
  /** What the chosen call gets by `loaded`; while that is half typed, what the last one that could be read gets. */
  readonly shown: Answer | undefined;
  /** Whether `shown` is not about the chosen call, but about the one before: to be shown dimmed. */
  readonly behind: boolean;
}

export const NOTHING: Session = {
  loaded: undefined,
  error: undefined,
  answers: [],
  shown: undefined,
  behind: false,
};

/** Loads a profile of the page for a target of the page. Throws SeccompSimError. */
export function loadInput(input: ProfileInput, pageTarget: PageTarget): Loaded {
  const target = parseTarget(targetOptions(pageTarget));
  const { file, text, source } = readInput(input, target);
  const simulator = createSimulator(source, target);
  return { input, file, text, source, target: simulator.target, simulator };
}

function readInput(
  input: ProfileInput,
  target: Target,
): { file: string; text: string; source: Source } {
  if (input.kind === "text") {
    const { text, file } = input;
    return { file, text, source: loadProfile(text, { file, arch: target.arch }) };
  }
  const { id } = input;
  const file = SAMPLES.find((one) => one.id === id)?.file ?? id;
  return { file, text: sampleText(id, target), source: sampleSource(id) };
}

/** The text of a profile of the page. */
export function inputText(input: ProfileInput, pageTarget: PageTarget): string {
  if (input.kind === "text") return input.text;
  return attempt(
    () => sampleText(input.id, parseTarget(targetOptions(pageTarget))),
    () => sampleText(input.id, parseTarget()),
  );
}

/** The calls typed: separated by `;` or line breaks, where they are no part of a quoted text. */
export function splitCalls(text: string): readonly string[] {
  const parts = text.match(/(?:"(?:\\.|[^"\\])*"?|[^;\n"])+/g) ?? [];
  return parts.map((part) => part.trim()).filter((part) => part !== "");
}

export function answerCalls(loaded: Loaded, calls: string): readonly CallAnswer[] {
  const { simulator, target } = loaded;
  return splitCalls(calls).map((text) =>
    attempt<CallAnswer>(
      () => {
        const call = parseCall(text, target.arch);
        return { kind: "answer", text, call, explanation: simulator.explain(call) };
      },
      (error) => ({ kind: "error", text, error }),
    ),
  );
}

/** Runs `work`; a user's mistake is answered by `otherwise`. */
export function attempt<T>(work: () => T, otherwise: (error: SeccompSimError) => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof SeccompSimError)) throw error;
    return otherwise(error);
  }
}

/** The session that follows `before`. */
export function nextSession(state: PageState, last: PageState, before: Session): Session {
  const same =
    state.profile === last.profile && state.target === last.target && before.loaded !== undefined;
  const { loaded, error } = same ? before : reload(state, before.loaded);
  if (!loaded) return { ...NOTHING, error };
  const keep = same && state.calls === last.calls;
  const answers = keep ? before.answers : answerCalls(loaded, state.calls);
  const chosen = chosenAnswer(state, answers);
  const behind = chosen?.kind !== "answer";
  const shown = behind ? again(before.shown, loaded, same) : chosen;
  return { loaded, error, answers, shown, behind };
}

/** The answer to the call that the panels are about. */
export function chosenAnswer(
  { selected }: PageState,
  answers: readonly CallAnswer[],
): CallAnswer | undefined {
  return answers[Math.min(selected, answers.length - 1)];
}

/** The last answer, found anew where the profile or the target is another one. */
function again(last: Answer | undefined, loaded: Loaded, same: boolean): Answer | undefined {
  if (same || !last) return last;
  const [found] = answerCalls(loaded, last.text);
  return found?.kind === "answer" ? found : undefined;
}

function reload(
  { profile, target }: PageState,
  before: Loaded | undefined,
): Pick<Session, "loaded" | "error"> {
  return attempt<Pick<Session, "loaded" | "error">>(
    () => {
      const loaded = loadInput(profile, target);
      before?.simulator.close();
      return { loaded, error: undefined };
    },
    (error) => ({ loaded: before, error }),
  );
}
