// The turns that run.

import { ProblemNote } from "../problem";
import { adminTexts } from "../texts/admin";
import { useAnswer } from "./load";

type RunningTurn = { user_id: number; id: string; attempt: number; started_at: string };

export function TurnsPart() {
  const t = adminTexts();
  const { answer, problem } = useAnswer<RunningTurn[]>("/api/admin/turns", 3_000);
  const seconds = (turn: RunningTurn) => Math.max(0, Math.round((Date.now() - Date.parse(turn.started_at)) / 1000));
  return (
    <section aria-labelledby="turns" aria-busy={!answer && !problem}>
      <h2 id="turns">
        {t.turns} {answer && <span className="count">{answer.length}</span>}
      </h2>
      {problem && <ProblemNote problem={problem} />}
      {answer?.length === 0 && <p className="muted">{t.noTurns}</p>}
      {answer && answer.length > 0 && (
        <div className="wide-table" role="region" tabIndex={0} aria-label={t.turns}>
          <table>
            <thead>
              <tr>
                <th scope="col">{t.user}</th>
                <th scope="col">{t.turn}</th>
                <th scope="col" className="figure">
                  {t.attempt}
                </th>
                <th scope="col" className="figure">
                  {t.since}
                </th>
              </tr>
            </thead>
            <tbody>
              {answer.map((turn) => (
                <tr key={turn.id}>
                  <td>{turn.user_id}</td>
                  <td>
                    <code>{turn.id}</code>
                  </td>
                  <td className="figure">{turn.attempt}</td>
                  <td className="figure">{t.runningFor(seconds(turn))}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
