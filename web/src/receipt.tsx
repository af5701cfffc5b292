// What a turn did, from the record of it and not from the model's words.

import { useState } from "react";
import { currentUser, type Effect, type Task, type Turn } from "./api";
import { sayDue } from "./dates";
import { texts } from "./texts";

/** What became of one task over a whole turn. */
export type Change = { task: number; before: Task | null; after: Task | null };

export function changesOf(turn: Turn | undefined): Change[] {
  const changes = new Map<number, Change>();
  const effects: Effect[] = turn?.steps.flatMap((step) => step.tool_calls.flatMap((call) => call.effects)) ?? [];
  for (const { task_id: task, before, after } of effects) {
    changes.set(task, { task, before: changes.has(task) ? changes.get(task)!.before : before, after });
  }
  return [...changes.values()].filter(({ before, after }) => before ?? after);
}

function say({ before, after }: Change): { mark: string; word: string; title: string; detail?: string } {
  const t = texts().receipt;
  if (!before) return { mark: "✓", word: t.added, title: after!.title };
  if (!after) return { mark: "✕", word: t.deleted, title: before.title };
  if (before.status !== after.status) {
    return after.status === "completed"
      ? { mark: "✓", word: t.completed, title: after.title }
      : { mark: "↺", word: t.reopened, title: after.title };
  }
  if (before.title !== after.title) {
    return { mark: "✎", word: t.renamed, title: after.title, detail: `${before.title} → ${after.title}` };
  }
  if (before.due !== after.due) {
    const zone = currentUser()?.timezone ?? "UTC";
    const due = (task: Task) => (task.due ? sayDue(task.due, new Date(), zone, false) : texts().noDate);
    return { mark: "↺", word: t.moved, title: after.title, detail: `${due(before)} → ${due(after)}` };
  }
  return { mark: "✎", word: t.changed, title: after.title };
}

const SHOWN = 5;

export function Receipt({ turn, onUndo, onShowTask }: {
  turn: Turn;
  onUndo: (turn: string) => void;
  onShowTask: (task: number) => void;
}) {
  const [isOpen, setOpen] = useState(false);
  const changes = changesOf(turn);
  if (changes.length === 0) return null;
  const shown = isOpen ? changes : changes.slice(0, SHOWN);
  const { undone_by: undoneBy } = turn;
  return (
    <div className={undoneBy ? "receipt undone" : "receipt"}>
      <ul>
        {shown.map((change) => {
          const { mark, word, title, detail } = say(change);
          return (
            <li key={change.task}>
              <span className="mark" aria-hidden="true">
                {mark}
              </span>
              <span>{word}</span>{" "}
              <button type="button" className="link" disabled={!change.after} onClick={() => onShowTask(change.task)}>
                <span className="number">{change.task}</span> <bdi>{title}</bdi>
              </button>
              {detail && (
                <>
                  {" "}
                  <bdi className="muted">{detail}</bdi>
                </>
              )}
            </li>
          );
        })}
      </ul>
      <div className="receipt-foot">
        {changes.length > shown.length && (
          <button type="button" className="link" onClick={() => setOpen(true)}>
            {texts().moreChanges(changes.length - shown.length)}
          </button>
        )}
        {undoneBy ? (
          <>
            <span className="muted">{texts().undone}</span>
            <button type="button" className="link" onClick={() => onUndo(undoneBy)}>
              {texts().redo}
            </button>
          </>
        ) : (
          <button type="button" className="link" data-undo={Date.parse(turn.started_at)} onClick={() => onUndo(turn.id)}>
            {texts().undo}
          </button>
        )}
        <details className="by">
          <summary>{texts().details}</summary>
          <p>{turn.engine === "offline" ? texts().offlineName : texts().answeredBy(turn.model)}</p>
          <code>{turn.id}</code>
        </details>
      </div>
    </div>
  );
}
