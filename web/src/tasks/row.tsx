// A task of the list.

import { memo } from "react";
import type { Task } from "../api";
import { groupOf, sayDue, sayWholeDue } from "../dates";
import { texts } from "../texts";
import { Place, type Field, type Open } from "./open";

type RowProps = {
  task: Task;
  /** When it was ticked, while that can be taken back here. */
  heldSince: number | undefined;
  isGlowing: boolean;
  isSelected: boolean;
  now: Date;
  zone: string;
  /** Where the title is changed, while it is. */
  titleField: Open | undefined;
  onTick: (task: Task) => void;
  onOpen: (task: Task, field: Field) => void;
  onSelect: (id: number) => void;
  onDrag: (task: Task | null) => void;
};

export const Row = memo(function Row(props: RowProps) {
  const { task, heldSince, isGlowing, isSelected, now, zone, titleField, onTick, onOpen, onSelect, onDrag } = props;
  const t = texts();
  const isDone = task.status === "completed";
  const group = groupOf(task, now, zone);
  const classes = ["row", isDone && "done", isGlowing && "glow", isSelected && "selected"].filter(Boolean).join(" ");
  return (
    <li
      className={classes}
      id={`task-${task.id}`}
      draggable={!isDone && !titleField}
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
      {titleField ? (
        <Place of={titleField} />
      ) : (
        <button type="button" className="plain title" aria-label={t.editTask(task.title)} data-edit="" onClick={() => onOpen(task, "title")}>
          <bdi>{task.title}</bdi>
        </button>
      )}
      <span className="facts">
        {/* What is small is for a pointer: the keys are `d`, `t` and the numbers. */}
        {task.tags.length > 0 && (
          <button type="button" className="plain tags" tabIndex={-1} onClick={() => onOpen(task, "tags")}>
            {task.tags.map((tag) => (
              <bdi key={tag} className="tag">
                #{tag}
              </bdi>
            ))}
          </button>
        )}
        {heldSince ? (
          <button type="button" className="link" data-undo={heldSince} onClick={() => onTick({ ...task, status: "completed" })}>
            {t.undo}
          </button>
        ) : (
          task.due && (
            <button type="button" className="plain" tabIndex={-1} disabled={isDone} onClick={() => onOpen(task, "due")}>
              <time dateTime={task.due} title={sayWholeDue(task.due, zone)} className={group === "overdue" ? "late" : undefined}>
                {sayDue(task.due, now, zone, !isDone)}
              </time>
            </button>
          )
        )}
        {task.priority !== "medium" && (
          <button type="button" className="plain" tabIndex={-1} onClick={() => onOpen(task, "priority")}>
            <span
              className={`priority ${task.priority}`}
              role="img"
              aria-label={task.priority === "high" ? t.highPriority : t.lowPriority}
            >
              {task.priority === "high" ? "▲" : "▽"}
            </span>
          </button>
        )}
      </span>
    </li>
  );
});
