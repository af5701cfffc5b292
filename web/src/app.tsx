// The page: who is signed in, which conversation is open, and the panes beside each other.

import { useCallback, useEffect, useRef, useState } from "react";
import { asProblem, currentUser, newId, onSession, refresh, sessionIsOver, type Problem, type User } from "./api";
import { Chat } from "./chat";
import { onKey } from "./keyboard";
import { ProblemNote } from "./problem";
import { KeysDialog, Settings } from "./settings";
import { Sidebar } from "./sidebar";
import { SignIn } from "./signin";
import { TaskList, useTasks } from "./tasks";
import { texts } from "./texts";

export function App() {
  const [user, setUser] = useState<User | null>(currentUser());
  const [isReady, setReady] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);

  const start = useCallback(() => {
    setProblem(null);
    refresh().then(
      () => setReady(true),
      (error) => setProblem(asProblem(error)),
    );
  }, []);
  useEffect(() => onSession(() => setUser(currentUser())), []);
  useEffect(start, [start]);

  if (problem) {
    return (
      <main className="signin">
        <ProblemNote problem={problem}>
          <button type="button" onClick={start}>
            {texts().retry}
          </button>
        </ProblemNote>
      </main>
    );
  }
  if (!isReady) return <div className="shell" aria-busy="true" />;
  if (user) return <Shell key={user.id} user={user} />;
  return sessionIsOver() ? <SignIn note={texts().sessionOver} /> : <SignIn />;
}

const idOfAddress = () => /^\/c\/([A-Za-z0-9_-]{1,128})$/.exec(location.pathname)?.[1] ?? null;

type Pane = "chat" | "tasks" | "more";

function Shell({ user }: { user: User }) {
  const t = texts();
  const [chat, setChat] = useState(() => ({ id: idOfAddress() ?? newId(), isNew: !idOfAddress() }));
  const [heard, setHeard] = useState(0);
  const [pane, setPane] = useState<Pane>("chat");
  const [dialog, setDialog] = useState<"settings" | "keys" | null>(null);
  const [glowing, setGlowing] = useState<{ tasks: number[]; at: number }>({ tasks: [], at: 0 });
  const [isOnline, setOnline] = useState(navigator.onLine);
  const composer = useRef<HTMLTextAreaElement>(null);
  const tasks = useTasks();

  useEffect(() => {
    const listen = (event: KeyboardEvent) => onKey(event, () => setDialog("keys"));
    document.addEventListener("keydown", listen);
    return () => document.removeEventListener("keydown", listen);
  }, []);
  const open = useCallback((id: string | null) => {
    history.pushState(null, "", id ? `/c/${id}` : "/");
    setChat({ id: id ?? newId(), isNew: !id });
    setPane("chat");
  }, []);
  useEffect(() => {
    const look = () => setChat({ id: idOfAddress() ?? newId(), isNew: !idOfAddress() });
    const network = () => setOnline(navigator.onLine);
    window.addEventListener("popstate", look);
    window.addEventListener("online", network);
    window.addEventListener("offline", network);
    return () => {
      window.removeEventListener("popstate", look);
      window.removeEventListener("online", network);
      window.removeEventListener("offline", network);
    };
  }, []);

  const onSpoken = useCallback((id: string) => {
    if (location.pathname !== `/c/${id}`) history.replaceState(null, "", `/c/${id}`);
    setHeard((it) => it + 1);
  }, []);
  const { changed } = tasks;
  const onChanged = useCallback(
    async (ids: number[]) => {
      await changed();
      setGlowing({ tasks: ids, at: Date.now() });
    },
    [changed],
  );
  const onShowTask = useCallback((task: number) => {
    setPane("tasks");
    setGlowing({ tasks: [task], at: Date.now() });
    requestAnimationFrame(() => document.querySelector<HTMLElement>(`#task-${task} [data-edit]`)?.focus());
  }, []);

  return (
    <div className="shell" data-pane={pane}>
      <a className="skip" href="#message">
        {t.skipToComposer}
      </a>
      <div className="side">
        <Sidebar
          current={chat.id}
          heard={heard}
          onOpen={open}
          onNew={() => {
            open(null);
            requestAnimationFrame(() => composer.current?.focus());
          }}
          onDeleted={(id) => id === chat.id && open(null)}
        />
        <button type="button" className="account" onClick={() => setDialog("settings")}>
          <bdi>{user.name}</bdi>
          <span className="muted">{t.settings}</span>
        </button>
      </div>
      <main>
        {!isOnline && (
          <p className="offline" role="status">
            {t.offline}
          </p>
        )}
        <Chat
          key={chat.id}
          id={chat.id}
          isNew={chat.isNew}
          composer={composer}
          onChanged={onChanged}
          onSpoken={onSpoken}
          onShowTask={onShowTask}
        />
      </main>
      <TaskList store={tasks} zone={user.timezone} glowing={glowing} />
      <nav className="panes" aria-label={t.appName}>
        {(["chat", "tasks", "more"] as const).map((it) => (
          <button key={it} type="button" aria-pressed={pane === it} onClick={() => setPane(it)}>
            {t[it]}
          </button>
        ))}
      </nav>
      {dialog === "settings" && (
        <Settings user={user} onClose={() => setDialog(null)} onChanged={() => void changed()} />
      )}
      {dialog === "keys" && <KeysDialog onClose={() => setDialog(null)} />}
    </div>
  );
}
