// All of a task, to be changed.

import { useEffect, useId, useRef, useState } from "react";
import { asProblem, request, type FieldFault, type Priority, type Problem, type Task } from "../api";
import { partsOfDue } from "../dates";
import { ProblemNote, sayFault } from "../problem";
import { texts } from "../texts";
import { Conflict } from "./conflict";
import { PRIORITIES, tagsIn } from "./quick";
import { meansNoDate, READ_AFTER, readDue } from "./reading";

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
  if (to.tags.trim() !== from.tags) patch.tags = tagsIn(to.tags);
  if (to.day !== from.day || to.time !== from.time) {
    patch.due = !to.day ? null : to.time ? `${to.day}T${to.time}:00` : to.day;
  }
  return patch;
}

function Fault({ of: fault }: { of: FieldFault | undefined }) {
  return fault && <p className="field-error">{sayFault(fault)}</p>;
}

/** What differs, named for who is asked which of it counts. */
function differences(mine: Draft, theirs: Draft) {
  const t = texts();
  const names: Record<keyof Draft, string> = {
    title: t.title,
    description: t.description,
    day: t.date,
    time: t.time,
    priority: t.priority,
    tags: t.tags,
  };
  const say = (draft: Draft, field: keyof Draft) => (field === "priority" ? t.priorities[draft.priority] : draft[field]);
  const fields = (Object.keys(names) as (keyof Draft)[]).filter((field) => mine[field] !== theirs[field]);
  return fields.map((field) => ({ name: names[field], mine: say(mine, field), theirs: say(theirs, field) }));
}

export function TaskEditor({ task, zone, isLatest, onClose, onChanged }: {
  task: Task;
  zone: string;
  /** No other was opened since. */
  isLatest: boolean;
  onClose: () => void;
  onChanged: (op: "update" | "delete", before: Task, after: Task) => Promise<void>;
}) {
  const t = texts();
  const id = useId();
  const [base, setBase] = useState(task);
  const [draft, setDraft] = useState(() => draftOf(task, zone));
  const [words, setWords] = useState("");
  const [isNoDate, setNoDate] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [theirs, setTheirs] = useState<Task | null>(null);
  const title = useRef<HTMLInputElement>(null);
  const isSaving = useRef(false);
  useEffect(() => {
    title.current?.focus();
    title.current?.form?.scrollIntoView({ block: "nearest" });
  }, []);
  const set = (change: Partial<Draft>) => setDraft((it) => ({ ...it, ...change }));
  const say = (words: string) => {
    setWords(words);
    setNoDate(false);
  };
  /** What is set by hand counts, and not the words before it. */
  const setByHand = (change: Partial<Draft>) => {
    say("");
    set(change);
  };
  const isTouched = words !== "" || Object.keys(patchOf(draftOf(base, zone), draft)).length > 0;
  useEffect(() => {
    if (!isLatest && !isTouched) onClose();
  }, [isLatest]);

  const partsMeant = async (words: string) => {
    if (meansNoDate(words)) return { day: "", time: "" };
    const due = await readDue(words);
    return due === null ? null : partsOfDue(due, zone);
  };
  /** The draft with the date that the words mean; `null` if they mean none. */
  const withWords = async (draft: Draft): Promise<Draft | null> => {
    if (!words.trim()) return draft;
    const meant = await partsMeant(words.trim());
    return meant && { ...draft, ...meant };
  };
  // What the words mean is shown as date and time, to be saved with the rest.
  useEffect(() => {
    if (!words.trim()) return;
    let isCurrent = true;
    const timer = setTimeout(() => {
      partsMeant(words.trim()).then(
        (meant) => isCurrent && meant && set(meant),
        () => {},
      );
    }, READ_AFTER);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [words, zone]);

  /** What went wrong; where somebody else was quicker, what they have made of it, too. */
  const told = async (error: unknown) => {
    const problem = asProblem(error);
    setProblem(problem);
    if (problem.code !== "version_mismatch") return;
    await request<Task>("GET", `/api/me/tasks/${task.id}`).then(
      ({ body }) => setTheirs(body),
      (error) => setProblem(asProblem(error)),
    );
  };
  const save = async (version: number) => {
    if (isSaving.current) return;
    isSaving.current = true;
    setProblem(null);
    try {
      const complete = await withWords(draft);
      if (!complete) return setNoDate(true);
      say("");
      setDraft(complete);
      const body = patchOf(draftOf(base, zone), complete);
      if (Object.keys(body).length === 0) return onClose();
      const headers = { "If-Match": `"${version}"` };
      const { body: after } = await request<Task>("PATCH", `/api/me/tasks/${task.id}`, { body, headers });
      await onChanged("update", theirs ?? base, after);
      onClose();
    } catch (error) {
      await told(error);
    } finally {
      isSaving.current = false;
    }
  };
  const remove = async () => {
    if (isSaving.current) return;
    isSaving.current = true;
    setProblem(null);
    try {
      await request("DELETE", `/api/me/tasks/${task.id}`, { headers: { "If-Match": `"${base.version}"` } });
      onClose();
      await onChanged("delete", base, base);
    } catch (error) {
      await told(error);
    } finally {
      isSaving.current = false;
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
        onClose();
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
      <Fault of={problem?.field("title")} />
      <label htmlFor={`${id}-words`}>{t.dateInWords}</label>
      <input
        id={`${id}-words`}
        autoComplete="off"
        value={words}
        placeholder={t.dateInWordsHint}
        aria-invalid={isNoDate || undefined}
        onChange={(event) => say(event.target.value)}
      />
      {isNoDate && (
        <p className="field-error" role="alert">
          {t.notADate}
        </p>
      )}
      <div className="pair">
        <div>
          <label htmlFor={`${id}-day`}>{t.date}</label>
          <input id={`${id}-day`} type="date" value={draft.day} onChange={(event) => setByHand({ day: event.target.value })} />
        </div>
        <div>
          <label htmlFor={`${id}-time`}>{t.time}</label>
          <input
            id={`${id}-time`}
            type="time"
            value={draft.time}
            disabled={!draft.day}
            onChange={(event) => setByHand({ time: event.target.value })}
          />
        </div>
        <div>
          <label htmlFor={`${id}-priority`}>{t.priority}</label>
          <select
            id={`${id}-priority`}
            value={draft.priority}
            onChange={(event) => set({ priority: event.target.value as Priority })}
          >
            {PRIORITIES.map((priority) => (
              <option key={priority} value={priority}>
                {t.priorities[priority]}
              </option>
            ))}
          </select>
        </div>
      </div>
      <Fault of={problem?.field("due")} />
      <label htmlFor={`${id}-tags`}>
        {t.tags} <span className="hint">{t.tagsHint}</span>
      </label>
      <input id={`${id}-tags`} dir="auto" value={draft.tags} onChange={(event) => set({ tags: event.target.value })} />
      <Fault of={problem?.fields.find((it) => it.field.startsWith("tags"))} />
      <label htmlFor={`${id}-description`}>{t.description}</label>
      <textarea
        id={`${id}-description`}
        rows={2}
        dir="auto"
        value={draft.description}
        onChange={(event) => set({ description: event.target.value })}
      />
      <Fault of={problem?.field("description")} />
      {theirs ? (
        <Conflict
          rows={differences(draft, draftOf(theirs, zone))}
          onMine={() => save(theirs.version)}
          onTheirs={() => take(theirs)}
        />
      ) : (
        problem && problem.fields.length === 0 && <ProblemNote problem={problem} />
      )}
      <div className="buttons">
        <button type="submit" className="primary" disabled={theirs !== null || !draft.title.trim()}>
          {t.save}
        </button>
        <button type="button" onClick={onClose}>
          {t.cancel}
        </button>
        <button type="button" className="danger end" onClick={remove}>
          {t.remove}
        </button>
      </div>
    </form>
  );
}
