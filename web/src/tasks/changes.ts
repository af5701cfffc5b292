// Changes of tasks: sent one after another, and the way back from the last one.

import { useCallback, useRef, useState } from "react";
import { request, type Task } from "../api";

/** So many changes go in one request. */
const BATCH = 100;

type Op = "update" | "complete" | "delete";
type Operation = { op: Op | "reopen" | "create" } & Record<string, unknown>;
/** What is to become of a task. */
export type Make = (task: Task) => { op: Op } & Record<string, unknown>;

async function post(operations: Operation[]): Promise<Task[]> {
  type Results = { results: { task: Task }[] };
  const { body } = await request<Results>("POST", "/api/me/tasks:batch", { body: { operations } });
  return body.results.map(({ task }) => task);
}

function wayBack(op: Op, before: Task, { id, version }: Task): Operation {
  const { title, description, priority, due, tags } = before;
  const fields = { title, description, priority, due, tags };
  // What was deleted comes back under another number.
  return op === "delete" ? { op: "create", ...fields } : op === "complete" ? { op: "reopen", id, version } : { op, id, version, ...fields };
}

export function useChanges() {
  const last = useRef<Promise<void>>(Promise.resolve());
  const versions = useRef(new Map<number, number>());
  /** How the last change is taken back, and when it was made. */
  const [undoable, setUndoable] = useState<{ since: number; operations: Operation[] } | null>(null);

  const remember = useCallback((op: Op, before: Task[], after: Task[]) => {
    const since = op === "delete" ? Date.now() : Date.parse(after.at(-1)!.updated_at);
    setUndoable({ since, operations: before.map((task, index) => wayBack(op, task, after[index]!)) });
  }, []);

  /** Changes tasks, from the versions that the changes before have left. */
  const send = (tasks: Task[], make: Make) => {
    const work = last.current.then(async () => {
      const done: Task[] = [];
      const operations = () =>
        tasks.slice(done.length, done.length + BATCH).map((task) => {
          const version = Math.max(task.version, versions.current.get(task.id) ?? 0);
          return { id: task.id, version, ...make(task) };
        });
      while (done.length < tasks.length) {
        const after = await post(operations());
        for (const { id, version } of after) versions.current.set(id, version);
        done.push(...after);
        remember(make(tasks[0]!).op, tasks.slice(0, done.length), done);
      }
    });
    last.current = work.catch(() => {});
    return work;
  };

  const undo = async () => {
    setUndoable(null);
    const { operations } = undoable!;
    for (let start = 0; start < operations.length; start += BATCH) await post(operations.slice(start, start + BATCH));
  };
  return { send, remember, undoable, undo };
}
