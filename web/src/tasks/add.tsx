// The box that adds tasks in the words of the chat.

import { useEffect, useRef, useState, type FormEvent } from "react";
import { asProblem, request, type Problem } from "../api";
import { sayDue, sayWholeDue } from "../dates";
import { sayFault, sayProblem } from "../problem";
import { texts } from "../texts";
import { read, READ_AFTER, type NewTask, type Reading } from "./reading";

const MAX_TITLE = 200;

/** Adds tasks in the words of the chat, and shows what it understood before they are added. */
export function AddTask({ zone, onAdded }: { zone: string; onAdded: () => Promise<void> }) {
  const t = texts();
  const [text, setText] = useState("");
  const [reading, setReading] = useState<Reading | null>(null);
  const [isPlain, setPlain] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const trimmed = text.trim();
  /** What is in the box now, and what is on its way out of it. */
  const typed = useRef("");
  typed.current = trimmed;
  const sent = useRef(new Set<string>());

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
    if (!trimmed || sent.current.has(trimmed)) return;
    sent.current.add(trimmed);
    setProblem(null);
    try {
      const plain = [{ title: trimmed }];
      const tasks = isPlain || trimmed.length > MAX_TITLE ? plain : shown.length > 0 ? shown : (await read(trimmed)).tasks;
      const operations = tasks.map((task) => ({ op: "create", ...task }));
      await request("POST", "/api/me/tasks:batch", { body: { operations } });
      sent.current.delete(trimmed);
      // What was typed meanwhile stays.
      if (typed.current === trimmed) {
        setText("");
        setReading(null);
        setPlain(false);
      }
      await onAdded();
    } catch (error) {
      setProblem(asProblem(error));
    } finally {
      sent.current.delete(trimmed);
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
      {problem && <p className="field-error">{problem.fields[0] ? sayFault(problem.fields[0]) : sayProblem(problem)}</p>}
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
