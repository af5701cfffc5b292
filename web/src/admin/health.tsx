// How each thing is that the service needs.

import { ProblemNote } from "../problem";
import { adminTexts } from "../texts/admin";
import { useAnswer } from "./load";

type Health = {
  status: string;
  database: { status: string; latency_ms?: number; pool?: { max: number; in_use: number } };
  cohere: { status: string; breaker?: string };
  redis?: { status: string };
  replica?: { status: string; lag_seconds?: number };
  model?: { engine: string; model: string };
};
/** What needs nobody's attention. */
const CALM = ["healthy", "not_configured", "unknown", "in_use", "starting"];

export function HealthPart() {
  const t = adminTexts();
  const { answer, problem } = useAnswer<Health>("/api/admin/health", 15_000);
  const rows: [string, string, (string | undefined | false)[]][] = [];
  if (answer) {
    const { database, cohere, redis, replica } = answer;
    const { pool, latency_ms: latency } = database;
    rows.push([
      "database",
      database.status,
      [latency !== undefined && t.milliseconds(latency), pool && t.connections(pool.in_use, pool.max)],
    ]);
    rows.push(["cohere", cohere.status, [cohere.breaker && t.breaker[cohere.breaker]]]);
    if (redis) rows.push(["redis", redis.status, []]);
    if (replica) rows.push(["replica", replica.status, [replica.lag_seconds !== undefined && t.lag(replica.lag_seconds)]]);
  }
  return (
    <section aria-labelledby="health" aria-busy={!answer && !problem}>
      <h2 id="health">
        {t.health}{" "}
        {answer && <State status={answer.status} />}
      </h2>
      {problem && <ProblemNote problem={problem} />}
      {!answer && !problem && <div className="skeleton line" />}
      {answer && (
        <ul className="parts">
          {rows.map(([part, status, facts]) => (
            <li key={part}>
              <strong>{t.parts[part]}</strong>
              <State status={status} />
              {facts.filter(Boolean).map((fact) => (
                <span key={String(fact)} className="muted">
                  {fact}
                </span>
              ))}
            </li>
          ))}
        </ul>
      )}
      {answer?.model && <p className="muted">{t.answersFrom(answer.model.engine, answer.model.model)}</p>}
    </section>
  );
}

function State({ status }: { status: string }) {
  return <span className={CALM.includes(status) ? "state" : "state bad"}>{adminTexts().states[status] ?? status}</span>;
}
