/** A headless browser out of npm, or an installed Chrome where that package has none (anything but Linux x64). */
import sparticuz from '@sparticuz/chromium';
import { type Browser, chromium } from 'playwright-core';

/** Among the package's arguments; both would hide what a real browser does. */
const unwanted = new Set(['--single-process', '--disable-web-security']);

export async function openBrowser(): Promise<Browser> {
  if (process.platform !== 'linux' || process.arch !== 'x64') return chromium.launch({ channel: 'chrome' });
  return chromium.launch({
    executablePath: await sparticuz.executablePath(),
    args: sparticuz.args.filter((argument) => !unwanted.has(argument)),
  });
}
