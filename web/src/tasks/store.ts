// The tasks as the service keeps them: loaded, filtered, sorted, and loaded anew.

import { useCallback, useEffect, useRef, useState } from "react";
import { asProblem, request, type Problem, type Task } from "../api";
import { store, stored } from "../storage";

const PAGE = 100;
/** So many open tasks are loaded at once; more on demand. */
const FIRST = 500;

type Listed = { open: Task[]; done: Task[]; moreOpen: string | null; moreDone: string | null };
const NOTHING: Listed = { open: [], done: [], moreOpen: null, moreDone: null };

async function pages(path: string, limit: number): Promise<{ tasks: Task[]; next: string | null }> {
  const tasks: Task[] = [];
  let next: string | null = path;
  while (next && tasks.length < limit) {
    const answer: { body: Task[]; next: string | null } = await request<Task[]>("GET", next);
    tasks.push(...answer.body);
    next = answer.next;
  }
  return { tasks, next };
}

/** `#home milk` asks for the tag and for the text. */
function filterQuery(filter: string): string {
  const words = filter.trim().split(/\s+/).filter(Boolean);
  const tags = words.filter((word) => /^#./.test(word)).map((word) => word.slice(1));
  const text = words.filter((word) => !/^#./.test(word)).join(" ");
  return (text ? `&q=${encodeURIComponent(text)}` : "") + (tags.length ? `&tag=${encodeURIComponent(tags.join(","))}` : "");
}

/** In which order open tasks are asked for. By date they are grouped. */
export const SORTS = ["due", "-priority", "-created_at", "-updated_at"] as const;
export type Sort = (typeof SORTS)[number];

/** The order that was chosen on this device. */
function storedSort(): Sort {
  const chosen = stored("sort");
  return SORTS.find((it) => it === chosen) ?? "due";
}

export type TaskStore = Listed & {
  isLoaded: boolean;
  problem: Problem | null;
  filter: string;
  setFilter: (filter: string) => void;
  sort: Sort;
  setSort: (sort: Sort) => void;
  reload: () => Promise<void>;
  loadMore: (which: "open" | "done") => Promise<void>;
  /** Something was changed here: other tabs are told, and this one loads anew. */
  changed: () => Promise<void>;
};

/** The tasks of who is signed in, and those of other tabs and the chat as soon as this page is told. */
export function useTasks(): TaskStore {
  const [listed, setListed] = useState<Listed>(NOTHING);
  const [isLoaded, setLoaded] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [filter, setFilter] = useState("");
  const [sort, setSort] = useState(storedSort);
  const asked = useRef(0);
  const channel = useRef<BroadcastChannel | null>(null);
  const size = useRef(FIRST);
  const query = filterQuery(filter);

  const reload = useCallback(async () => {
    const number = (asked.current += 1);
    try {
      const [open, done] = await Promise.all([
        pages(`/api/me/tasks?status=pending&sort=${sort}&limit=${PAGE}${query}`, size.current),
        pages(`/api/me/tasks?status=completed&sort=-updated_at&limit=50${query}`, 1),
      ]);
      // An older answer that comes later is not taken.
      if (number !== asked.current) return;
      setListed({ open: open.tasks, done: done.tasks, moreOpen: open.next, moreDone: done.next });
      setProblem(null);
      setLoaded(true);
    } catch (error) {
      if (number === asked.current) setProblem(asProblem(error));
    }
  }, [query, sort]);

  const changed = useCallback(async () => {
    channel.current?.postMessage("tasks");
    await reload();
  }, [reload]);

  const loadMore = useCallback(
    async (which: "open" | "done") => {
      const path = which === "open" ? listed.moreOpen : listed.moreDone;
      if (!path) return;
      const number = asked.current;
      const more = await pages(path, 1).catch((error) => setProblem(asProblem(error)));
      // The list was loaded anew meanwhile, perhaps in another order.
      if (!more || number !== asked.current) return;
      const { tasks, next } = more;
      size.current = Math.max(size.current, listed.open.length + tasks.length);
      setListed((known) =>
        which === "open"
          ? { ...known, open: [...known.open, ...tasks], moreOpen: next }
          : { ...known, done: [...known.done, ...tasks], moreDone: next },
      );
    },
    [listed],
  );

  useEffect(() => {
    const timer = setTimeout(() => void reload(), filter ? 200 : 0);
    return () => clearTimeout(timer);
  }, [reload, filter]);

  useEffect(() => {
    const look = () => document.visibilityState === "visible" && void reload();
    window.addEventListener("focus", look);
    window.addEventListener("online", look);
    document.addEventListener("visibilitychange", look);
    const tabs = new BroadcastChannel("todo");
    channel.current = tabs;
    tabs.onmessage = () => void reload();
    return () => {
      window.removeEventListener("focus", look);
      window.removeEventListener("online", look);
      document.removeEventListener("visibilitychange", look);
      tabs.close();
    };
  }, [reload]);

  const choose = useCallback((sort: Sort) => {
    setSort(sort);
    store("sort", sort);
  }, []);

  return { ...listed, isLoaded, problem, filter, setFilter, sort, setSort: choose, reload, loadMore, changed };
}
