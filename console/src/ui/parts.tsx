/** Small pieces that every page is made of. */
import { type ReactNode, useEffect, useId, useRef, useState } from 'react';

import { ago, time, words } from '../format';

/** A word of the API with its colour. The colour never says more than the word. */
export function Badge({ value }: { value: string }) {
  return <span className={`badge tone-${tone(value)}`}>{words(value)}</span>;
}

const TONES: Record<string, string> = {
  completed: 'good',
  delivered: 'good',
  done: 'good',
  closed: 'good',
  connected: 'good',
  active: 'live',
  running: 'live',
  pending: 'live',
  queued: 'live',
  busy: 'warn',
  no_answer: 'warn',
  declined: 'warn',
  failed: 'bad',
  open: 'bad',
  unreachable: 'bad',
  rejected: 'bad',
  initiation_failed: 'bad',
};
export const tone = (value: string): string => TONES[value] ?? 'plain';

/** Whether deliveries go to an endpoint, or wait for one that probes it. */
export function Breaker({ state }: { state: 'closed' | 'open' }) {
  return (
    <span className={`badge tone-${tone(state)}`} title={`The breaker is ${state}`}>
      {state === 'open' ? 'paused' : 'flowing'}
    </span>
  );
}

export function Time({ at }: { at: string }) {
  return (
    <time dateTime={at} title={`${at}, ${ago(at, Date.now())}`}>
      {time(at)}
    </time>
  );
}

export function Page({ title, aside, children }: { title: string; aside?: ReactNode; children: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Ringpost`;
  }, [title]);
  // A screen reader reads the new page's name, as it does where a server sends pages.
  useEffect(() => heading.current?.focus({ preventScroll: true }), []);
  return (
    <>
      <header className="page-head">
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {aside}
      </header>
      {children}
    </>
  );
}

export function Facts({ children }: { children: ReactNode }) {
  return <dl className="facts">{children}</dl>;
}

export function Fact({ name, children }: { name: string; children: ReactNode }) {
  if (children === undefined || children === null || children === '' || children === false) return null;
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

export function Copy({ text, label = 'Copy' }: { text: string; label?: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), 2000);
  };
  return (
    <button type="button" className="quiet" onClick={() => void copy()}>
      <span aria-live="polite">{copied ? 'Copied' : label}</span>
    </button>
  );
}

/** A text to copy: a command, a body, a URL. Payloads are always text, never markup. */
export function Code({ text, label }: { text: string; label: string }) {
  return (
    <figure className="code">
      <figcaption>
        {label}
        <Copy text={text} />
      </figcaption>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a long text is scrolled by keyboard */}
      <pre tabIndex={0}>{text}</pre>
    </figure>
  );
}

export function Table({
  caption,
  columns,
  children,
}: {
  caption: string;
  columns: readonly string[];
  children: ReactNode;
}) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a wide table is scrolled by keyboard
    <section className="table" aria-label={caption} tabIndex={0}>
      <table>
        <caption className="unseen">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </section>
  );
}

export function Choice({
  label,
  value,
  options,
  onChange,
  all = 'any',
}: {
  label: string;
  value: string;
  options: readonly string[] | Readonly<Record<string, string>>;
  onChange: (value: string) => void;
  all?: string;
}) {
  const id = useId();
  const entries = Array.isArray(options) ? options.map((option) => [option, words(option)]) : Object.entries(options);
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <select id={id} value={value} onChange={(event) => onChange(event.target.value)}>
        <option value="">{all}</option>
        {entries.map(([option, text]) => (
          <option key={option} value={option}>
            {text}
          </option>
        ))}
      </select>
    </div>
  );
}
