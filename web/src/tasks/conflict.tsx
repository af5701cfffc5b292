// Two versions of a task side by side.

import { texts } from "../texts";
import type { Draft } from "./editor";

/** Yours and theirs, where somebody else was quicker. */
export function Conflict({ mine, theirs, onMine, onTheirs }: { mine: Draft; theirs: Draft; onMine: () => void; onTheirs: () => void }) {
  const t = texts();
  const names: Record<keyof Draft, string> = {
    title: t.title,
    description: t.description,
    day: t.date,
    time: t.time,
    priority: t.priority,
    tags: t.tags,
  };
  const fields = (Object.keys(names) as (keyof Draft)[]).filter((field) => mine[field] !== theirs[field]);
  return (
    <div className="conflict" role="alert">
      <p>{t.conflict}</p>
      <table>
        <thead>
          <tr>
            <td />
            <th scope="col">{t.mine}</th>
            <th scope="col">{t.theirs}</th>
          </tr>
        </thead>
        <tbody>
          {fields.map((field) => (
            <tr key={field}>
              <th scope="row">{names[field]}</th>
              <td>{mine[field] || "–"}</td>
              <td>{theirs[field] || "–"}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <div className="buttons">
        <button type="button" onClick={onMine}>
          {t.keepMine}
        </button>
        <button type="button" onClick={onTheirs}>
          {t.keepTheirs}
        </button>
      </div>
    </div>
  );
}
