/** The attempts of a delivery in time, coloured by the class of their answer; a hollow dot is the next one. */
import { scalePow } from 'd3-scale';

import { answerClass, seconds } from '../format';
import { useWidth } from '../ui/width';

export interface Attempted {
  attempt: number;
  at: string;
  statusCode?: number;
}

const HEIGHT = 64;
const SIDE = 40;
const LINE = 30;
/** The width of a label. */
const LABEL = 84;
/** Waits grow from seconds to hours; a root keeps the first ones apart. */
const EXPONENT = 0.3;

export function AttemptStrip({ attempts, next }: { attempts: readonly Attempted[]; next?: string }) {
  const [ref, width] = useWidth<HTMLDivElement>();
  const times = [...attempts.map(({ at }) => at), ...(next ? [next] : [])].map((at) => new Date(at).getTime());
  const first = times[0] ?? 0;
  const x = scalePow()
    .exponent(EXPONENT)
    .domain([0, Math.max(1000, ...times.map((at) => at - first))])
    .range([SIDE, width - SIDE]);
  const place = (at: string) => x(new Date(at).getTime() - first);
  const labelled = apart(attempts.map(({ at }) => place(at)));
  const said = `${attempts.length} attempts: ${attempts.map((each) => each.statusCode ?? 'no answer').join(', ')}${next ? ', another one is planned' : ''}`;
  return (
    <div ref={ref} className="attempts">
      <svg width={width} height={HEIGHT} role="img" aria-label={said}>
        <line x1={SIDE} x2={width - SIDE} y1={LINE} y2={LINE} className="rule" />
        {attempts.map(({ attempt, at, statusCode }, index) => (
          <g
            key={attempt}
            transform={`translate(${place(at)} ${LINE})`}
            className={`answer-${answerClass(statusCode)}`}
          >
            <circle r={7} />
            <text y={-13} textAnchor="middle">
              {statusCode ?? '–'}
            </text>
            {labelled[index] && (
              <text y={24} textAnchor="middle">
                {index === 0 ? `#${attempt}` : `+${seconds((new Date(at).getTime() - first) / 1000)}`}
              </text>
            )}
          </g>
        ))}
        {next && (
          <g transform={`translate(${place(next)} ${LINE})`} className="answer-next">
            <circle r={6} />
            <text y={-13} textAnchor="middle">
              next
            </text>
          </g>
        )}
      </svg>
    </div>
  );
}

/** Which of the places have room for a label; the table below the strip has all of them. */
export function apart(places: readonly number[]): boolean[] {
  let end = Number.NEGATIVE_INFINITY;
  return places.map((place) => {
    if (place - end < LABEL) return false;
    end = place;
    return true;
  });
}
