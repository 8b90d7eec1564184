/**
 * Looking at a screen: its picture at both sizes, light and dark; axe on each; and whether it still fits at 320 px. What is found is
 * written down and judged at the end, so that one fault does not hide the next. `E2E_LOOK=no` leaves all that out, for a quick run of the
 * story alone.
 */
import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { CDPSession, Page } from 'playwright-core';
import { type Display, type Layout, narrow, pc, phone, type Scheme } from './chromium.ts';

export const output = join(import.meta.dirname, '../output');

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const axeOptions = {
  runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
  resultTypes: ['violations'],
};

type Violation = { id: string; help: string; nodes: { target: string[]; failureSummary?: string }[] };

export type LookOptions = {
  /** `own` for what would be lost when the layout changes, such as a message that has been stopped. */
  layouts?: 'both' | 'own';
  /** Whether the pictures are kept. */
  keep?: boolean;
};

export class Looker {
  readonly accessibility: string[] = [];
  readonly reflow: string[] = [];
  readonly screens: string[] = [];

  async at(
    page: Page,
    display: Display,
    name: string,
    { layouts = 'both', keep = true }: LookOptions = {},
  ): Promise<void> {
    await mkdir(output, { recursive: true });
    const cdp = await sessionOf(page);
    const shown: Layout[] = layouts === 'own' ? [display.own] : [phone, pc];
    for (const layout of shown) {
      for (const scheme of ['light', 'dark'] as const) {
        await display.become(layout, scheme);
        if (keep) await picture(page, fileName(name, layout, scheme));
        for (const violation of await axe(cdp)) {
          this.accessibility.push(`${name}, ${layout.name}, ${scheme}: ${inWords(violation)}`);
        }
      }
    }
    if (layouts === 'both' || display.own.name === 'phone') {
      await display.become(narrow, 'light');
      const overflow = await page.evaluate(widest);
      if (overflow) this.reflow.push(`${name}: ${overflow}`);
      if (keep) await picture(page, fileName(name, narrow, 'light'));
    }
    await display.become(display.own, 'light');
  }
}

/** One for each page, which stays: where one ends, Chromium takes the page's virtual authenticators away. */
const sessions = new WeakMap<Page, Promise<CDPSession>>();

function sessionOf(page: Page): Promise<CDPSession> {
  const known = sessions.get(page) ?? page.context().newCDPSession(page);
  sessions.set(page, known);
  return known;
}

const picture = (page: Page, name: string) => page.screenshot({ path: join(output, name), animations: 'disabled' });

const fileName = (name: string, layout: Layout, scheme: Scheme): string =>
  `${name}-${layout.name}${scheme === 'dark' ? '-dark' : ''}.png`;

/** Through the debugger's own door, which the content security policy does not guard. */
async function axe(cdp: CDPSession): Promise<Violation[]> {
  if ((await evaluated(cdp, 'typeof axe')) !== 'object') await evaluated(cdp, `${axeSource};0`);
  const run = `axe.run(document, ${JSON.stringify(axeOptions)}).then(({ violations }) => violations)`;
  return (await evaluated(cdp, run)) as Violation[];
}

async function evaluated(cdp: CDPSession, expression: string): Promise<unknown> {
  const { result, exceptionDetails } = await cdp.send('Runtime.evaluate', {
    expression,
    awaitPromise: true,
    returnByValue: true,
  });
  if (exceptionDetails) throw new Error(`axe: ${exceptionDetails.exception?.description ?? exceptionDetails.text}`);
  return result.value as unknown;
}

function inWords({ id, help, nodes }: Violation): string {
  const where = nodes.slice(0, 4).map(({ target }) => target.join(' '));
  const why = nodes[0]?.failureSummary?.split('\n').slice(1).join(' ').trim() ?? '';
  return `${id} (${help}) at ${where.join(' | ')}${nodes.length > 4 ? ` and ${nodes.length - 4} more` : ''}. ${why}`;
}

/** Runs in the page: what sticks out to the right, if the page or anything in it can be scrolled sideways. */
function widest(): string | undefined {
  const room = document.documentElement.clientWidth;
  const scrolls = (element: Element) => {
    const { overflowX } = getComputedStyle(element);
    return element.scrollWidth > element.clientWidth + 1 && (overflowX === 'auto' || overflowX === 'scroll');
  };
  const wide = [...document.querySelectorAll('body *')].find((element) => {
    const box = element.getBoundingClientRect();
    // Text for screen readers alone is one pixel wide and clipped.
    return box.width > 1 && box.height > 1 && (box.right > room + 1 || scrolls(element));
  });
  if (!wide)
    return document.documentElement.scrollWidth > room
      ? `the page is ${document.documentElement.scrollWidth} px wide`
      : undefined;
  return `<${wide.tagName.toLowerCase()} class="${wide.className}"> reaches ${Math.round(wide.getBoundingClientRect().right)} of ${room} px`;
}
