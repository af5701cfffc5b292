// The fields of tasks that are open to be changed.

import { useCallback, useLayoutEffect, useRef, useState } from "react";
import type { Task } from "../api";

/** One thing of a task that is changed where it stands, or all of it. */
export type Field = "all" | "title" | "due" | "priority" | "tags";

/** An open field. It is drawn into an element of its own, which goes where its task goes. */
export type Open = {
  key: string;
  field: Field;
  /** The task as it was then. */
  task: Task;
  element: HTMLElement;
  focused: HTMLElement | null;
};

/** The open fields; what was opened last is last. */
export function useOpenFields() {
  const [fields, setFields] = useState<readonly Open[]>([]);
  const open = useCallback((task: Task, field: Field) => {
    const key = `${field}-${task.id}`;
    setFields((known) => {
      const found = known.find((it) => it.key === key);
      const it = found ?? { key, field, task, element: document.createElement("div"), focused: null };
      return [...known.filter((other) => other !== found), it];
    });
  }, []);
  const close = useCallback(({ key }: Open) => setFields((known) => known.filter((it) => it.key !== key)), []);
  return { fields, open, close };
}

/** Where an open field is drawn. Rows and groups come and go around it; it stays as it is, with the focus that it had. */
export function Place({ of: it }: { of: Open }) {
  const place = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    place.current!.append(it.element);
    it.focused?.focus();
    return () => {
      const focused = document.activeElement as HTMLElement;
      it.focused = it.element.contains(focused) ? focused : null;
    };
  }, [it]);
  return <div className="place" ref={place} />;
}
