/** Counts by hour as stacked bars that link to what they count, and the same as a table. */
import { scaleLinear, scaleUtc } from 'd3-scale';
import { stack } from 'd3-shape';

import { count, hour, time, words } from '../format';
import { Table } from '../ui/parts';
import { useWidth } from '../ui/width';

export interface Bucket {
  from: string;
  to: string;
  values: Readonly<Record<string, number>>;
}

const HEIGHT = 180;
const BOTTOM = 22;
const LEFT = 34;
const TOP = 8;

export function StackedBars({
  label,
  buckets,
  keys,
  href,
}: {
  label: string;
  buckets: readonly Bucket[];
  keys: readonly string[];
  href: (bucket: Bucket) => string;
}) {
  const used = keys.filter((key) => buckets.some((bucket) => bucket.values[key]));
  return (
    <figure className="chart">
      <figcaption>
        {label}
        <span className="keys">
          {used.map((key) => (
            <span key={key} className={`key fill-${key}`}>
              {words(key)}
            </span>
          ))}
        </span>
      </figcaption>
      <Bars label={label} buckets={buckets} keys={used} href={href} />
      <details>
        <summary>As a table</summary>
        <Table caption={label} columns={['From', ...used.map(words)]}>
          {buckets
            .filter((bucket) => total(bucket))
            .map((bucket) => (
              <tr key={bucket.from}>
                <td>{time(bucket.from)}</td>
                {used.map((key) => (
                  <td key={key}>{bucket.values[key] ?? 0}</td>
                ))}
              </tr>
            ))}
        </Table>
      </details>
    </figure>
  );
}

const total = (bucket: Bucket) => Object.values(bucket.values).reduce((sum, value) => sum + value, 0);

function Bars({ label, buckets, keys, href }: Parameters<typeof StackedBars>[0]) {
  const [ref, width] = useWidth<HTMLDivElement>();
  const first = buckets[0];
  const last = buckets.at(-1);
  if (!first || !last) return <div ref={ref} />;
  const most = Math.max(4, ...buckets.map(total));
  const y = scaleLinear()
    .domain([0, most])
    .nice(4)
    .range([HEIGHT - BOTTOM, TOP]);
  const x = scaleUtc()
    .domain([new Date(first.from), new Date(last.to)])
    .range([LEFT, width]);
  const layers = stack<Bucket, string>()
    .keys(keys)
    .value((bucket, key) => bucket.values[key] ?? 0)([...buckets]);
  return (
    <div ref={ref}>
      {/* biome-ignore lint/a11y/useSemanticElements: there is no element for a group inside a picture */}
      <svg width={width} height={HEIGHT} role="group" aria-label={label}>
        <g className="axis">
          {y.ticks(4).map((tick) => (
            <g key={tick} transform={`translate(0 ${y(tick)})`}>
              <line x1={LEFT} x2={width} />
              <text x={LEFT - 6} dy="0.32em" textAnchor="end">
                {count(tick)}
              </text>
            </g>
          ))}
          {x.ticks(Math.max(2, Math.floor(width / 110))).map((tick) => (
            <text key={tick.getTime()} x={x(tick)} y={HEIGHT - 6} textAnchor="middle">
              {hour(tick.getTime())}
            </text>
          ))}
        </g>
        {buckets.map((bucket, index) => {
          if (!total(bucket)) return null;
          const left = x(new Date(bucket.from));
          const said = `${time(bucket.from)}: ${keys
            .filter((key) => bucket.values[key])
            .map((key) => `${bucket.values[key]} ${words(key)}`)
            .join(', ')}`;
          return (
            <a key={bucket.from} href={`#${href(bucket)}`} aria-label={said}>
              <title>{said}</title>
              {layers.map((layer) => {
                const [low = 0, high = 0] = layer[index] ?? [];
                return (
                  <rect
                    key={layer.key}
                    className={`fill-${layer.key}`}
                    x={left + 1}
                    width={Math.max(1, x(new Date(bucket.to)) - left - 2)}
                    y={y(high)}
                    height={y(low) - y(high)}
                  />
                );
              })}
            </a>
          );
        })}
      </svg>
    </div>
  );
}
