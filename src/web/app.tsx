import { useEffect, useState } from "preact/hooks";
import { CallLine } from "./call-line.js";
import type { Later } from "./later.js";
import { loadLater } from "./load-later.js";
import { ProfileBar } from "./profile-bar.js";
import { ShareMenu } from "./share-menu.js";
import { type Store, useStore } from "./store.js";
import { Tabs } from "./tabs.js";
import { TargetBar } from "./target-bar.js";
import { VerdictCard } from "./verdict-card.js";

/** The whole page. */
export function App({ store, problem }: { store: Store; problem: string | undefined }) {
  const { state, session } = useStore(store);
  const [notice, setNotice] = useState(problem);
  const props = { state, session, store };
  const [later, setLater] = useState<Later>();
  // The verdict is painted, and whoever waits for that is answered, before the rest is read.
  useEffect(() => void setTimeout(() => void loadLater().then(setLater)), []);
  return (
    <>
      <header class="top">
        <h1>
          <svg width="22" height="22" viewBox="0 0 16 16" aria-hidden="true">
            <path fill="currentColor" d="M8 0l7 3v5c0 4-3 7-7 8-4-1-7-4-7-8V3z" />
            <path class="tick" d="M4.5 8l2.5 2.5 4.5-5" />
          </svg>
          seccomp-sim
        </h1>
        <p>Would this call pass? Nothing leaves this page.</p>
        <ShareMenu {...props} />
      </header>
      {notice !== undefined && (
        <div class="notice" role="alert">
          <span>{notice}</span>
          <button type="button" onClick={() => setNotice(undefined)}>
            Dismiss
          </button>
        </div>
      )}
      <main class="page">
        <section class="profile card" aria-label="Profile">
          <ProfileBar {...props} />
          {later ? <later.Editor {...props} /> : <Unready text={session.loaded?.text} />}
        </section>
        <div class="ask">
          <TargetBar {...props} />
          <CallLine {...props} />
          <VerdictCard {...props} />
        </div>
        <Tabs later={later} {...props} />
      </main>
    </>
  );
}

/** Looks like the editor until that is there. */
function Unready({ text = "" }: { text?: string | undefined }) {
  return (
    <>
      <div class="editor">
        <pre>{text.slice(0, 4000)}</pre>
      </div>
      <p class="status" />
    </>
  );
}
