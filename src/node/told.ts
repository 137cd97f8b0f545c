import type { Simulator } from "../analysis/simulator.js";
import { formatPlace, SeccompSimError } from "../errors.js";

/** Runs `work`. Runners of tests print the message of what is thrown, so that gets the place and the hint, too. */
export function told<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof SeccompSimError)) throw error;
    const { code, place, hint } = error;
    const where = place === undefined ? "" : `${formatPlace(place)}: `;
    const what = hint === undefined ? "" : `\n  hint: ${hint}`;
    throw new SeccompSimError(code, `${where}${error.message}${what}`, { place, hint });
  }
}

/** The same about a simulator. Throws TypeError for a subject that is none. */
export function asked<T>(simulator: Simulator, work: () => T): T {
  const subject: { readonly evaluate?: unknown } | null | undefined = simulator;
  if (typeof subject?.evaluate === "function") return told(work);
  throw new TypeError('expected a simulator, such as simulate("docker-default")');
}
