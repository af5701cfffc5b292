// The page: who is signed in, which conversation is open, and the panes beside each other.

import { useCallback, useEffect, useRef, useState } from "react";
import { asProblem, currentUser, newId, onSession, refresh, sessionIsOver, type Problem, type User } from "./api";
import { Chat, type Underway } from "./chat";
import { onKey } from "./keyboard";
import { Splitter, useWidths } from "./layout";
import { OnDemand } from "./on-demand";
import { ProblemNote } from "./problem";
import { Sidebar } from "./sidebar";
import { SignIn } from "./signin";
import { TaskList } from "./tasks/list";
import { useTasks } from "./tasks/store";
import { texts } from "./texts";

export function App() {
  const [user, setUser] = useState<User | null>(currentUser());
  const [isReady, setReady] = useState(false);
  const last = useRef<User | null>(null);
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
  const isOver = !user && sessionIsOver();
  const isAdmin = location.pathname === "/admin";
  if (user && isAdmin) {
    return (
      <main className="admin">
        <OnDemand load={adminPage}>{({ AdminPage }) => <AdminPage />}</OnDemand>
      </main>
    );
  }
  // What was typed stays, out of sight, for whom it belongs to.
  const owner = user ?? (isOver && !isAdmin ? last.current : null);
  last.current = owner;
  return (
    <>
      {owner && (
        <div hidden={isOver}>
          <Shell key={owner.id} user={owner} isOver={isOver} />
        </div>
      )}
      {!user && (isOver ? <SignIn note={isAdmin ? texts().problems.invalid_token : texts().sessionOver} /> : <SignIn />)}
    </>
  );
}

/** The operator's page, which nobody else loads. */
const adminPage = () => import("./admin/page");
/** The dialogs, which a first visit does without. */
const dialogs = () => import("./settings");

const idOfAddress = () => /^\/c\/([A-Za-z0-9_-]{1,128})$/.exec(location.pathname)?.[1] ?? null;

type Pane = "chat" | "tasks" | "more";
function Shell({ user, isOver }: { user: User; isOver: boolean }) {
  const t = texts();
  const [chat, setChat] = useState(() => ({ id: idOfAddress() ?? newId(), isNew: !idOfAddress() }));
  const [heard, setHeard] = useState(0);
  const [pane, setPane] = useState<Pane>("chat");
  const [dialog, setDialog] = useState<"settings" | "keys" | null>(null);
  const [isSideOpen, setSideOpen] = useState(false);
  const { set: setWidth, style } = useWidths();
  const [glowing, setGlowing] = useState<{ tasks: number[]; at: number }>({ tasks: [], at: 0 });
  const [isOnline, setOnline] = useState(navigator.onLine);
  const composer = useRef<HTMLTextAreaElement>(null);
  const wasOver = useRef(false);
  const rail = useRef<HTMLButtonElement>(null);
  const tasks = useTasks();

  useEffect(() => {
    const actions = { showKeys: () => setDialog("keys"), showPane: setPane };
    const listen = (event: KeyboardEvent) => onKey(event, actions);
    document.addEventListener("keydown", listen);
    return () => document.removeEventListener("keydown", listen);
  }, []);
  const open = useCallback((id: string | null) => {
    history.pushState(null, "", id ? `/c/${id}` : "/");
    setChat({ id: id ?? newId(), isNew: !id });
    setPane("chat");
    setSideOpen(false);
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

  const underway = useRef<Underway>(new Map());
  const shown = useRef(chat.id);
  shown.current = chat.id;
  const onSpoken = useCallback((id: string) => {
    // Somebody may have gone to another conversation before this one was answered.
    if (shown.current === id && location.pathname !== `/c/${id}`) history.replaceState(null, "", `/c/${id}`);
    setHeard((it) => it + 1);
  }, []);
  const { changed, reload } = tasks;
  useEffect(() => {
    const wasSo = wasOver.current;
    wasOver.current = isOver;
    if (isOver || !wasSo) return;
    void reload();
    setHeard((it) => it + 1);
  }, [isOver, reload]);
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

  const startNew = () => {
    open(null);
    requestAnimationFrame(() => composer.current?.focus());
  };

  return (
    <div className="shell" data-pane={pane} style={style}>
      <a className="skip" href="#message">
        {t.skipToComposer}
      </a>
      <div
        className={isSideOpen ? "side open" : "side"}
        onKeyDown={(event) => {
          if (event.key !== "Escape" || !isSideOpen || event.defaultPrevented) return;
          event.preventDefault();
          setSideOpen(false);
          rail.current?.focus();
        }}
      >
        <div className="rail">
          <button type="button" ref={rail} aria-label={t.conversations} title={t.conversations} aria-expanded={isSideOpen} onClick={() => setSideOpen(!isSideOpen)}>
            <Icon path="M3 5h14M3 10h14M3 15h14" />
          </button>
          <button type="button" aria-label={t.newConversation} title={t.newConversation} onClick={startNew}>
            <Icon path="M10 4v12M4 10h12" />
          </button>
          <button type="button" aria-label={t.settings} title={t.settings} onClick={() => setDialog("settings")}>
            <Icon path="M10 10a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM4 17a6 6 0 0 1 12 0" />
          </button>
        </div>
        <div className="drawer">
          <Sidebar
            current={chat.id}
            heard={heard}
            onOpen={open}
            onNew={startNew}
            onDeleted={(id) => id === chat.id && open(null)}
          />
          <button type="button" className="account" onClick={() => setDialog("settings")}>
            <bdi>{user.name}</bdi>
            <span className="muted">{t.settings}</span>
          </button>
        </div>
      </div>
      <Splitter pane="side" onWidth={setWidth} />
      <main>
        {!isOnline && (
          <p className="offline" role="status">
            {t.offline}
          </p>
        )}
        <Chat
          key={chat.id}
          id={chat.id}
          underway={underway.current}
          isNew={chat.isNew}
          composer={composer}
          isListEmpty={tasks.isLoaded && tasks.filter === "" && tasks.open.length + tasks.done.length === 0}
          onChanged={onChanged}
          onSpoken={onSpoken}
          onShowTask={onShowTask}
        />
      </main>
      <Splitter pane="list" onWidth={setWidth} />
      <TaskList store={tasks} zone={user.timezone} glowing={glowing} />
      <nav className="panes" aria-label={t.appName}>
        {(["chat", "tasks", "more"] as const).map((it) => (
          <button key={it} type="button" aria-pressed={pane === it} onClick={() => setPane(it)}>
            {t[it]}
          </button>
        ))}
      </nav>
      {dialog && (
        <OnDemand load={dialogs} onCancel={() => setDialog(null)}>
          {({ Settings, KeysDialog }) =>
            dialog === "keys" ? (
              <KeysDialog onClose={() => setDialog(null)} />
            ) : (
              <Settings user={user} onClose={() => setDialog(null)} onChanged={() => void changed()} />
            )
          }
        </OnDemand>
      )}
    </div>
  );
}

/** Drawn with one line, in the colour of the text. */
function Icon({ path }: { path: string }) {
  return (
    <svg width="20" height="20" viewBox="0 0 20 20" fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinecap="round" aria-hidden="true">
      <path d={path} />
    </svg>
  );
}
