import { useEffect, useState } from "preact/hooks";
import type { Place } from "../errors.js";
import { NOTHING, nextSession, type Session } from "./session.js";
import type { PageState } from "./state.js";

/** A part of the editor's text that a panel marks: coverage, or the entry that decided. */
export interface Shade {
  /** Offsets into the text of the loaded profile. */
  readonly from: number;
  readonly to: number;
  readonly kind: "hit" | "missed" | "partial";
  readonly title?: string;
}

/** What the editor does for others. */
export interface EditorPort {
  /** Shows a place of the profile and puts the cursor there. */
  reveal(place: Place): void;
  /** Marks parts of a profile's text; while another text stands in the editor, what is marked stays. */
  shade(shades: readonly Shade[], text: string): void;
}

/**
 * The page's one store. `set` changes the state, computes the session at once, and tells all who listen, in
 * this order; so what is read after it is of one piece.
 */
export class Store {
  #state: PageState;
  #session: Session = NOTHING;
  readonly #listeners = new Set<() => void>();
  /** Registered by the editor when it is there. */
  editor: EditorPort | undefined;

  constructor(state: PageState) {
    this.#state = state;
    this.#session = nextSession(state, state, this.#session);
  }

  get state(): PageState {
    return this.#state;
  }

  get session(): Session {
    return this.#session;
  }

  readonly set = (change: Partial<PageState>): void => {
    const last = this.#state;
    this.#state = { ...last, ...change };
    this.#session = nextSession(this.#state, last, this.#session);
    for (const listener of [...this.#listeners]) listener();
  };

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

/** Renders the component again whenever the store has changed. */
export function useStore(store: Store): { readonly state: PageState; readonly session: Session } {
  const [, setVersion] = useState(0);
  useEffect(() => store.subscribe(() => setVersion((version) => version + 1)), [store]);
  return { state: store.state, session: store.session };
}
