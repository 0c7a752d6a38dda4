/** Times, durations and numbers as the reader's own language writes them. */

const withSeconds: Intl.DateTimeFormatOptions = {
  month: 'short',
  day: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
};
const moment = new Intl.DateTimeFormat(undefined, withSeconds);
const momentOfAnotherYear = new Intl.DateTimeFormat(undefined, { year: 'numeric', ...withSeconds });
const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' });
const number = new Intl.NumberFormat();
const percent = new Intl.NumberFormat(undefined, { style: 'percent', maximumFractionDigits: 1 });

const UNITS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
] as const;

export function time(at: string | number): string {
  const date = new Date(at);
  return (date.getFullYear() === new Date().getFullYear() ? moment : momentOfAnotherYear).format(date);
}

export const hour = (at: string | number): string => clock.format(new Date(at));

export const count = (value: number): string => number.format(value);

export const share = (value: number): string => percent.format(value);

/** `3 minutes ago`, `in 2 hours`. */
export function ago(at: string | number, now: number): string {
  const apart = new Date(at).getTime() - now;
  const [unit, size] = UNITS.find(([, each]) => Math.abs(apart) >= each) ?? UNITS[3];
  return relative.format(Math.trunc(apart / size), unit);
}

/** The length of a call or a wait: `45 s`, `2 min 5 s`, `1 h 30 min`. Its spaces do not break. */
export function seconds(value: number): string {
  if (value < 60) return `${Math.round(value * 10) / 10}\u00a0s`;
  const whole = Math.round(value);
  if (whole < 3600) return joined(Math.floor(whole / 60), 'min', whole % 60, 's');
  const minutes = Math.round(whole / 60);
  if (minutes < 1440) return joined(Math.floor(minutes / 60), 'h', minutes % 60, 'min');
  const hours = Math.round(minutes / 60);
  return joined(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

const joined = (large: number, largeUnit: string, small: number, smallUnit: string) =>
  `${large}\u00a0${largeUnit}${small ? `\u00a0${small}\u00a0${smallUnit}` : ''}`;

/** A word of the API for readers: `no_answer` is `no answer`. */
export const words = (name: string): string => name.replaceAll('_', ' ');

/** The class of an HTTP answer, which its colour says. */
export function answerClass(status: number | undefined): string {
  return status ? `${Math.floor(status / 100)}xx` : 'none';
}
