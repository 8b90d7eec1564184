/** What a browser calls itself, in words by which a person knows it again in the list of their devices: "Safari on iPhone". */

const browsers: readonly (readonly [RegExp, string])[] = [
  [/\bEdgA?\//, 'Edge'],
  [/\bFirefox\/|\bFxiOS\//, 'Firefox'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/Chrome\/|\bCriOS\//, 'Chrome'],
  [/\bSafari\//, 'Safari'],
];
const machines: readonly (readonly [RegExp, string])[] = [
  [/iPhone/, 'iPhone'],
  [/iPad/, 'iPad'],
  [/Android/, 'Android'],
  [/Windows/, 'Windows'],
  [/CrOS/, 'ChromeOS'],
  [/Macintosh/, 'Mac'],
  [/Linux/, 'Linux'],
];

export function browserLabel(userAgent: string): string {
  const named = (table: typeof browsers) => table.find(([pattern]) => pattern.test(userAgent))?.[1];
  const [browser, machine] = [named(browsers), named(machines)];
  if (!browser) return machine ?? '';
  return machine ? `${browser} on ${machine}` : browser;
}

/** Of the browser that this runs in. */
export const ownLabel = (): string => browserLabel(globalThis.navigator?.userAgent ?? '');
