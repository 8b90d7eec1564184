/** Times and days as they are shown: 24-hour clock, British order, in the time zone of the device. */

const time = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const weekday = new Intl.DateTimeFormat('en-GB', { weekday: 'short' });
const dayMonth = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });
const dayMonthYear = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });
const longDay = new Intl.DateTimeFormat('en-GB', { weekday: 'long', day: 'numeric', month: 'long' });
const longDayYear = new Intl.DateTimeFormat('en-GB', {
  weekday: 'long',
  day: 'numeric',
  month: 'long',
  year: 'numeric',
});

/** A key that is equal for two moments of one calendar day. */
export function dayKey(at: number): string {
  const date = new Date(at);
  return `${date.getFullYear()}-${date.getMonth() + 1}-${date.getDate()}`;
}

/** "13:31". */
export const clockTime = (at: number): string => time.format(at);

/** "Today", "Yesterday", "Tuesday 24 November", with the year when it is another one. */
export function dayTitle(at: number, now: number): string {
  const distance = daysBetween(at, now);
  if (distance === 0) return 'Today';
  if (distance === 1) return 'Yesterday';
  const text = sameYear(at, now) ? longDay.format(at) : longDayYear.format(at);
  return text.replace(',', '');
}

/** For a row of a list: "13:31" today, "Mon" within six days, else "12 Nov" or "12 Nov 2025". */
export function shortWhen(at: number, now: number): string {
  const distance = daysBetween(at, now);
  if (distance <= 0) return clockTime(at);
  if (distance < 7) return weekday.format(at);
  return sameYear(at, now) ? dayMonth.format(at) : dayMonthYear.format(at);
}

/** Short and exact: "13:18" today, "Mon 13:18", "12 Nov 13:18". */
export function briefWhen(at: number, now: number): string {
  return dayKey(at) === dayKey(now) ? clockTime(at) : `${shortWhen(at, now)} ${clockTime(at)}`;
}

/** Inside a sentence: "13:31", "13:31 yesterday", "13:31 on 12 Nov". */
export function whenInWords(at: number, now: number): string {
  const distance = daysBetween(at, now);
  if (distance === 0) return clockTime(at);
  if (distance === 1) return `${clockTime(at)} yesterday`;
  if (distance === -1) return `${clockTime(at)} tomorrow`;
  return `${clockTime(at)} on ${sameYear(at, now) ? dayMonth.format(at) : dayMonthYear.format(at)}`;
}

/** "2 minutes", "24 hours", "3 days": the largest unit that divides without a rest, else the next smaller. */
export function duration(ms: number): string {
  const units: [number, string][] = [
    [86_400_000, 'day'],
    [3_600_000, 'hour'],
    [60_000, 'minute'],
    [1000, 'second'],
  ];
  for (const [size, name] of units) {
    const isDay = name === 'day';
    if (ms >= size * (isDay ? 2 : 1) && ms % size === 0) return plural(ms / size, name);
  }
  return plural(Math.max(1, Math.round(ms / 1000)), 'second');
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en-GB')} ${count === 1 ? one : many}`;
}

/** Calendar days from `at` to `now`; negative in the future. */
function daysBetween(at: number, now: number): number {
  const start = (moment: number) => {
    const date = new Date(moment);
    return Date.UTC(date.getFullYear(), date.getMonth(), date.getDate());
  };
  return Math.round((start(now) - start(at)) / 86_400_000);
}

const sameYear = (a: number, b: number): boolean => new Date(a).getFullYear() === new Date(b).getFullYear();
