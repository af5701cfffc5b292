// What all users together take of models, as small charts.

import { useState } from "react";
import { ProblemNote } from "../problem";
import { language } from "../texts";
import { adminTexts } from "../texts/admin";
import { useAnswer } from "./load";

type Sum = { calls: number; input_tokens: number; output_tokens: number; cost_usd: string | null };
type Day = Sum & { day: string };
type Usage = { total: Sum; days: Day[] };
const SPANS = [7, 30, 90];

const firstDay = (days: number) => new Date(Date.now() - (days - 1) * 86_400_000).toISOString().slice(0, 10);
const sayNumber = (number: number) => new Intl.NumberFormat(language()).format(number);
const sayDay = (day: string) =>
  new Intl.DateTimeFormat(language(), { day: "numeric", month: "short", timeZone: "UTC" }).format(new Date(`${day}T00:00:00Z`));

function sayCost({ cost_usd: cost }: Sum): string {
  if (cost === null) return adminTexts().unknownCost;
  const number = Number(cost);
  const digits = number > 0 && number < 0.01 ? { maximumSignificantDigits: 2 } : {};
  return new Intl.NumberFormat(language(), { style: "currency", currency: "USD", ...digits }).format(number);
}

const costOf = ({ cost_usd: cost }: Sum) => (cost === null ? null : Number(cost));
const tokensOf = (sum: Sum) => sum.input_tokens + sum.output_tokens;

export function UsagePart() {
  const t = adminTexts();
  const [span, setSpan] = useState(30);
  const { answer, problem } = useAnswer<Usage>(`/api/admin/usage?from=${firstDay(span)}`, 60_000);
  const charts: { what: string; value: (sum: Sum) => number | null; say: (sum: Sum) => string }[] = [
    { what: t.answers, value: (sum) => sum.calls, say: (sum) => sayNumber(sum.calls) },
    { what: t.tokens, value: tokensOf, say: (sum) => sayNumber(tokensOf(sum)) },
    { what: t.cost, value: costOf, say: sayCost },
  ];
  return (
    <section aria-labelledby="usage" aria-busy={!answer && !problem}>
      <div className="head">
        <h2 id="usage">{t.usage}</h2>
        <select aria-label={t.span} value={span} onChange={(event) => setSpan(Number(event.target.value))}>
          {SPANS.map((days) => (
            <option key={days} value={days}>
              {t.lastDays(days)}
            </option>
          ))}
        </select>
      </div>
      {problem && <ProblemNote problem={problem} />}
      {!answer && !problem && <div className="skeleton chart" />}
      {answer && (
        <>
          <div className="charts">
            {charts.map(({ what, value, say }) => (
              <Chart key={what} what={what} total={say(answer.total)} days={answer.days} value={value} say={say} />
            ))}
          </div>
          <details>
            <summary>{t.asTable}</summary>
            <div className="wide-table" role="region" tabIndex={0} aria-label={t.usage}>
              <table>
                <thead>
                  <tr>
                    <th scope="col">{t.day}</th>
                    {charts.map(({ what }) => (
                      <th key={what} scope="col" className="figure">
                        {what}
                      </th>
                    ))}
                  </tr>
                </thead>
                <tbody>
                  {answer.days.toReversed().map((day) => (
                    <tr key={day.day}>
                      <th scope="row">{sayDay(day.day)}</th>
                      {charts.map(({ what, say }) => (
                        <td key={what} className="figure">
                          {say(day)}
                        </td>
                      ))}
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          </details>
        </>
      )}
    </section>
  );
}

const HEIGHT = 60;
const STEP = 10;

function Chart({ what, total, days, value, say }: {
  what: string;
  total: string;
  days: Day[];
  /** `null` if it is not known. */
  value: (day: Sum) => number | null;
  say: (day: Sum) => string;
}) {
  const most = Math.max(...days.map((day) => value(day) ?? 0));
  /** What is not known is drawn as high as can be, and pale. */
  const height = (known: number | null) => (known === null ? HEIGHT : most > 0 ? (known / most) * HEIGHT : 0);
  return (
    <figure>
      <figcaption>
        {what} <strong>{total}</strong>
      </figcaption>
      <svg
        viewBox={`0 0 ${days.length * STEP} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={adminTexts().chart(what, total)}
      >
        {days.map((day, index) => {
          const known = value(day);
          const high = height(known);
          return (
            <rect
              key={day.day}
              className={known === null ? "unknown" : undefined}
              x={index * STEP + 1}
              y={HEIGHT - high}
              width={STEP - 2}
              height={high}
            >
              <title>{`${sayDay(day.day)}: ${say(day)}`}</title>
            </rect>
          );
        })}
      </svg>
      <p className="axis" aria-hidden="true">
        <span>{sayDay(days[0]!.day)}</span>
        <span>{sayDay(days.at(-1)!.day)}</span>
      </p>
    </figure>
  );
}
