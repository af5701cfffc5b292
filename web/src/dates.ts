// Days and times as people say them, in the zone of the account.

import { language, texts } from "./texts";
import type { Task } from "./api";

export type Group = "open" | "overdue" | "today" | "week" | "later" | "none" | "done";
export const GROUPS: Group[] = ["open", "overdue", "today", "week", "later", "none", "done"];

const isDay = (due: string) => due.length === 10;

/** The day of an instant in a zone, as `2026-11-27`. */
export function dayOf(instant: Date, zone: string): string {
  const parts = new Intl.DateTimeFormat("en-CA", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" });
  return parts.format(instant);
}

/** The time of day of an instant in a zone, as `15:00`. */
export function timeOf(instant: Date, zone: string): string {
  return new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit" }).format(instant);
}

/** The day of a due date, and its time if it has one. */
export function partsOfDue(due: string, zone: string): { day: string; time: string } {
  if (isDay(due)) return { day: due, time: "" };
  const instant = new Date(due);
  return { day: dayOf(instant, zone), time: timeOf(instant, zone) };
}

const utc = (day: string) => new Date(`${day}T00:00:00Z`);
const daysBetween = (from: string, to: string) => Math.round((utc(to).getTime() - utc(from).getTime()) / 86_400_000);

export function addDays(day: string, days: number): string {
  return new Date(utc(day).getTime() + days * 86_400_000).toISOString().slice(0, 10);
}

export function groupOf(task: Task, now: Date, zone: string): Group {
  if (task.status === "completed") return "done";
  if (!task.due) return "none";
  const today = dayOf(now, zone);
  const { day } = partsOfDue(task.due, zone);
  const isPast = isDay(task.due) ? day < today : new Date(task.due) < now;
  if (isPast) return "overdue";
  if (day === today) return "today";
  return daysBetween(today, day) < 7 ? "week" : "later";
}

/** `Today 15:00`, `Fri`, `12 Dec`, `3 days late`. */
export function sayDue(due: string, now: Date, zone: string, isOpen: boolean): string {
  const { day, time } = partsOfDue(due, zone);
  const today = dayOf(now, zone);
  const distance = daysBetween(today, day);
  const isLate = isOpen && (time ? new Date(due) < now : distance < 0);
  if (isLate && distance < 0) return texts().daysLate(-distance);
  const format = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(language(), { ...options, timeZone: "UTC" }).format(utc(day));
  let words: string;
  if (distance === 0) words = texts().today;
  else if (distance === 1) words = texts().tomorrow;
  else if (distance === -1) words = texts().yesterday;
  else if (distance > 1 && distance < 7) words = format({ weekday: "short" });
  else if (day.slice(0, 4) === today.slice(0, 4)) words = format({ day: "numeric", month: "short" });
  else words = format({ day: "numeric", month: "short", year: "numeric" });
  if (isLate) return `${texts().overdue} · ${time}`;
  return time ? `${words} ${time}` : words;
}

/** The whole date, for who wants to know exactly. */
export function sayWholeDue(due: string, zone: string): string {
  const options: Intl.DateTimeFormatOptions = isDay(due)
    ? { dateStyle: "full", timeZone: "UTC" }
    : { dateStyle: "full", timeStyle: "short", timeZone: zone };
  return new Intl.DateTimeFormat(language(), options).format(isDay(due) ? utc(due) : new Date(due));
}
