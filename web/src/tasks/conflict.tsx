// Two versions of a task side by side.

import { texts } from "../texts";

/** Yours and theirs, where somebody else was quicker. */
export function Conflict({ rows, onMine, onTheirs }: {
  rows: { name: string; mine: string; theirs: string }[];
  onMine: () => void;
  onTheirs: () => void;
}) {
  const t = texts();
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
          {rows.map(({ name, mine, theirs }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td dir="auto">{mine || "–"}</td>
              <td dir="auto">{theirs || "–"}</td>
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
