// What the offline assistant understands of words, before anything is stored.

import { request, type Task } from "../api";
import { texts } from "../texts";

export type NewTask = Pick<Task, "title" | "description" | "priority" | "due" | "tags">;
export type Reading = { text: string; tasks: NewTask[] };

/** How long somebody pauses before what they typed is read, in milliseconds. */
export const READ_AFTER = 300;

export async function read(text: string): Promise<Reading> {
  const { body } = await request<{ tasks: NewTask[] }>("POST", "/api/me/tasks:read", { body: { text } });
  return { text, tasks: body.tasks };
}

/** Whether these are the words for having no date. */
export const meansNoDate = (words: string): boolean => words.toLowerCase() === texts().noDate.toLowerCase();

const SOMETHING = "something";

/** The due date that words such as `fri 3pm` mean; `null` if they mean anything else, or more. */
export async function readDue(words: string): Promise<string | null> {
  const { tasks } = await read(`${SOMETHING} ${words}`);
  const [task] = tasks;
  return tasks.length === 1 && task!.title === SOMETHING ? task!.due : null;
}
