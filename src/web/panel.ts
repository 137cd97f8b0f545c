import type { Session } from "./session.js";
import type { PageState } from "./state.js";
import type { Store } from "./store.js";

/**
 * What a panel is given. It is mounted only while its tab is chosen, and rendered again after every change.
 *
 * - `state` is what the user chose; a panel changes it by `store.set({ … })`, never otherwise.
 * - `session` is what that means: the compiled profile and the answers. `session.loaded` is `undefined` until a
 *   first profile compiled, and the one before when `session.error` is set: the frame dims the panel then, the
 *   panel itself need not care. Its simulator is closed when the next profile is compiled: do not keep it.
 * - `store.editor` shows places of the profile, and shades parts of it.
 *
 * What takes longer than a frame is done after the first paint (an effect), in slices, and dropped when `session.loaded`
 * is no longer the one that it was begun for.
 */
export interface PanelProps {
  readonly state: PageState;
  readonly session: Session;
  readonly store: Store;
}
