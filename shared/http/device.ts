/**
 * A browser and its system in words, for lists of sign-ins and for mails that say who asked. The words come from
 * a closed list: a `User-Agent` is text that anyone can write, and none of it belongs into a mail.
 */

/** The order matters: Edge and Opera also call themselves Chrome, and Chrome also calls itself Safari. */
const browsers: readonly (readonly [RegExp, string])[] = [
  [/\bEdg(e|A|iOS)?\//, 'Edge'],
  [/\b(OPR|Opera)\//, 'Opera'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\b(Firefox|FxiOS)\//, 'Firefox'],
  [/\b(Chrome|CriOS|HeadlessChrome)\//, 'Chrome'],
  [/\bSafari\//, 'Safari'],
];

const systems: readonly (readonly [RegExp, string])[] = [
  [/\bAndroid\b/, 'Android'],
  [/\b(iPhone|iPod)\b/, 'an iPhone'],
  [/\biPad\b/, 'an iPad'],
  [/\bWindows\b/, 'Windows'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bMac OS X\b/, 'a Mac'],
  [/\bLinux\b/, 'Linux'],
];

function findName(names: readonly (readonly [RegExp, string])[], userAgent: string): string | undefined {
  return names.find(([pattern]) => pattern.test(userAgent))?.[1];
}

/** "Firefox on Linux", from a browser's `User-Agent`; never the text itself, which anyone can write. */
export function describeDevice(userAgent: string | null | undefined): string {
  const browser = findName(browsers, userAgent ?? '') ?? 'A browser';
  const system = findName(systems, userAgent ?? '');
  return system ? `${browser} on ${system}` : browser;
}
