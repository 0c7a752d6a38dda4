/** The picture of a call: lanes in time as SVG whose marks are links, and the same as a table. */
import { type ScaleTime, scaleLinear } from 'd3-scale';

import type { HistoryEvent, Timeline } from '../../api';
import { hour, seconds, words } from '../../format';
import { Badge, Table, Time } from '../../ui/parts';
import { useWidth } from '../../ui/width';
import { type Lane, type Mark, PROVIDERS, picture } from './lanes';

const ROW = 16;
const LABEL = 22;
const SIDE = 10;
const AXIS = 24;
/** The width of a label of the axis. */
const TICK = 50;

export interface Shown {
  timeline: Pick<Timeline, 'call' | 'events'>;
  deliveries: readonly HistoryEvent[];
  nameOf: (endpoint: number) => string;
}

export function CallTimeline({ timeline, deliveries, nameOf }: Shown) {
  const [ref, width] = useWidth<HTMLDivElement>();
  const { lanes, bands, scale, breakAt } = picture(timeline, deliveries, nameOf, width - 2 * SIDE);
  const tops: number[] = [];
  let bottom = AXIS;
  for (const lane of lanes) {
    tops.push(bottom);
    bottom += height(lane);
  }
  return (
    <figure className="timeline">
      <div ref={ref}>
        {/* biome-ignore lint/a11y/useSemanticElements: there is no element for a group inside a picture */}
        <svg
          width={width}
          height={bottom + 6}
          role="group"
          aria-label="The call in time, a lane for each provider and endpoint"
        >
          <g transform={`translate(${SIDE} 0)`}>
            {bands.map((band) => (
              <g key={band.name} className={`band ${band.name}`}>
                <rect
                  x={scale(band.from)}
                  y={AXIS}
                  width={Math.max(1, scale(band.to) - scale(band.from))}
                  height={bottom - AXIS}
                />
                <title>
                  {band.name} for {seconds((band.to - band.from) / 1000)}
                </title>
              </g>
            ))}
            <Axis scale={scale} breakAt={breakAt} bottom={bottom} width={width - 2 * SIDE} />
            {lanes.map((lane, index) => (
              <LaneMarks
                key={`${lane.kind} ${lane.name}`}
                lane={lane}
                top={tops[index] ?? 0}
                scale={scale}
                width={width - 2 * SIDE}
              />
            ))}
          </g>
        </svg>
      </div>
      <figcaption>
        <span className="key ringing">ringing</span>
        <span className="key answered">answered</span>
        <span className="muted">
          A dot is where it occurred; its tail ends where it was received, or at the latest attempt.
        </span>
        {breakAt !== undefined && <span className="muted">Right of the broken line the time is compressed.</span>}
      </figcaption>
      <details>
        <summary>As a table</summary>
        <TimelineTable timeline={timeline} deliveries={deliveries} nameOf={nameOf} />
      </details>
    </figure>
  );
}

const height = (lane: Lane) => LABEL + lane.rows * ROW;

function LaneMarks({
  lane,
  top,
  scale,
  width,
}: {
  lane: Lane;
  top: number;
  scale: ScaleTime<number, number>;
  width: number;
}) {
  return (
    <g className={`lane ${lane.kind}`} transform={`translate(0 ${top})`}>
      <line x1={0} x2={width} y1={0} y2={0} className="rule" />
      <text x={0} y={15}>
        {lane.name}
      </text>
      {lane.marks.map((mark) => (
        <Dot key={mark.id} mark={mark} lane={lane.name} x={scale(mark.at)} end={scale(mark.until)} />
      ))}
    </g>
  );
}

function Dot({ mark, lane, x, end }: { mark: Mark; lane: string; x: number; end: number }) {
  const y = LABEL + mark.row * ROW + 2;
  const said = `${lane}: ${mark.label}, ${hour(mark.at)}`;
  return (
    <a href={`#/events/${mark.id}`} aria-label={said} className={`mark tone-${mark.tone}`}>
      <title>{said}</title>
      <line x1={x} x2={end} y1={y} y2={y} />
      <circle cx={x} cy={y} r={5} />
      {Math.abs(end - x) > 12 && <circle cx={end} cy={y} r={2.5} />}
    </a>
  );
}

function Axis({
  scale,
  breakAt,
  bottom,
  width,
}: {
  scale: ScaleTime<number, number>;
  breakAt: number | undefined;
  bottom: number;
  width: number;
}) {
  const [first = new Date(0), end = first] = scale.domain();
  const last = scale.domain().at(-1);
  const after = (moment: Date) => (moment.getTime() - first.getTime()) / 1000;
  const right = breakAt ?? width;
  const ticks = scaleLinear()
    .domain([0, after(end)])
    .range([0, right]);
  return (
    <g className="axis">
      {ticks
        .ticks(Math.max(2, Math.floor(right / 120)))
        .filter((tick) => ticks(tick) < right - TICK)
        .map((tick) => (
          <g key={tick} transform={`translate(${ticks(tick)} 0)`}>
            <line y1={AXIS - 4} y2={bottom} />
            <text y={14} x={3}>
              +{seconds(tick)}
            </text>
          </g>
        ))}
      {breakAt !== undefined && last && (
        <>
          <line className="break" x1={breakAt} x2={breakAt} y1={4} y2={bottom} />
          <text x={width} y={14} textAnchor="end">
            +{seconds(after(last))}
          </text>
        </>
      )}
    </g>
  );
}

function TimelineTable({ timeline, deliveries, nameOf }: Shown) {
  return (
    <Table
      caption="The call's events and deliveries"
      columns={['Occurred', 'Lane', 'What', 'Received or latest attempt']}
    >
      {timeline.events.map((event) => (
        <tr key={event.id}>
          <td>
            <a href={`#/events/${event.id}`}>
              <Time at={event.occurredAt} />
            </a>
          </td>
          <td>{PROVIDERS[event.source] ?? event.source}</td>
          <td>{event.summary}</td>
          <td>
            <Time at={event.receivedAt} />
          </td>
        </tr>
      ))}
      {deliveries.map((delivery) => (
        <tr key={delivery.id}>
          <td>
            <a href={`#/events/${delivery.id}`}>
              <Time at={delivery.createdAt} />
            </a>
          </td>
          <td>{nameOf(delivery.webhookConfigId ?? 0)}</td>
          <td>
            {words(delivery.eventType)} <Badge value={delivery.status} />
          </td>
          <td>
            <Time at={delivery.updatedAt} />
          </td>
        </tr>
      ))}
    </Table>
  );
}
