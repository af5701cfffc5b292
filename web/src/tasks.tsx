// The list: groups of tasks, to tick, add and change.

import { memo, useCallback, useEffect, useId, useMemo, useRef, useState, type FormEvent } from "react";
import { asProblem, Problem, request, type Priority, type Task } from "./api";
import { addDays, dayOf, GROUPS, groupOf, partsOfDue, sayDue, sayWholeDue, type Group } from "./dates";
import { ProblemNote, sayProblem } from "./problem";
import { texts } from "./texts";

const PAGE = 100;
/** So many open tasks are loaded at once; more on demand. */
const FIRST = 500;

type Listed = { open: Task[]; done: Task[]; moreOpen: string | null; moreDone: string | null };
const NOTHING: Listed = { open: [], done: [], moreOpen: null, moreDone: null };

async function pages(path: string, limit: number): Promise<{ tasks: Task[]; next: string | null }> {
  const tasks: Task[] = [];
  let next: string | null = path;
  while (next && tasks.length < limit) {
    const answer: { body: Task[]; next: string | null } = await request<Task[]>("GET", next);
    tasks.push(...answer.body);
    next = answer.next;
  }
  return { tasks, next };
}

/** `#home milk` asks for the tag and for the text. */
function filterQuery(filter: string): string {
  const words = filter.trim().split(/\s+/).filter(Boolean);
  const tags = words.filter((word) => /^#./.test(word)).map((word) => word.slice(1));
  const text = words.filter((word) => !/^#./.test(word)).join(" ");
  return (text ? `&q=${encodeURIComponent(text)}` : "") + (tags.length ? `&tag=${encodeURIComponent(tags.join(","))}` : "");
}

export type TaskStore = Listed & {
  isLoaded: boolean;
  problem: Problem | null;
  filter: string;
  setFilter: (filter: string) => void;
  reload: () => Promise<void>;
  loadMore: (which: "open" | "done") => Promise<void>;
  /** Something was changed here: other tabs are told, and this one loads anew. */
  changed: () => Promise<void>;
};

/** The tasks of who is signed in, and those of other tabs and the chat as soon as this page is told. */
export function useTasks(): TaskStore {
  const [listed, setListed] = useState<Listed>(NOTHING);
  const [isLoaded, setLoaded] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [filter, setFilter] = useState("");
  const asked = useRef(0);
  const channel = useRef<BroadcastChannel | null>(null);
  const size = useRef(FIRST);
  const query = filterQuery(filter);

  const reload = useCallback(async () => {
    const number = (asked.current += 1);
    try {
      const [open, done] = await Promise.all([
        pages(`/api/me/tasks?status=pending&sort=due&limit=${PAGE}${query}`, size.current),
        pages(`/api/me/tasks?status=completed&sort=-updated_at&limit=50${query}`, 1),
      ]);
      // An older answer that comes later is not taken.
      if (number !== asked.current) return;
      setListed({ open: open.tasks, done: done.tasks, moreOpen: open.next, moreDone: done.next });
      setProblem(null);
      setLoaded(true);
    } catch (error) {
      if (number === asked.current) setProblem(asProblem(error));
    }
  }, [query]);

  const changed = useCallback(async () => {
    channel.current?.postMessage("tasks");
    await reload();
  }, [reload]);

  const loadMore = useCallback(
    async (which: "open" | "done") => {
      const path = which === "open" ? listed.moreOpen : listed.moreDone;
      if (!path) return;
      const { tasks, next } = await pages(path, 1);
      size.current = Math.max(size.current, listed.open.length + tasks.length);
      setListed((known) =>
        which === "open"
          ? { ...known, open: [...known.open, ...tasks], moreOpen: next }
          : { ...known, done: [...known.done, ...tasks], moreDone: next },
      );
    },
    [listed],
  );

  useEffect(() => {
    const timer = setTimeout(() => void reload(), filter ? 200 : 0);
    return () => clearTimeout(timer);
  }, [reload, filter]);

  useEffect(() => {
    const look = () => document.visibilityState === "visible" && void reload();
    window.addEventListener("focus", look);
    window.addEventListener("online", look);
    document.addEventListener("visibilitychange", look);
    const tabs = new BroadcastChannel("todo");
    channel.current = tabs;
    tabs.onmessage = () => void reload();
    return () => {
      window.removeEventListener("focus", look);
      window.removeEventListener("online", look);
      document.removeEventListener("visibilitychange", look);
      tabs.close();
    };
  }, [reload]);

  return { ...listed, isLoaded, problem, filter, setFilter, reload, loadMore, changed };
}

/** The present, to the minute: the page may be open past midnight. */
function useNow(): Date {
  const [now, setNow] = useState(() => new Date());
  useEffect(() => {
    const timer = setInterval(() => setNow(new Date()), 30_000);
    return () => clearInterval(timer);
  }, []);
  return now;
}

/** Sorts days before the times on them, and tasks without a date last. */
function dueKey(task: Task, zone: string): string {
  if (!task.due) return "~";
  const { day, time } = partsOfDue(task.due, zone);
  return `${day} ${time}`;
}

const UNDO_TIME = 4_000;

export type TaskListProps = {
  store: TaskStore;
  zone: string;
  /** Tasks that were just changed, to be shown. */
  glowing: { tasks: number[]; at: number };
};

export function TaskList({ store, zone, glowing }: TaskListProps) {
  const t = texts();
  const now = useNow();
  const [held, setHeld] = useState<ReadonlyMap<number, Task>>(new Map());
  const [isDoneOpen, setDoneOpen] = useState(false);
  const [editing, setEditing] = useState<number | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [announcement, setAnnouncement] = useState("");
  const [selected, setSelected] = useState<ReadonlySet<number>>(new Set());
  const [dragged, setDragged] = useState<Task | null>(null);
  const pane = useRef<HTMLElement>(null);

  // A task that was just ticked stays where it is for a moment, so that it can be taken back.
  const groups = useMemo(() => {
    const groups = new Map<Group, Task[]>(GROUPS.map((group) => [group, []]));
    const open = new Map(store.open.map((task) => [task.id, task]));
    for (const task of held.values()) open.set(task.id, task);
    const byDue = (one: Task, other: Task) => dueKey(one, zone).localeCompare(dueKey(other, zone)) || one.id - other.id;
    for (const task of [...open.values()].sort(byDue)) groups.get(groupOf({ ...task, status: "pending" }, now, zone))!.push(task);
    groups.set("done", store.done.filter((task) => !held.has(task.id)));
    return groups;
  }, [store.open, store.done, held, now, zone]);

  const glow = useMemo(() => new Set(glowing.tasks), [glowing]);
  useEffect(() => {
    if (glowing.tasks.length === 0) return;
    const row = pane.current?.querySelector(".row.glow");
    row?.scrollIntoView({ block: "nearest" });
  }, [glowing]);

  const { changed } = store;
  const attempt = useCallback(
    async (work: () => Promise<unknown>) => {
      setProblem(null);
      try {
        await work();
      } catch (error) {
        setProblem(asProblem(error));
      }
      await changed();
    },
    [changed],
  );

  const release = (id: number) =>
    setHeld((known) => {
      const rest = new Map(known);
      rest.delete(id);
      return rest;
    });

  const tick = useCallback(
    (task: Task) =>
      attempt(async () => {
        const headers = { "If-Match": `"${task.version}"` };
        if (task.status === "completed") {
          release(task.id);
          await request("POST", `/api/me/tasks/${task.id}/reopen`, { headers });
          return;
        }
        setHeld((known) => new Map(known).set(task.id, { ...task, status: "completed" }));
        try {
          const { body } = await request<Task>("POST", `/api/me/tasks/${task.id}/complete`, { headers });
          // A repeating task is open again, at another date.
          setHeld((known) => new Map(known).set(task.id, { ...body, due: task.due, status: "completed" }));
        } catch (error) {
          release(task.id);
          throw error;
        }
        setAnnouncement(texts().taskDone);
        setTimeout(() => release(task.id), UNDO_TIME);
      }),
    [attempt],
  );

  const select = useCallback((id: number) => {
    setSelected((known) => {
      const next = new Set(known);
      if (!next.delete(id)) next.add(id);
      return next;
    });
  }, []);

  const known = useMemo(() => new Map([...store.open, ...store.done].map((task) => [task.id, task])), [store.open, store.done]);
  const chosen = [...selected].flatMap((id) => known.get(id) ?? []);
  const batch = (make: (task: Task) => Record<string, unknown>) =>
    attempt(async () => {
      const operations = chosen.map((task) => ({ id: task.id, version: task.version, ...make(task) }));
      await request("POST", "/api/me/tasks:batch", { body: { operations: operations.slice(0, 100) } });
      setSelected(new Set());
    });

  const moveTo = (task: Task, day: string | null) =>
    attempt(async () => {
      const { time } = task.due ? partsOfDue(task.due, zone) : { time: "" };
      const due = day && time ? `${day}T${time}:00` : day;
      await request("PATCH", `/api/me/tasks/${task.id}`, { body: { due }, headers: { "If-Match": `"${task.version}"` } });
    });

  const shown = GROUPS.filter((group) => groups.get(group)!.length > 0);
  const isEmpty = store.isLoaded && shown.length === 0;

  return (
    <section className="tasks" aria-label={t.tasks} ref={pane}>
      <header>
        <AddTask zone={zone} onAdded={store.changed} />
        <label className="hidden" htmlFor="filter">
          {t.filterTasks}
        </label>
        <input
          id="filter"
          type="search"
          dir="auto"
          value={store.filter}
          placeholder={t.filterTasks}
          onChange={(event) => store.setFilter(event.target.value)}
        />
      </header>
      {chosen.length > 0 && (
        <div className="bulk" role="toolbar" aria-label={t.selected(chosen.length)}>
          <span>{t.selected(chosen.length)}</span>
          <button type="button" onClick={() => batch(() => ({ op: "complete" }))}>
            {t.done}
          </button>
          <button
            type="button"
            onClick={() => batch(() => ({ op: "update", due: addDays(dayOf(new Date(), zone), 1) }))}
          >
            {t.moveToTomorrow}
          </button>
          <button type="button" className="danger" onClick={() => batch(() => ({ op: "delete" }))}>
            {t.remove}
          </button>
          <button type="button" className="link" onClick={() => setSelected(new Set())}>
            {t.clearSelection}
          </button>
        </div>
      )}
      {(problem ?? store.problem) && <ProblemNote problem={(problem ?? store.problem)!} />}
      <p className="hidden" role="status">
        {announcement}
      </p>
      <div className="groups" aria-busy={!store.isLoaded}>
        {!store.isLoaded && !store.problem && [1, 2, 3, 4].map((it) => <div key={it} className="skeleton line" />)}
        {isEmpty && (
          <div className="empty">
            <p>{store.filter ? t.emptyFilter : t.emptyList}</p>
            {!store.filter && <p className="muted">{t.emptyListLine}</p>}
          </div>
        )}
        {shown.map((group) => {
          const tasks = groups.get(group)!;
          const isOpen = group !== "done" || isDoneOpen || store.filter !== "";
          const more = group === "done" ? store.moreDone : null;
          return (
            <section key={group} className={`group ${group}`} aria-labelledby={`group-${group}`}>
              <h2 id={`group-${group}`}>
                {group === "done" ? (
                  <button type="button" className="plain" aria-expanded={isOpen} onClick={() => setDoneOpen(!isDoneOpen)}>
                    {t.groups[group]}{" "}
                    <span className="count">
                      {tasks.length}
                      {more && "+"}
                    </span>
                  </button>
                ) : (
                  <>
                    {t.groups[group]} <span className="count">{tasks.length}</span>
                  </>
                )}
              </h2>
              {isOpen && (
                <ul>
                  {tasks.map((task) =>
                    editing === task.id ? (
                      <li key={task.id}>
                        <TaskEditor
                          task={task}
                          zone={zone}
                          onClose={() => setEditing(null)}
                          onChanged={store.changed}
                        />
                      </li>
                    ) : (
                      <Row
                        key={task.id}
                        task={task}
                        isHeld={held.has(task.id)}
                        isGlowing={glow.has(task.id)}
                        isSelected={selected.has(task.id)}
                        now={now}
                        zone={zone}
                        onTick={tick}
                        onEdit={setEditing}
                        onSelect={select}
                        onDrag={setDragged}
                      />
                    ),
                  )}
                </ul>
              )}
              {isOpen && more && (
                <button type="button" className="link" onClick={() => store.loadMore("done")}>
                  {t.loadMore}
                </button>
              )}
            </section>
          );
        })}
        {store.moreOpen && (
          <button type="button" className="link" onClick={() => store.loadMore("open")}>
            {t.loadMore}
          </button>
        )}
      </div>
      {dragged && <Days now={now} zone={zone} onDrop={(day) => void moveTo(dragged, day)} />}
    </section>
  );
}

/** Where a task is dropped that is dragged to another day. */
function Days({ now, zone, onDrop }: { now: Date; zone: string; onDrop: (day: string | null) => void }) {
  const today = dayOf(now, zone);
  const days: (string | null)[] = [0, 1, 2, 3, 4, 5, 6].map((distance) => addDays(today, distance));
  return (
    <ul className="days">
      {[...days, null].map((day) => (
        <li
          key={day}
          onDragOver={(event) => event.preventDefault()}
          onDrop={(event) => {
            event.preventDefault();
            onDrop(day);
          }}
        >
          {day ? sayDue(day, now, zone, true) : texts().groups.none}
        </li>
      ))}
    </ul>
  );
}

type NewTask = Pick<Task, "title" | "description" | "priority" | "due" | "tags">;
type Reading = { text: string; tasks: NewTask[] };

async function read(text: string): Promise<Reading> {
  const { body } = await request<{ tasks: NewTask[] }>("POST", "/api/me/tasks:read", { body: { text } });
  return { text, tasks: body.tasks };
}

const READ_AFTER = 300;
const MAX_TITLE = 200;

/** Adds tasks in the words of the chat, and shows what it understood before they are added. */
function AddTask({ zone, onAdded }: { zone: string; onAdded: () => Promise<void> }) {
  const t = texts();
  const [text, setText] = useState("");
  const [reading, setReading] = useState<Reading | null>(null);
  const [isPlain, setPlain] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const trimmed = text.trim();

  useEffect(() => {
    if (!trimmed) return;
    let isCurrent = true;
    const timer = setTimeout(() => {
      // Without an answer the words are added as they are.
      read(trimmed).then(
        (it) => isCurrent && setReading(it),
        () => {},
      );
    }, READ_AFTER);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [trimmed]);

  const shown = trimmed && reading?.text === trimmed ? reading.tasks : [];
  const isUnderstood =
    shown.length > 1 || shown.some((task) => task.due || task.tags.length > 0 || task.priority !== "medium");

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!trimmed) return;
    setProblem(null);
    try {
      const plain = [{ title: trimmed }];
      const tasks = isPlain || trimmed.length > MAX_TITLE ? plain : shown.length > 0 ? shown : (await read(trimmed)).tasks;
      const operations = tasks.map((task) => ({ op: "create", ...task }));
      await request("POST", "/api/me/tasks:batch", { body: { operations } });
      setText("");
      setReading(null);
      setPlain(false);
      await onAdded();
    } catch (error) {
      setProblem(asProblem(error));
    }
  };
  return (
    <form className="add" onSubmit={submit}>
      <label className="hidden" htmlFor="new-task">
        {t.addTask}
      </label>
      <input
        id="new-task"
        dir="auto"
        autoComplete="off"
        value={text}
        placeholder={t.addTaskHint}
        aria-invalid={problem ? true : undefined}
        aria-describedby="reading"
        onChange={(event) => setText(event.target.value)}
      />
      <button type="submit" disabled={!trimmed}>
        {t.add}
      </button>
      <div id="reading" className="reading" role="status">
        {isUnderstood && !isPlain && shown.map((task, index) => <Understood key={index} task={task} zone={zone} />)}
      </div>
      {isUnderstood && (
        <button type="button" className="link" aria-pressed={isPlain} onClick={() => setPlain(!isPlain)}>
          {isPlain ? t.asUnderstood : t.asWritten}
        </button>
      )}
      {problem && <p className="field-error">{problem.fields[0]?.message ?? sayProblem(problem)}</p>}
    </form>
  );
}

/** How a task was understood, as chips. */
function Understood({ task, zone }: { task: NewTask; zone: string }) {
  const t = texts();
  return (
    <p>
      <bdi>{task.title}</bdi>{" "}
      {task.due && (
        <time className="tag" dateTime={task.due} title={sayWholeDue(task.due, zone)}>
          {sayDue(task.due, new Date(), zone, true)}
        </time>
      )}{" "}
      {task.priority !== "medium" && <span className="tag">{t.priorities[task.priority]}</span>}{" "}
      {task.tags.map((tag) => (
        <bdi key={tag} className="tag">
          #{tag}
        </bdi>
      ))}
    </p>
  );
}

type RowProps = {
  task: Task;
  isHeld: boolean;
  isGlowing: boolean;
  isSelected: boolean;
  now: Date;
  zone: string;
  onTick: (task: Task) => void;
  onEdit: (id: number) => void;
  onSelect: (id: number) => void;
  onDrag: (task: Task | null) => void;
};

const Row = memo(function Row(props: RowProps) {
  const { task, isHeld, isGlowing, isSelected, now, zone, onTick, onEdit, onSelect, onDrag } = props;
  const t = texts();
  const isDone = task.status === "completed";
  const group = groupOf(task, now, zone);
  const classes = ["row", isDone && "done", isGlowing && "glow", isSelected && "selected"].filter(Boolean).join(" ");
  return (
    <li
      className={classes}
      id={`task-${task.id}`}
      draggable={!isDone}
      onDragStart={(event) => {
        event.dataTransfer.setData("text/plain", task.title);
        event.dataTransfer.effectAllowed = "move";
        onDrag(task);
      }}
      onDragEnd={() => onDrag(null)}
    >
      <label className="tick">
        <input
          type="checkbox"
          checked={isDone}
          aria-label={task.title}
          aria-describedby={`number-${task.id}`}
          onChange={(event) => ((event.nativeEvent as MouseEvent).shiftKey ? onSelect(task.id) : onTick(task))}
        />
      </label>
      <span className="number" id={`number-${task.id}`}>
        {task.id}
      </span>
      <button type="button" className="plain title" aria-label={t.editTask(task.title)} data-edit="" onClick={() => onEdit(task.id)}>
        <bdi>{task.title}</bdi>
      </button>
      <span className="facts">
        {task.tags.map((tag) => (
          <bdi key={tag} className="tag">
            #{tag}
          </bdi>
        ))}
        {isHeld ? (
          <button type="button" className="link" onClick={() => onTick({ ...task, status: "completed" })}>
            {t.undo}
          </button>
        ) : (
          task.due && (
            <time dateTime={task.due} title={sayWholeDue(task.due, zone)} className={group === "overdue" ? "late" : undefined}>
              {sayDue(task.due, now, zone, !isDone)}
            </time>
          )
        )}
        {task.priority !== "medium" && (
          <span
            className={`priority ${task.priority}`}
            role="img"
            aria-label={task.priority === "high" ? t.highPriority : t.lowPriority}
          >
            {task.priority === "high" ? "▲" : "▽"}
          </span>
        )}
      </span>
    </li>
  );
});

type Draft = { title: string; description: string; day: string; time: string; priority: Priority; tags: string };

function draftOf(task: Task, zone: string): Draft {
  const { day, time } = task.due ? partsOfDue(task.due, zone) : { day: "", time: "" };
  const { title, description, priority, tags } = task;
  return { title, description: description ?? "", day, time, priority, tags: tags.join(" ") };
}

/** The fields that differ, as a merge patch. */
function patchOf(from: Draft, to: Draft): Record<string, unknown> {
  const patch: Record<string, unknown> = {};
  if (to.title.trim() !== from.title) patch.title = to.title;
  if (to.description.trim() !== from.description) patch.description = to.description.trim() || null;
  if (to.priority !== from.priority) patch.priority = to.priority;
  if (to.tags.trim() !== from.tags) patch.tags = to.tags.split(/[\s,]+/).filter(Boolean);
  if (to.day !== from.day || to.time !== from.time) {
    patch.due = !to.day ? null : to.time ? `${to.day}T${to.time}:00` : to.day;
  }
  return patch;
}

function TaskEditor({ task, zone, onClose, onChanged }: {
  task: Task;
  zone: string;
  onClose: () => void;
  onChanged: () => Promise<void>;
}) {
  const t = texts();
  const id = useId();
  const [base, setBase] = useState(task);
  const [draft, setDraft] = useState(() => draftOf(task, zone));
  const [problem, setProblem] = useState<Problem | null>(null);
  const [theirs, setTheirs] = useState<Task | null>(null);
  const title = useRef<HTMLInputElement>(null);
  useEffect(() => title.current?.focus(), []);
  const set = (change: Partial<Draft>) => setDraft((it) => ({ ...it, ...change }));

  const close = () => {
    onClose();
    requestAnimationFrame(() => document.querySelector<HTMLElement>(`#task-${task.id} input`)?.focus());
  };
  const save = async (version: number) => {
    const body = patchOf(draftOf(base, zone), draft);
    if (Object.keys(body).length === 0) return close();
    setProblem(null);
    try {
      await request("PATCH", `/api/me/tasks/${task.id}`, { body, headers: { "If-Match": `"${version}"` } });
      await onChanged();
      close();
    } catch (error) {
      const problem = asProblem(error);
      setProblem(problem);
      if (problem.code !== "version_mismatch") return;
      const { body } = await request<Task>("GET", `/api/me/tasks/${task.id}`);
      setTheirs(body);
    }
  };
  const remove = async () => {
    setProblem(null);
    try {
      await request("DELETE", `/api/me/tasks/${task.id}`, { headers: { "If-Match": `"${base.version}"` } });
      onClose();
      await onChanged();
    } catch (error) {
      setProblem(asProblem(error));
    }
  };
  const take = (task: Task) => {
    setBase(task);
    setDraft(draftOf(task, zone));
    setTheirs(null);
    setProblem(null);
  };

  return (
    <form
      className="editor"
      aria-label={t.editTask(task.title)}
      onSubmit={(event) => {
        event.preventDefault();
        void save(base.version);
      }}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        close();
      }}
    >
      <label htmlFor={`${id}-title`}>{t.title}</label>
      <input
        id={`${id}-title`}
        ref={title}
        dir="auto"
        value={draft.title}
        onChange={(event) => set({ title: event.target.value })}
      />
      {problem?.field("title") && <p className="field-error">{problem.field("title")}</p>}
      <div className="pair">
        <div>
          <label htmlFor={`${id}-day`}>{t.date}</label>
          <input id={`${id}-day`} type="date" value={draft.day} onChange={(event) => set({ day: event.target.value })} />
        </div>
        <div>
          <label htmlFor={`${id}-time`}>{t.time}</label>
          <input
            id={`${id}-time`}
            type="time"
            value={draft.time}
            disabled={!draft.day}
            onChange={(event) => set({ time: event.target.value })}
          />
        </div>
        <div>
          <label htmlFor={`${id}-priority`}>{t.priority}</label>
          <select
            id={`${id}-priority`}
            value={draft.priority}
            onChange={(event) => set({ priority: event.target.value as Priority })}
          >
            {(["high", "medium", "low"] as const).map((priority) => (
              <option key={priority} value={priority}>
                {t.priorities[priority]}
              </option>
            ))}
          </select>
        </div>
      </div>
      {problem?.field("due") && <p className="field-error">{problem.field("due")}</p>}
      <label htmlFor={`${id}-tags`}>
        {t.tags} <span className="hint">{t.tagsHint}</span>
      </label>
      <input id={`${id}-tags`} dir="auto" value={draft.tags} onChange={(event) => set({ tags: event.target.value })} />
      {problem?.fields.some((it) => it.field.startsWith("tags")) && (
        <p className="field-error">{problem.fields.find((it) => it.field.startsWith("tags"))!.message}</p>
      )}
      <label htmlFor={`${id}-description`}>{t.description}</label>
      <textarea
        id={`${id}-description`}
        rows={2}
        dir="auto"
        value={draft.description}
        onChange={(event) => set({ description: event.target.value })}
      />
      {problem?.field("description") && <p className="field-error">{problem.field("description")}</p>}
      {theirs ? (
        <Conflict mine={draft} theirs={draftOf(theirs, zone)} onMine={() => save(theirs.version)} onTheirs={() => take(theirs)} />
      ) : (
        problem && problem.fields.length === 0 && <ProblemNote problem={problem} />
      )}
      <div className="buttons">
        <button type="submit" className="primary" disabled={theirs !== null || !draft.title.trim()}>
          {t.save}
        </button>
        <button type="button" onClick={close}>
          {t.cancel}
        </button>
        <button type="button" className="danger end" onClick={remove}>
          {t.remove}
        </button>
      </div>
    </form>
  );
}

/** Two versions of a task side by side, where somebody else was quicker. */
function Conflict({ mine, theirs, onMine, onTheirs }: { mine: Draft; theirs: Draft; onMine: () => void; onTheirs: () => void }) {
  const t = texts();
  const names: Record<keyof Draft, string> = {
    title: t.title,
    description: t.description,
    day: t.date,
    time: t.time,
    priority: t.priority,
    tags: t.tags,
  };
  const fields = (Object.keys(names) as (keyof Draft)[]).filter((field) => mine[field] !== theirs[field]);
  return (
    <div className="conflict" role="alert">
      <p>{t.conflict}</p>
      <table>
        <thead>
          <tr>
            <td />
            <th scope="col">{t.mine}</th>
            <th scope="col">{t.theirs}</th>
          </tr>
        </thead>
        <tbody>
          {fields.map((field) => (
            <tr key={field}>
              <th scope="row">{names[field]}</th>
              <td>{mine[field] || "–"}</td>
              <td>{theirs[field] || "–"}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <div className="buttons">
        <button type="button" onClick={onMine}>
          {t.keepMine}
        </button>
        <button type="button" onClick={onTheirs}>
          {t.keepTheirs}
        </button>
      </div>
    </div>
  );
}
