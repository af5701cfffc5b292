// The title of a task, changed where it stands.

import { useEffect, useId, useLayoutEffect, useRef, useState, type FocusEvent, type KeyboardEvent } from "react";
import type { Task } from "../api";
import { OnDemand } from "../on-demand";
import { texts } from "../texts";
import { edit } from "./on-demand";
import type { Field } from "./open";
import { Overtaken, save, useSaving, type Saved } from "./saving";
import { Wrong } from "./wrong";

/** The other things of a task that are changed where they stand, and all of it. */
const OTHERS = ["due", "priority", "tags", "all"] as const;

export function TitleField({ task, onSaved, onClose, onTheirs, onOpen }: {
  task: Task;
  onSaved: (saved: Saved) => Promise<void>;
  /** Whether the focus goes back to the task. */
  onClose: (returns: boolean) => void;
  /** Takes what somebody else made of it. */
  onTheirs: () => void;
  onOpen: (task: Task, field: Field) => void;
}) {
  const t = texts();
  const id = useId();
  const [text, setText] = useState(task.title);
  const form = useRef<HTMLFormElement>(null);
  const area = useRef<HTMLTextAreaElement>(null);
  const isLeft = useRef(false);
  const latest = useRef(task);
  const title = text.replace(/\s+/g, " ").trim();

  const work = async (over: Task | null) => {
    if (!over && title === task.title) return null;
    const saved = await save(over ?? task, { title });
    latest.current = saved.after;
    await onSaved(saved);
    return null;
  };
  const { wrong, clear, submit } = useSaving(work, () => onClose(!isLeft.current));
  const theirs = wrong instanceof Overtaken ? wrong.theirs : null;

  useEffect(() => {
    area.current!.focus();
    area.current!.setSelectionRange(text.length, text.length);
  }, []);
  useLayoutEffect(() => {
    area.current!.style.height = "auto";
    area.current!.style.height = `${area.current!.scrollHeight}px`;
  }, [text]);

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      onClose(true);
    } else if (event.key === "Enter" && event.target === area.current) {
      event.preventDefault();
      if (!theirs) void submit();
    }
  };
  /** Whoever goes elsewhere has done; a window that is left, or a row that moves, keeps the field open. */
  const onBlur = (event: FocusEvent) => {
    if (event.currentTarget.contains(event.relatedTarget)) return;
    requestAnimationFrame(() => {
      if (!form.current || form.current.contains(document.activeElement) || wrong) return;
      isLeft.current = true;
      if (title) void submit().finally(() => (isLeft.current = false));
      else onClose(false);
    });
  };
  const names = { due: t.date, priority: t.priority, tags: t.tags, all: t.details };

  return (
    <form
      ref={form}
      className="title-field"
      aria-label={t.editTask(task.title)}
      onSubmit={(event) => event.preventDefault()}
      onKeyDown={onKeyDown}
      onBlur={onBlur}
    >
      <textarea
        ref={area}
        rows={1}
        dir="auto"
        aria-label={t.title}
        aria-invalid={wrong ? true : undefined}
        aria-describedby={`${id}-said`}
        value={text}
        onChange={(event) => {
          clear();
          setText(event.target.value);
        }}
      />
      <div id={`${id}-said`}>
        {wrong && !theirs && <Wrong what={wrong} />}
        {theirs && (
          <OnDemand load={edit}>
            {({ Conflict }) => (
              <Conflict
                rows={[{ name: t.title, mine: title, theirs: theirs.title }]}
                onMine={() => void submit(theirs)}
                onTheirs={onTheirs}
              />
            )}
          </OnDemand>
        )}
      </div>
      <div className="tools">
        {OTHERS.map((field) => (
          <button
            key={field}
            type="button"
            className="link"
            // The focus stays where it is until something is opened.
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => void submit().then((isSaved) => isSaved && onOpen(latest.current, field))}
          >
            {names[field]}
          </button>
        ))}
      </div>
    </form>
  );
}
