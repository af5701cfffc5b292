// The list: groups of tasks, to tick, add and change.

import { Fragment, useCallback, useEffect, useMemo, useRef, useState, type KeyboardEvent } from "react";
import { createPortal } from "react-dom";
import { asProblem, request, type Priority, type Problem, type Task } from "../api";
import { addDays, dayOf, GROUPS, groupOf, partsOfDue, sayDue, type Group } from "../dates";
import { focusRow, isGoing, isPlainKey } from "../keyboard";
import { loadPart, OnDemand } from "../on-demand";
import { ProblemNote } from "../problem";
import { texts } from "../texts";
import { AddTask } from "./add";
import { useChanges, type Make } from "./changes";
import { edit } from "./on-demand";
import { Place, useOpenFields, type Field, type Open } from "./open";
import { Row } from "./row";
import { save, type Patch, type Saved } from "./saving";
import { SORTS, type Sort, type TaskStore } from "./store";
import { TitleField } from "./title";

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

const warmUp = () => void loadPart(edit).catch(() => {});

const FIELDS: Record<string, Field> = { d: "due", t: "tags", o: "all", F2: "title" };

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
  const { fields, open, close } = useOpenFields();
  const [problem, setProblem] = useState<Problem | null>(null);
  /** Tasks that are being completed, as they will be. */
  const ticking = useRef(new Map<number, Promise<Task>>());
  const [announcement, setAnnouncement] = useState("");
  const { send, remember, undoable, undo } = useChanges();
  const [selected, setSelected] = useState<ReadonlySet<number>>(new Set());
  /** Where the focus goes once what was done is drawn. */
  const [returning, setReturning] = useState<{ task: number } | null>(null);
  const [dragged, setDragged] = useState<Task | null>(null);
  const pane = useRef<HTMLElement>(null);

  // A task that was just ticked stays where it is for a moment, so that it can be taken back; one that is
  // changed here stays, whatever becomes of it elsewhere.
  const groups = useMemo(() => {
    const groups = new Map<Group, Task[]>(GROUPS.map((group) => [group, []]));
    const pending = new Map(store.open.map((task) => [task.id, task]));
    const done = new Map(store.done.map((task) => [task.id, task]));
    for (const task of held.values()) {
      pending.set(task.id, task);
      done.delete(task.id);
    }
    for (const { task, field } of fields) {
      if (field !== "all" && (pending.has(task.id) || done.has(task.id))) continue;
      const isDone = task.status === "completed" && !held.has(task.id);
      (isDone ? pending : done).delete(task.id);
      (isDone ? done : pending).set(task.id, task);
    }
    for (const task of [...pending.values()].sort(compare(store.sort, zone))) {
      const group = store.sort === "due" ? groupOf({ ...task, status: "pending" }, now, zone) : "open";
      groups.get(group)!.push(task);
    }
    groups.set("done", [...done.values()]);
    return groups;
  }, [store.open, store.done, store.sort, held, fields, now, zone]);

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
  const saved = async ({ before, after }: Saved) => {
    remember("update", [before], [after]);
    await changed();
  };
  const closeField = (field: Open, returns = true) => {
    close(field);
    if (returns) setReturning({ task: field.task.id });
  };

  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    const row = (event.target as HTMLElement).closest<HTMLElement>(".row");
    const task = row && known.get(Number(row.id.slice("task-".length)));
    if (!task || !isPlainKey(event) || isGoing(event.nativeEvent)) return;
    const [priority, field] = [PRIORITIES[event.key], FIELDS[event.key]];
    if (priority) {
      const make: Make = () => ({ op: "update", priority });
      const work = selected.has(task.id) ? batch(make) : attempt(() => send([task], make));
      void work.then(() => setReturning({ task: task.id }));
    } else if (field) open(task, field);
    else return;
    event.preventDefault();
  };
  const fieldOf = (it: Open, isLatest: boolean) => {
    const { task, field } = it;
    const onClose = () => closeField(it);
    const onTheirs = () => void attempt(async () => onClose());
    if (field === "title") {
      const onReturn = (returns: boolean) => closeField(it, returns);
      return <TitleField task={task} onSaved={saved} onClose={onReturn} onTheirs={onTheirs} onOpen={open} />;
    }
    const small = <Value,>(patch: (value: Value) => Patch) => ({
      isLatest,
      onClose,
      onTheirs,
      onSave: (value: Value, over: Task | null) => save(over ?? task, patch(value)).then(saved),
    });
    return (
      <OnDemand load={edit} onCancel={onClose}>
        {({ TaskEditor, QuickDate, QuickPriority, QuickTags }) => {
          switch (field) {
            case "due":
              return <QuickDate now={now} zone={zone} {...small((due: string | null) => ({ due }))} />;
            case "priority":
              return <QuickPriority priority={task.priority} {...small((priority: Priority) => ({ priority }))} />;
            case "tags":
              return <QuickTags tags={task.tags} {...small((tags: string[]) => ({ tags }))} />;
            case "all":
              return (
                <TaskEditor
                  task={task}
                  zone={zone}
                  isLatest={isLatest}
                  onClose={onClose}
                  onChanged={(op, before, after) => {
                    remember(op, [before], [after]);
                    return changed();
                  }}
                />
              );
          }
        }}
      </OnDemand>
    );
  };

  const moveTo = (task: Task, day: string | null) =>
    attempt(async () => {
      const { time } = task.due ? partsOfDue(task.due, zone) : { time: "" };
      const due = day && time ? `${day}T${time}:00` : day;
      const { before, after } = await save(task, { due });
      remember("update", [before], [after]);
    });

  const fieldsOf = ({ id }: Task) => fields.filter(({ task }) => task.id === id);
  const shown = GROUPS.filter((group) => groups.get(group)!.length > 0);
  const isEmpty = store.isLoaded && shown.length === 0;

  return (
    <section
      className="tasks"
      aria-label={t.tasks}
      ref={pane}
      onKeyDown={onKeyDown}
      // Before somebody opens the first field, so that no letter is typed too soon for it.
      onFocus={warmUp}
      onPointerEnter={warmUp}
    >
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
        <OnDemand load={edit} onCancel={() => setSelected(new Set())}>
          {({ Bulk }) => (
            <Bulk
              tasks={chosen}
              zone={zone}
              onChange={batch}
              onTag={(make) => sendChosen(make).finally(changed)}
              onClear={() => setSelected(new Set())}
            />
          )}
        </OnDemand>
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
          const isOpen = group !== "done" || isDoneOpen || store.filter !== "" || tasks.some((task) => fieldsOf(task).length > 0);
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
                  {tasks.map((task) => {
                    const its = fieldsOf(task);
                    const whole = its.find(({ field }) => field === "all");
                    const titleField = its.find(({ field }) => field === "title");
                    return (
                      <Fragment key={task.id}>
                        {!whole && (
                          <Row
                            task={task}
                            heldSince={held.get(task.id)?.since}
                            isGlowing={glow.has(task.id)}
                            isSelected={selected.has(task.id)}
                            now={now}
                            zone={zone}
                            titleField={titleField}
                            onTick={tick}
                            onOpen={open}
                            onSelect={select}
                            onDrag={setDragged}
                          />
                        )}
                        {its.map(
                          (it) =>
                            (it !== titleField || whole) && (
                              <li key={it.key}>
                                <Place of={it} />
                              </li>
                            ),
                        )}
                      </Fragment>
                    );
                  })}
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
      {fields.map((it, index) => createPortal(fieldOf(it, index === fields.length - 1), it.element, it.key))}
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
