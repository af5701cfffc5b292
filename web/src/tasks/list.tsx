// The list: groups of tasks, to tick, add and change.

import { Fragment, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState, type KeyboardEvent } from "react";
import { createPortal } from "react-dom";
import { asProblem, request, type Priority, type Problem, type Task } from "../api";
import { addDays, dayOf, GROUPS, groupOf, partsOfDue, sayDue, type Group } from "../dates";
import { focusRow, isGoing, isPlainKey } from "../keyboard";
import { ProblemNote } from "../problem";
import { texts } from "../texts";
import { AddTask } from "./add";
import { useChanges, type Make } from "./changes";
import { TaskEditor } from "./editor";
import { QuickDate, QuickTags } from "./quick";
import { Row } from "./row";
import { SORTS, type Sort, type TaskStore } from "./store";

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

const RANKS: Record<Priority, number> = { high: 0, medium: 1, low: 2 };

/** Compares two tasks as the service sorts them. */
function compare(sort: Sort, zone: string): (one: Task, other: Task) => number {
  const newest = (one: string, other: string) => (one < other ? 1 : one > other ? -1 : 0);
  switch (sort) {
    case "due":
      return (one, other) => dueKey(one, zone).localeCompare(dueKey(other, zone)) || one.id - other.id;
    case "-priority":
      return (one, other) => RANKS[one.priority] - RANKS[other.priority] || other.id - one.id;
    case "-created_at":
      return (one, other) => newest(one.created_at, other.created_at) || other.id - one.id;
    case "-updated_at":
      return (one, other) => newest(one.updated_at, other.updated_at) || other.id - one.id;
  }
}

const UNDO_TIME = 4_000;
const PRIORITIES: Record<string, Priority> = { 1: "high", 2: "medium", 3: "low" };

/** A task that was ticked, and when. */
type Held = Task & { since: number };

/** A small field that is open: below a task, or for all that are selected. */
type Quick = { task: number | null; field: "due" | "tags" };

/** A task that is edited, as it was when that began, and where it is drawn. */
type Editing = { task: Task; element: HTMLElement; focused: HTMLElement | null };

export type TaskListProps = {
  store: TaskStore;
  zone: string;
  /** Tasks that were just changed, to be shown. */
  glowing: { tasks: number[]; at: number };
};

export function TaskList({ store, zone, glowing }: TaskListProps) {
  const t = texts();
  const now = useNow();
  const [held, setHeld] = useState<ReadonlyMap<number, Held>>(new Map());
  const [isDoneOpen, setDoneOpen] = useState(false);
  /** What was opened last is last. */
  const [editing, setEditing] = useState<ReadonlyMap<number, Editing>>(new Map());
  const [problem, setProblem] = useState<Problem | null>(null);
  /** Tasks that are being completed, as they will be. */
  const ticking = useRef(new Map<number, Promise<Task>>());
  const [announcement, setAnnouncement] = useState("");
  const { send, remember, undoable, undo } = useChanges();
  const [selected, setSelected] = useState<ReadonlySet<number>>(new Set());
  const [quick, setQuick] = useState<Quick | null>(null);
  /** Where the focus goes once what was done is drawn. */
  const [returning, setReturning] = useState<{ task: number } | null>(null);
  const [dragged, setDragged] = useState<Task | null>(null);
  const pane = useRef<HTMLElement>(null);

  // A task that was just ticked stays where it is for a moment, so that it can be taken back; one that is
  // edited stays, whatever becomes of it elsewhere.
  const groups = useMemo(() => {
    const groups = new Map<Group, Task[]>(GROUPS.map((group) => [group, []]));
    const open = new Map(store.open.map((task) => [task.id, task]));
    const done = new Map(store.done.map((task) => [task.id, task]));
    for (const task of held.values()) {
      open.set(task.id, task);
      done.delete(task.id);
    }
    for (const { task } of editing.values()) {
      const isDone = task.status === "completed" && !held.has(task.id);
      (isDone ? open : done).delete(task.id);
      (isDone ? done : open).set(task.id, task);
    }
    for (const task of [...open.values()].sort(compare(store.sort, zone))) {
      const group = store.sort === "due" ? groupOf({ ...task, status: "pending" }, now, zone) : "open";
      groups.get(group)!.push(task);
    }
    groups.set("done", [...done.values()]);
    return groups;
  }, [store.open, store.done, store.sort, held, editing, now, zone]);

  useEffect(() => {
    // Who went elsewhere meanwhile stays there.
    if (returning && document.activeElement === document.body) focusRow(returning.task);
  }, [returning]);

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
        const path = `/api/me/tasks/${task.id}`;
        if (task.status === "completed") {
          // It may be on its way to being done.
          const { version } = (await ticking.current.get(task.id)) ?? task;
          release(task.id);
          await request("POST", `${path}/reopen`, { headers: { "If-Match": `"${version}"` } });
          return;
        }
        const since = Date.now();
        setHeld((known) => new Map(known).set(task.id, { ...task, status: "completed", since }));
        const completed = request<Task>("POST", `${path}/complete`, { headers: { "If-Match": `"${task.version}"` } });
        ticking.current.set(task.id, completed.then(({ body }) => body, () => task));
        try {
          const { version, updated_at: at } = (await completed).body;
          // A repeating task is open again, at another date.
          const ticked: Held = { ...task, version, status: "completed", since: Date.parse(at) };
          setHeld((known) => (known.has(task.id) ? new Map(known).set(task.id, ticked) : known));
        } catch (error) {
          release(task.id);
          throw error;
        } finally {
          ticking.current.delete(task.id);
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
  const sendChosen = async (make: Make) => {
    await send(chosen, make);
    setSelected(new Set());
  };
  const batch = (make: Make) => attempt(() => sendChosen(make));
  const patch = async (task: Task, body: Record<string, unknown>) => {
    const headers = { "If-Match": `"${task.version}"` };
    const { body: after } = await request<Task>("PATCH", `/api/me/tasks/${task.id}`, { body, headers });
    remember("update", [task], [after]);
  };
  /** A change of one task; what is wrong with it is told by who asked for it. */
  const change = (task: Task, body: Record<string, unknown>) => patch(task, body).then(changed);
  /** Another field may be open by then. */
  const closeQuick = () => {
    setQuick((known) => (known === quick ? null : known));
    if (quick?.task) setReturning({ task: quick.task });
  };
  const edit = useCallback((task: Task) => {
    const it = { task, element: document.createElement("div"), focused: null };
    setEditing((known) => new Map(known).set(task.id, it));
  }, []);
  const closeEditor = (task: number) => {
    setEditing((known) => new Map([...known].filter(([id]) => id !== task)));
    setReturning({ task });
  };

  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    const row = (event.target as HTMLElement).closest<HTMLElement>(".row");
    const task = row && known.get(Number(row.id.slice("task-".length)));
    if (!task || !isPlainKey(event) || isGoing(event.nativeEvent)) return;
    const priority = PRIORITIES[event.key];
    if (priority) {
      const make: Make = () => ({ op: "update", priority });
      const work = selected.has(task.id) ? batch(make) : attempt(() => send([task], make));
      void work.then(() => setReturning({ task: task.id }));
    } else if (event.key === "d") setQuick({ task: task.id, field: "due" });
    else if (event.key === "t") setQuick({ task: task.id, field: "tags" });
    else return;
    event.preventDefault();
  };
  const quickOf = (task: Task) =>
    quick?.task === task.id && (
      <li>
        {quick.field === "due" ? (
          <QuickDate now={now} zone={zone} onSave={(due) => change(task, { due })} onClose={closeQuick} />
        ) : (
          <QuickTags tags={task.tags} onSave={(tags) => change(task, { tags })} onClose={closeQuick} />
        )}
      </li>
    );
  const editDue = useCallback((task: number) => setQuick({ task, field: "due" }), []);

  const moveTo = (task: Task, day: string | null) =>
    attempt(async () => {
      const { time } = task.due ? partsOfDue(task.due, zone) : { time: "" };
      const due = day && time ? `${day}T${time}:00` : day;
      await patch(task, { due });
    });

  const shown = GROUPS.filter((group) => groups.get(group)!.length > 0);
  const isEmpty = store.isLoaded && shown.length === 0;

  return (
    <section className="tasks" aria-label={t.tasks} ref={pane} onKeyDown={onKeyDown}>
      <header>
        <AddTask zone={zone} onAdded={store.changed} />
        <div className="choose">
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
          <select aria-label={t.sort} value={store.sort} onChange={(event) => store.setSort(event.target.value as Sort)}>
            {SORTS.map((sort) => (
              <option key={sort} value={sort}>
                {t.sorts[sort]}
              </option>
            ))}
          </select>
        </div>
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
          <button type="button" onClick={() => setQuick({ task: null, field: "tags" })}>
            {t.tag}
          </button>
          <button type="button" className="danger" onClick={() => batch(() => ({ op: "delete" }))}>
            {t.remove}
          </button>
          <button type="button" className="link" onClick={() => setSelected(new Set())}>
            {t.clearSelection}
          </button>
          {quick?.task === null && (
            <QuickTags
              tags={[]}
              onSave={(tags) =>
                sendChosen((task) => ({ op: "update", tags: [...new Set([...task.tags, ...tags])] })).finally(changed)
              }
              onClose={closeQuick}
            />
          )}
        </div>
      )}
      {(problem ?? store.problem) && <ProblemNote problem={(problem ?? store.problem)!} />}
      {undoable && (
        <button type="button" hidden data-undo={undoable.since} onClick={() => attempt(undo)}>
          {t.undo}
        </button>
      )}
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
          const isOpen = group !== "done" || isDoneOpen || store.filter !== "" || tasks.some((task) => editing.has(task.id));
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
                    editing.has(task.id) ? (
                      <EditorPlace key={task.id} of={editing.get(task.id)!} />
                    ) : (
                      <Fragment key={task.id}>
                        <Row
                          task={task}
                          heldSince={held.get(task.id)?.since}
                          isGlowing={glow.has(task.id)}
                          isSelected={selected.has(task.id)}
                          now={now}
                          zone={zone}
                          onTick={tick}
                          onEdit={edit}
                          onSelect={select}
                          onDrag={setDragged}
                          onEditDue={editDue}
                        />
                        {quickOf(task)}
                      </Fragment>
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
      {[...editing.values()].map(({ task, element }, index) =>
        createPortal(
          <TaskEditor
            task={task}
            zone={zone}
            isLatest={index === editing.size - 1}
            onClose={() => closeEditor(task.id)}
            onChanged={(op, before, after) => {
              remember(op, [before], [after]);
              return changed();
            }}
          />,
          element,
          String(task.id),
        ),
      )}
      {dragged && <Days now={now} zone={zone} onDrop={(day) => void moveTo(dragged, day)} />}
    </section>
  );
}

/** Where an editor is drawn. Groups come and go around it; it stays as it is, with the focus that it had. */
function EditorPlace({ of: it }: { of: Editing }) {
  const place = useRef<HTMLLIElement>(null);
  useLayoutEffect(() => {
    place.current!.append(it.element);
    it.focused?.focus();
    return () => {
      const focused = document.activeElement as HTMLElement;
      it.focused = it.element.contains(focused) ? focused : null;
    };
  }, [it]);
  return <li ref={place} />;
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
